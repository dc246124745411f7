"""A pack as the engine sees it: levels, unknowns, secrets and broken rules."""

from collections.abc import Iterable, Iterator
from typing import Any

from pulumi_policy import ResourceValidationPolicy

from policies.framework.pack import Run
from policies.framework.resource import Resource
from policies.framework.rule import Level, RuleConfig, Severity, StackRule
from policies.framework.values import Finding
from policies.framework.waivers import Waivers
from tests.policy.analyzer import UNKNOWN, Analyzer, secret
from tests.policy.made_up import BAD, GOOD, KIND, TOKEN, rule, rules_in, service


def broken(_resource: Resource, _config: RuleConfig) -> Iterator[Finding]:
    raise ValueError("a text that could be a secret")


def crowd(resources: tuple[Resource, ...], _config: RuleConfig) -> Iterable[Any]:
    for resource in resources[1:]:
        yield resource, resource.root.violation("is one too many")


# Levels


def test_a_mandatory_finding_names_rule_place_risk_remedy_and_reference() -> None:
    (said,) = Analyzer([rule()]).analyze(TOKEN, BAD)

    assert said.mandatory
    assert said.message.splitlines()[1:] == [
        "[ports/low] Service ai/it spec.ports[0].port: must be 100 or more",
        "at risk: the ports",
        "to do: take another",
        "see: this test",
    ]


def test_advice_is_told_apart_from_what_is_mandatory() -> None:
    rules = [rule(), rule("ports/hint", level=Level.ADVISORY)]

    said = Analyzer(rules).analyze(TOKEN, BAD)

    assert {each.rule: each.mandatory for each in said} == {"ports/low": True, "ports/hint": False}


def test_advice_about_one_resource_is_not_repeated_for_the_next() -> None:
    analyzer = Analyzer([rule(level=Level.ADVISORY)])

    first, second = analyzer.analyze(TOKEN, BAD), analyzer.analyze("aws:s3/bucket:Bucket", {})

    assert (len(first), len(second)) == (1, 0)


def test_a_pack_has_as_few_objects_as_the_sdk_decodes_a_resource_for() -> None:
    run = Run("pack", [rule(f"ports/{number}") for number in range(100)], Waivers())

    found = [each for each in run.policies() if isinstance(each, ResourceValidationPolicy)]

    assert len(found) == 2


def test_a_rule_about_several_resources_can_only_advise() -> None:
    given: dict[str, Any] = {"kinds": (KIND,), "check": crowd, "severity": Severity.LOW}
    texts: dict[str, Any] = {"protects": "room", "fix": "remove one", "reference": "this test"}
    analyzer = Analyzer([StackRule(id="crowd/two", **given, **texts)])

    at_once = [each for name in "ab" for each in analyzer.analyze(TOKEN, GOOD, name)]
    (at_the_end,) = analyzer.finish()

    assert at_once == []
    assert at_the_end.rule == "crowd/two"
    assert at_the_end.urn.endswith("::b")
    assert not at_the_end.mandatory


# What the engine hands over


def test_numbers_that_cross_the_wire_as_floats_are_whole_again() -> None:
    seen: list[Any] = []

    def look(resource: Resource, _config: RuleConfig) -> Iterator[Finding]:
        seen.append(resource["spec"]["replicas"].value)
        return iter(())

    Analyzer([rule(check=look)]).analyze(TOKEN, {"spec": {"replicas": 3}})

    assert seen == [3]
    assert isinstance(seen[0], int)


def test_the_objects_in_a_list_are_judged_one_by_one() -> None:
    items = [BAD, GOOD, BAD]

    said = Analyzer([rule()]).analyze("kubernetes:core/v1:ServiceList", {"items": items})

    assert [each.message.splitlines()[1].split(": ")[0] for each in said] == [
        "[ports/low] Service ai/it items[0].spec.ports[0].port",
        "[ports/low] Service ai/it items[2].spec.ports[0].port",
    ]


def test_what_an_analysis_of_a_state_file_redacts_is_undecided() -> None:
    analyzer = Analyzer([rule()])

    assert analyzer.analyze(TOKEN, service("[secret]")) == []
    assert "undecided: a secret" in analyzer.finish()[0].message


# Unknowns


def test_an_unknown_does_not_hide_the_violation_beside_it() -> None:
    analyzer = Analyzer([rule()])

    said = analyzer.analyze(TOKEN, service(UNKNOWN, 1))

    assert "spec.ports[1].port" in said[0].message
    assert "spec.ports[0].port" in analyzer.finish()[0].message


def test_what_is_undecided_stops_nothing_and_is_listed_at_the_end_with_its_resource() -> None:
    analyzer = Analyzer([rule()])

    assert analyzer.analyze(TOKEN, service(UNKNOWN), "first") == []
    (said,) = analyzer.finish()

    assert not said.mandatory
    assert said.urn.endswith("::first")
    assert said.message.endswith("undecided: unknown until the resource is made")


def test_what_lies_below_an_unknown_is_named_by_where_sight_ended() -> None:
    analyzer = Analyzer([rule()])

    analyzer.analyze(TOKEN, {"spec": UNKNOWN})

    assert "[ports/low] Service it spec: must" in analyzer.finish()[0].message


# Broken rules


def test_a_rule_that_fails_ends_nothing_hides_nothing_and_keeps_its_text_to_itself() -> None:
    analyzer = Analyzer([rule("ports/broken", check=broken), rule()])

    said = analyzer.analyze(TOKEN, BAD)
    (at_the_end,) = analyzer.finish()

    assert rules_in(said) == ["ports/low"]
    assert "undecided: the rule failed with ValueError" in at_the_end.message
    assert "secret" not in at_the_end.message


def test_a_value_of_the_wrong_type_is_undecided_and_not_a_crash() -> None:
    analyzer = Analyzer([rule()])

    assert analyzer.analyze(TOKEN, service("text")) == []
    assert "the rule failed with TypeError" in analyzer.finish()[0].message


def test_a_secret_is_judged_and_not_shown() -> None:
    (said,) = Analyzer([rule()]).analyze(TOKEN, service(secret(37)))

    assert "37" not in said.message
