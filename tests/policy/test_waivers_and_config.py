"""What a repository may change about a pack: waivers and settings."""

from datetime import date
from typing import Any

import pytest

from tests.policy.analyzer import TODAY, Analyzer
from tests.policy.made_up import BAD, GOOD, LABEL, TOKEN, rule, rules_in, waiver

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
