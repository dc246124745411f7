"""The plan as JSON, for tools.

``{"version": 1, "project": …, "stacks": [{"stack", "counts", "secrets_to_set", "warnings",
"outputs", "manifests", "policies", "resources": [{"urn", "type", "name", "parent", "custom",
"read", "provider", "inputs", "outputs", "dependencies", "property_dependencies", "options"}]}]}``

A secret is ``{"secret": true}`` and a value that only a provider can know ``{"unknown": true}``.
``manifests`` is the folder they were written to, or null where there are none. ``policies`` is
what ``rf.policy.report`` makes of a verdict.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .manifests import Written
from .model import SECRET, UNKNOWN, Opaque, Plan, Resource, Value

VERSION = 1


def to_json(
    project: str,
    plans: Sequence[Plan],
    written: Mapping[str, Written],
    policies: Mapping[str, Mapping[str, Any]],
) -> str:
    """One document for all stacks; keys and resources in a stable order."""
    stacks = [_stack(plan, written.get(plan.stack), policies[plan.stack]) for plan in plans]
    document = {"version": VERSION, "project": project, "stacks": stacks}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _stack(plan: Plan, written: Written | None, policies: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stack": plan.stack,
        "counts": plan.counts,
        "secrets_to_set": plan.secrets_to_set,
        "warnings": plan.warnings,
        "outputs": _value(plan.outputs),
        "manifests": str(written.folder) if written else None,
        "policies": policies,
        "resources": [
            _resource(each) for each in sorted(plan.resources, key=lambda each: each.urn)
        ],
    }


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "parent": resource.parent,
        "custom": resource.custom,
        "read": resource.read,
        "provider": resource.provider,
        "inputs": _value(resource.inputs),
        "outputs": _value(resource.outputs),
        "dependencies": resource.dependencies,
        "property_dependencies": resource.property_dependencies,
        "options": asdict(resource.options),
    }


def _value(value: Value) -> Any:
    if isinstance(value, dict):
        return {key: _value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, Opaque):
        return {SECRET: {"secret": True}, UNKNOWN: {"unknown": True}}[value]
    return value
