"""What must hold of each rule, shown on its cases: red, green, unknown and secret values."""

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest

from policies.framework.rule import AnyRule, Level
from policies.packs import PACKS
from tests.policy import cases
from tests.policy.analyzer import UNKNOWN, Analyzer, Said, secret
from tests.policy.cases.case import Case, Properties

RULES: dict[str, AnyRule] = {rule.id: rule for rules in PACKS.values() for rule in rules}
ALL = [
    case
    for module in pkgutil.iter_modules(cases.__path__)
    for case in getattr(import_module(f"{cases.__name__}.{module.name}"), "CASES", ())
]
every_case = pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.rule} {case.token}")
CANARY = "canary-of-a-secret"
OWN_NAME = (("metadata", "name"), ("metadata", "namespace"))
"""What an object is called is how findings, waivers and the cluster itself speak of it."""
UNDECIDED = "; undecided: "
FAILED = "the rule failed"


def ask(case: Case, properties: Properties) -> tuple[list[Said], list[Said]]:
    """The violations that the rule of ``case`` sees, and what it cannot decide."""
    config = {"rules": {case.rule: case.config}} if case.config else {}
    analyzer = Analyzer([RULES[case.rule]], config=config, stack=case.stack)
    for number, (token, others) in enumerate(case.beside):
        analyzer.analyze(token, others, f"beside-{number}")
    everything = [*analyzer.analyze(case.token, properties), *analyzer.finish()]
    own = [each for each in everything if each.rule == case.rule]
    undecided = [each for each in own if UNDECIDED in each.message]
    return [each for each in own if each not in undecided], undecided


def inside(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in ``value``, containers too."""
    if path:
        yield path
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from inside(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from inside(item, (*path, index))


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy of ``value`` with ``new`` at ``path``."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, Mapping):
        return {
            key: replaced(item, tuple(rest), new) if key == first else item
            for key, item in value.items()
        }
    return [
        replaced(item, tuple(rest), new) if index == first else item
        for index, item in enumerate(value)
    ]


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    """What is at ``path``."""
    for part in path:
        value = value[part]
    return value


def test_every_rule_has_a_case() -> None:
    assert sorted({case.rule for case in ALL}) == sorted(RULES)


def test_every_rule_says_what_it_protects_how_to_mend_it_and_where_it_comes_from() -> None:
    for rule in RULES.values():
        for text in (rule.protects, rule.fix, rule.reference):
            assert text.strip()
            assert not text.endswith(".")


def test_no_two_rules_have_the_same_id() -> None:
    assert len(RULES) == sum(len(rules) for rules in PACKS.values())


@every_case
def test_what_breaks_a_rule_is_refused(case: Case) -> None:
    mandatory = RULES[case.rule].level is Level.MANDATORY

    for properties in case.red:
        violations, _ = ask(case, properties)

        assert violations, properties
        assert all(each.mandatory == mandatory for each in violations)


@every_case
def test_what_keeps_a_rule_is_accepted(case: Case) -> None:
    for properties in case.green:
        assert ask(case, properties) == ([], []), properties


@every_case
def test_an_unknown_never_counts_as_a_pass_and_never_fails(case: Case) -> None:
    for properties in case.red:
        for path in inside(properties):
            hidden = replaced(properties, path, UNKNOWN)

            violations, undecided = ask(case, hidden)

            assert violations or undecided, path
            assert FAILED not in str(undecided), path


@every_case
def test_an_unknown_is_no_violation_by_itself(case: Case) -> None:
    for properties in case.green:
        for path in inside(properties):
            violations, undecided = ask(case, replaced(properties, path, UNKNOWN))

            assert violations == [], path
            assert FAILED not in str(undecided), path


@every_case
def test_no_message_holds_what_may_be_a_secret(case: Case) -> None:
    for properties in case.red:
        for path in inside(properties):
            if isinstance(at(properties, path), str) and path not in OWN_NAME:
                violations, undecided = ask(case, replaced(properties, path, secret(CANARY)))

                assert CANARY not in str([*violations, *undecided]), path


@every_case
def test_a_secret_is_judged_by_its_value_where_the_engine_shows_it(case: Case) -> None:
    for properties in case.red:
        for path in inside(properties):
            violations, _ = ask(case, replaced(properties, path, secret(at(properties, path))))

            assert violations, path
