"""Brings resources of the offline plan and of the engine into one shape, to be compared.

What inputs have in one and cannot have in the other is named here, and nowhere else:

- the properties in ``PROVIDER_ONLY``, which the engine adds to every provider;
- defaults, which the real Docker plugin's Check fills in, with their names under ``__defaults``
  (pulumi-terraform-bridge, pkg/reservedkeys/keys.go);
- lists with a secret in them, which are a secret as a whole where a provider takes no secrets: the
  engine sends Docker's plugin plain values and marks what comes back (annotateSecrets in pulumi's
  pkg/resource/plugin). A plan hides no more of such a list than the secret.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rf.plan.decode import UNKNOWN_TEXT
from rf.plan.model import SECRET, UNKNOWN, Resource, Value, leaves

Shape = dict[str, Any]

PROVIDER_ONLY = {
    "__internal": "the engine's own notes",
    "version": "of the plugin; the engine takes it from the SDK",
}
DEFAULTS = "__defaults"
SECONDS = {"s": 1, "m": 60, "h": 3600}


def of_plan(resource: Resource) -> Shape:
    """What ``rf plan`` says of a resource."""
    options = resource.options
    docker = resource.type.startswith("docker:")
    return {
        "type": resource.type,
        "parent": resource.parent,
        "custom": resource.custom,
        "inputs": _with_secret_lists(resource.inputs) if docker else resource.inputs,
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
        "customTimeouts": {name: _seconds(time) for name, time in options.custom_timeouts.items()},
    }


def of_engine(state: Mapping[str, Any]) -> Shape:
    """What the engine's JSON says of a resource."""
    provider = state["type"].startswith("pulumi:providers:")
    inputs = {
        key: value
        for key, value in state.get("inputs", {}).items()
        if not (provider and key in PROVIDER_ONLY)
    }
    return {
        "type": state["type"],
        "parent": state["parent"],
        "custom": state["custom"],
        "inputs": as_value(inputs),
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
        # In seconds without a unit.
        "customTimeouts": {
            name: f"{seconds}s" for name, seconds in state.get("customTimeouts", {}).items()
        },
    }


def as_value(value: Any) -> Value:
    """A value of the engine's JSON, with the plan's own marks for secrets and unknowns."""
    if isinstance(value, dict):
        filled_in = {DEFAULTS, *value.get(DEFAULTS, ())}
        return {key: as_value(item) for key, item in value.items() if key not in filled_in}
    if isinstance(value, list):
        return [as_value(item) for item in value]
    marks: dict[Any, Value] = {"[secret]": SECRET, UNKNOWN_TEXT: UNKNOWN}
    return marks.get(value, value)


def different(planned: Any, engine: Any, path: str = "") -> Iterator[str]:
    """A line for each place in which two shapes differ."""
    if isinstance(planned, dict) and isinstance(engine, dict):
        for key in sorted({*planned, *engine}):
            yield from different(planned.get(key), engine.get(key), f"{path}.{key}")
    elif planned != engine:
        yield f"{path}: {planned!r} planned, {engine!r} in the engine"


def _seconds(time: str) -> str:
    """``2700s`` for ``45m``."""
    return f"{int(time[:-1]) * SECONDS[time[-1]]}s"


def _with_secret_lists(value: Value) -> Any:
    if isinstance(value, dict):
        return {key: _with_secret_lists(item) for key, item in value.items()}
    if isinstance(value, list) and any(leaf is SECRET for _, leaf in leaves(value)):
        return SECRET
    return value
