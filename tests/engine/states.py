"""Brings resources of the offline plan and of the engine into one shape, to be compared."""

from collections.abc import Mapping
from typing import Any

from rf.plan.decode import UNKNOWN_TEXT
from rf.plan.model import SECRET, UNKNOWN, Resource, Value

Shape = dict[str, Any]

# The one list of what the real engine has and a plan cannot have, and why.
ADDED_TO_PROVIDERS = {
    "__internal": "the engine's own notes on a provider",
    "version": "of the provider's plugin, which the engine takes from the SDK",
}


def of_plan(resource: Resource) -> Shape:
    """What ``rf plan`` says of a resource."""
    options = resource.options
    return {
        "type": resource.type,
        "parent": resource.parent,
        "custom": resource.custom,
        "inputs": resource.inputs,
        "provider": resource.provider or "",
        "dependencies": list(resource.dependencies),
        "propertyDependencies": {
            key: list(urns) for key, urns in resource.property_dependencies.items()
        },
        "protect": options.protect,
        "retainOnDelete": options.retain_on_delete,
        "ignoreChanges": list(options.ignore_changes),
        "replaceOnChanges": list(options.replace_on_changes),
        "additionalSecretOutputs": list(options.additional_secret_outputs),
        "customTimeouts": options.custom_timeouts,
    }


def of_engine(state: Mapping[str, Any]) -> Shape:
    """What the engine's JSON says of a resource."""
    provider = state["type"].startswith("pulumi:providers:")
    inputs = {
        key: as_value(value)
        for key, value in state.get("inputs", {}).items()
        if not (provider and key in ADDED_TO_PROVIDERS)
    }
    return {
        "type": state["type"],
        "parent": state["parent"],
        "custom": state["custom"],
        "inputs": inputs,
        "provider": state.get("provider", ""),
        "dependencies": sorted(state.get("dependencies", [])),
        "propertyDependencies": {
            key: sorted(urns) for key, urns in state.get("propertyDependencies", {}).items() if urns
        },
        "protect": state.get("protect", False),
        "retainOnDelete": state.get("retainOnDelete", False),
        "ignoreChanges": state.get("ignoreChanges", []),
        "replaceOnChanges": state.get("replaceOnChanges", []),
        "additionalSecretOutputs": state.get("additionalSecretOutputs", []),
        # Seconds, where a plan has them as the program writes them: 3600s.
        "customTimeouts": {
            name: f"{seconds}s" for name, seconds in state.get("customTimeouts", {}).items()
        },
    }


def as_value(value: Any) -> Value:
    """A value of the engine's JSON, with the plan's own marks for secrets and unknowns."""
    if isinstance(value, dict):
        return {key: as_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_value(item) for item in value]
    marks: dict[Any, Value] = {"[secret]": SECRET, UNKNOWN_TEXT: UNKNOWN}
    return marks.get(value, value)
