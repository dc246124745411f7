"""Numbers that stand in two places on purpose, and rules that look at the clock or at secrets."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import thresholds
from policies.framework import clock
from policies.framework.resource import Resource
from policies.framework.rule import NoConfig
from policies.framework.values import SECRET, UNKNOWN, Finding
from policies.packs import PACKS
from policies.security.rules import images, secrets
from policies.thresholds.rules import alerts, rollout
from tests.conftest import platform

NIGHT = {"start": "2026-12-24T00:00:00+01:00", "end": "2026-12-27T00:00:00+01:00"}


def at(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Let it be ``moment``."""
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(moment))


def resource(token: str, properties: dict[str, Any], stack: str = "production") -> Resource:
    return Resource(type=token, name="it", properties=properties, stack=stack)


def said(found: Iterator[Finding]) -> list[tuple[str, bool]]:
    """Paths and whether each is decided."""
    return [(each.path, not each.undecided) for each in found]


def test_the_alerts_of_the_rules_are_those_of_the_program() -> None:
    ours = {
        name: (bound.threshold, bound.seconds, {"or less": "above", "or more": "below"}[bound.side])
        for name, bound in alerts.GUIDE.items()
    }

    theirs = {name: thresholds.THRESHOLDS[name] for name in thresholds.GUIDE}

    assert ours == {
        name: (each.value, each.for_seconds, each.side) for name, each in theirs.items()
    }


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_tags_are_accepted_as_long_as_the_stack_file_says(stack: str) -> None:
    told = yaml.safe_load(Path("policies/rules.yaml").read_text(encoding="utf-8"))
    until = told["rules"]["images/digest"]["tags_until"]

    assert until == platform(stack)["images"]["tag_waiver"]


@pytest.mark.parametrize(
    ("moment", "accepted"),
    [("2026-06-30T23:59:59+00:00", True), ("2026-07-01T00:00:00+00:00", False)],
)
def test_tags_are_accepted_until_the_end_of_the_last_day(
    monkeypatch: pytest.MonkeyPatch, moment: str, *, accepted: bool
) -> None:
    at(monkeypatch, moment)
    config = images.DigestConfig(tags_until=date(2026, 6, 30))
    container = resource("docker:index/container:Container", {"image": "redis:8"})

    assert (said(images.digest(container, config)) == []) is accepted


@pytest.mark.parametrize(
    ("moment", "frozen"),
    [
        ("2026-12-23T22:59:59+00:00", False),
        ("2026-12-23T23:00:00+00:00", True),
        ("2026-12-26T22:59:59+00:00", True),
        ("2026-12-26T23:00:00+00:00", False),
    ],
)
def test_a_freeze_lasts_from_its_start_to_just_before_its_end(
    monkeypatch: pytest.MonkeyPatch, moment: str, *, frozen: bool
) -> None:
    at(monkeypatch, moment)
    service = {
        "weights": {"stable": 90, "canary": 10},
        "stableVersion": "a",
        "canaryVersion": "b",
    }
    seen = resource(rollout.ROLLOUT[0], {"services": {"ollama": service}, "freeze": [NIGHT]})

    found = said(rollout.freeze(seen, NoConfig()))

    assert found == ([("services.ollama.weights.canary", True)] if frozen else [])


def test_a_secret_of_pulumis_in_an_environment_is_in_the_clear_whatever_its_name() -> None:
    pod = resource(
        "kubernetes:core/v1:Pod",
        {"spec": {"containers": [{"env": [{"name": "COLOUR", "value": SECRET}]}]}},
    )
    container = resource("docker:index/container:Container", {"envs": [SECRET]})

    assert said(secrets.environment(pod, NoConfig())) == [("spec.containers[0].env[0].value", True)]
    assert said(secrets.environment(container, NoConfig())) == [("envs[0]", True)]


def test_a_secret_of_pulumis_in_a_config_map_or_an_argument_is_in_the_clear() -> None:
    config_map = resource("kubernetes:core/v1:ConfigMap", {"data": {"colour": SECRET}})
    container = resource("docker:index/container:Container", {"command": ["serve", SECRET]})

    assert said(secrets.config_map(config_map, NoConfig())) == [("data.colour", True)]
    assert said(secrets.arguments(container, NoConfig())) == [("command[1]", True)]


def test_an_unknown_value_of_a_variable_is_undecided() -> None:
    container = resource("docker:index/container:Container", {"envs": [UNKNOWN]})

    assert said(secrets.environment(container, NoConfig())) == [("envs[0]", False)]


def test_every_rule_has_a_config_with_defaults() -> None:
    for rules in PACKS.values():
        for rule in rules:
            assert rule.config().model_dump() == type(rule.config())().model_dump()


def test_the_clock_is_in_utc() -> None:
    assert clock.now().tzinfo is UTC
