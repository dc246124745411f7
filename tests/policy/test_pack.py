"""A pack as the engine sees it: levels, unknowns, secrets, waivers, config and broken rules."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pytest
from pulumi_policy import ResourceValidationPolicy

from policies.framework.pack import Run
from policies.framework.resource import Resource
from policies.framework.rule import Level, Rule, RuleConfig, Severity, StackRule
from policies.framework.values import Finding
from policies.framework.waivers import Waiver, Waivers
from tests.policy.analyzer import TODAY, UNKNOWN, Analyzer, Said, secret

TOKEN = "kubernetes:core/v1:Service"
KIND = "core/Service"
BAD = {"metadata": {"name": "it", "namespace": "ai"}, "spec": {"ports": [{"port": 1}]}}
GOOD = {"metadata": {"name": "it"}, "spec": {"ports": [{"port": 443}]}}
LABEL = "Service ai/it"


class Minimum(RuleConfig):
    """The lowest port that is accepted."""

    minimum: int = 100


def low_ports(resource: Resource, config: Minimum) -> Iterator[Finding]:
    for port in resource["spec"]["ports"].items():
        yield from port["port"].refuse_if(
            lambda value: value < config.minimum, f"must be {config.minimum} or more"
        )


def broken(_resource: Resource, _config: RuleConfig) -> Iterator[Finding]:
    raise ValueError("a text that could be a secret")


def crowd(resources: tuple[Resource, ...], _config: RuleConfig) -> Iterable[Any]:
    for resource in resources[1:]:
        yield resource, resource.root.violation("is one too many")


def rule(name: str = "ports/low", **changes: Any) -> Rule:
    given: dict[str, Any] = {
        "id": name,
        "severity": Severity.HIGH,
        "protects": "the ports",
        "fix": "take another",
        "reference": "this test",
        "kinds": (KIND,),
        "check": low_ports,
        "config": Minimum,
    }
    return Rule(**given | changes)


def waiver(**changes: Any) -> Waiver:
    given: dict[str, Any] = {
        "rule": "ports/low",
        "resources": {"production": (LABEL,)},
        "owner": "platform on-call",
        "reason": "a test",
        "expires": TODAY,
    }
    return Waiver(**given | changes)


def service(*ports: Any) -> dict[str, Any]:
    return {"metadata": {"name": "it"}, "spec": {"ports": [{"port": port} for port in ports]}}


def rules_in(said: Iterable[Said]) -> list[str]:
    return [each.rule for each in said]


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


# Waivers


def test_a_waiver_holds_on_its_last_day_and_says_nothing() -> None:
    analyzer = Analyzer([rule()], waivers=[waiver(expires=TODAY)])

    assert analyzer.analyze(TOKEN, BAD) == []
    assert analyzer.finish() == []


def test_an_expired_waiver_is_a_violation_that_says_whose_it_was() -> None:
    analyzer = Analyzer([rule()], waivers=[waiver(expires=date(2026, 5, 31))])

    (said,) = analyzer.analyze(TOKEN, BAD)

    assert said.mandatory
    assert "its waiver by platform on-call ended on 2026-05-31" in said.message


@pytest.mark.parametrize(
    "changes",
    [
        {"resources": {"production": ("Service ai/other",)}},
        {"resources": {"staging": (LABEL,)}},
        {"rule": "ports/other"},
    ],
)
def test_a_waiver_excuses_only_its_rule_its_resource_and_its_stack(changes: Any) -> None:
    analyzer = Analyzer([rule()], waivers=[waiver(**changes)])

    assert rules_in(analyzer.analyze(TOKEN, BAD)) == ["ports/low"]


def test_a_waiver_without_use_is_told_at_the_end() -> None:
    analyzer = Analyzer([rule()], waivers=[waiver()])

    analyzer.analyze(TOKEN, GOOD)
    (said,) = analyzer.finish()

    assert not said.mandatory
    assert "Service ai/it needs no waiver of ports/low" in said.message


def test_a_waiver_of_another_stack_or_another_pack_is_not_missed_here() -> None:
    others = [waiver(resources={"staging": (LABEL,)}), waiver(rule="other/rule")]
    analyzer = Analyzer([rule()], waivers=others)

    analyzer.analyze(TOKEN, GOOD)

    assert analyzer.finish() == []


# Config


def test_a_rule_is_told_what_the_config_says() -> None:
    config = {"rules": {"ports/low": {"minimum": 1000}}}

    (said,) = Analyzer([rule()], config=config).analyze(TOKEN, GOOD)

    assert "must be 1000 or more" in said.message


@pytest.mark.parametrize(
    ("level", "told"), [("advisory", [False]), ("mandatory", [True]), ("disabled", [])]
)
def test_the_config_decides_how_strict_a_rule_is(level: str, told: list[bool]) -> None:
    config = {"rules": {"ports/low": {"level": level}}}

    said = Analyzer([rule()], config=config).analyze(TOKEN, BAD)

    assert [each.mandatory for each in said] == told


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"rulse": {}}, "rulse: unknown key; the one key is rules"),
        ({"rules": {"ports/lwo": {}}}, "rules.ports/lwo: unknown rule; did you mean ports/low?"),
        (
            {"rules": {"ports/low": {"minimun": 1}}},
            "rules.ports/low.minimun: unknown property; the known ones are level, minimum",
        ),
        (
            {"rules": {"ports/low": {"level": "fatal"}}},
            "rules.ports/low.level: must be one of mandatory, advisory, disabled",
        ),
        (
            {"rules": {"ports/low": {"minimum": "many"}}},
            "rules.ports/low.minimum: Input should be a valid integer",
        ),
        ({"rules": {"ports/low": 3}}, "rules.ports/low: must be a mapping of properties"),
        ({"rules": []}, "rules: must be a mapping of rule ids"),
    ],
)
def test_a_mistake_in_the_config_ends_the_run_with_what_is_wrong(
    config: Any, complaint: str
) -> None:
    with pytest.raises(Exception, match="rul") as raised:
        Analyzer([rule()], config=config).analyze(TOKEN, GOOD)

    assert str(raised.value) == complaint


def test_the_config_of_the_engine_wins_over_the_repositorys_property_by_property() -> None:
    analyzer = Analyzer(
        [rule()],
        settings={"rules": {"ports/low": {"minimum": 2, "level": "advisory"}}},
        config={"rules": {"ports/low": {"minimum": 1000}}},
    )

    (said,) = analyzer.analyze(TOKEN, GOOD)

    assert "must be 1000 or more" in said.message
    assert not said.mandatory
