"""Parts of the simulated platform that know nothing of it: a store, settings, route files."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from components.rollout.component import component_inputs
from policies.framework.resource import Resource
from policies.thresholds.rules import rollout as policy
from rf.rollout.world import DeployError
from settings import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from settings import Stack

FILE = "Pulumi.test.yaml"


class Memory:
    """A store that ends with the test."""

    def __init__(self) -> None:
        self.records: dict[str, list[bytes]] = {}

    def add(self, log: str, number: int, record: bytes) -> bool:
        found = self.records.setdefault(log, [])
        if len(found) >= number:
            return False
        found.append(record)
        return True

    def read(self, log: str, after: int = 0) -> Sequence[bytes]:
        return self.records.get(log, [])[after:]

    def logs(self, under: str) -> Sequence[str]:
        return sorted(log for log in self.records if log.startswith(f"{under}/"))


def parsed(tree: Mapping[str, Any]) -> Stack:
    """The settings, checked once for all that look at them."""
    return _parsed(json.dumps(tree, sort_keys=True, default=str))


@cache
def _parsed(text: str) -> Stack:
    return parse(json.loads(text), FILE)


@cache
def routes(text: str) -> tuple[str, dict[str, int]]:
    """Version and weights of a route file."""
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    # Whatever comes before it is for some requests only.
    *_, split = (
        entry["route"]["weighted_clusters"]["clusters"]
        for host in document["resources"][0]["virtual_hosts"]
        for entry in host["routes"]
        if "weighted_clusters" in entry.get("route", {})
    )
    found = {each["name"].rpartition("_")[2]: each["weight"] for each in split}
    return document["version_info"], {"stable": 0, "canary": 0} | found


def policies_agree(stack: Stack) -> None:
    """The rules on rollouts, as the pack asks them at each deployment."""
    inputs = component_inputs(
        stack.settings.rollout, stack.specs, dict(stack.settings.context.features)
    )
    resource = Resource(type=policy.ROLLOUT[0], name="rollout", properties=inputs)
    for rule in policy.RULES:
        for finding in rule.check(resource, rule.config()):
            raise DeployError(f"{rule.id}: {finding}")
