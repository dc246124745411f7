"""A made-up rule about ports, and resources that break it and keep it."""

from collections.abc import Iterable, Iterator
from typing import Any

from policies.framework.resource import Resource
from policies.framework.rule import Rule, RuleConfig, Severity
from policies.framework.values import Finding
from policies.framework.waivers import Waiver
from tests.policy.analyzer import TODAY, Said

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
