"""What tests of the infrastructure ask its plans."""

import json
from collections.abc import Iterable
from typing import Any

from rf.plan.model import Plan, Resource

CLUSTER = "aws:eks/cluster:Cluster"
ACCOUNTS = {"staging-infra": "444455556666", "production-infra": "111122223333"}


def of_type(plan: Plan, type_: str) -> list[Resource]:
    """The resources of one type, as ``aws:eks/cluster:Cluster``."""
    return [each for each in plan.resources if each.type == type_]


def named(plan: Plan, name: str, kind: str) -> Resource:
    """The one resource of a name and a kind that a provider makes."""
    made = (each for each in plan.resources if each.custom)
    (found,) = (each for each in made if (each.name, each.kind) == (name, kind))
    return found


def inputs(resource: Resource) -> Any:
    """Its inputs, for tests that know their shape."""
    return resource.inputs


def statements(text: Any) -> list[dict[str, Any]]:
    """Those of a policy document."""
    found: list[dict[str, Any]] = json.loads(text)["Statement"]
    return found


def cluster(plan: Plan) -> Any:
    """Inputs of the one cluster."""
    (found,) = of_type(plan, CLUSTER)
    return inputs(found)


def pools(plan: Plan, kind: str = "NodePool") -> dict[str, Any]:
    """Inputs of the pools of nodes, or of their classes, by name."""
    return {
        inputs(each)["metadata"]["name"]: inputs(each)
        for each in plan.resources
        if each.kind == kind
    }


def reaches(plan: Plan, resource: Resource) -> set[str]:
    """URNs of all that ``resource`` waits for, and that therefore outlives it on destroy."""
    known = {each.urn: each for each in plan.resources}
    seen: set[str] = set()
    ahead: list[str] = [*_edges(resource)]
    while ahead:
        urn = ahead.pop()
        if urn in known and urn not in seen:
            seen.add(urn)
            ahead += _edges(known[urn])
    return seen


def outlived_by(plan: Plan, resource: Resource, others: Iterable[Resource]) -> bool:
    """Whether all ``others`` are still there while ``resource`` is destroyed."""
    return {each.urn for each in others} <= reaches(plan, resource)


def _edges(resource: Resource) -> list[str]:
    by_property = [urn for urns in resource.property_dependencies.values() for urn in urns]
    provider = resource.provider.rpartition("::")[0] if resource.provider else ""
    return [*resource.dependencies, *by_property, provider]
