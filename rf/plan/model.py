"""The plan as plain frozen data. No engine and no I/O; this module imports in no time."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

STACK_TYPE = "pulumi:pulumi:Stack"


class Opaque(Enum):
    """A value that a plan cannot show; its text says why."""

    SECRET = "[secret]"  # noqa: S105 what is shown instead of one
    UNKNOWN = "[unknown]"

    def __str__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return self.value


SECRET = Opaque.SECRET
"""Stands for a secret; the value itself was dropped when the resource was recorded."""
UNKNOWN = Opaque.UNKNOWN
"""Stands for a value that only the provider can know, such as an id."""

Value: TypeAlias = "bool | int | float | str | Opaque | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True, kw_only=True)
class Options:
    """The resource options that change what the engine does. Timeouts are as written: ``30m``."""

    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    import_id: str | None = None
    custom_timeouts: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    """URNs that this resource had; those that it has through its parents are not among them."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration. ``custom``: a provider manages it; else it is a component.

    ``read``: it exists already and is only looked at. ``provider`` is a provider reference
    (``urn::id``), None for the default provider. ``outputs`` are what a component registered.
    """

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    read: bool
    inputs: dict[str, Value]
    outputs: dict[str, Value]
    dependencies: tuple[str, ...]
    property_dependencies: Mapping[str, tuple[str, ...]]
    provider: str | None
    options: Options

    @property
    def kind(self) -> str:
        """The type without package and module: ``Deployment``."""
        if self.type.startswith("pulumi:providers:"):
            return "Provider"
        return self.type.rpartition(":")[2]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything one stack's program registered, in the order of registration.

    ``secrets_to_set`` are full config keys that the program asks for and the stack file lacks;
    ``warnings`` is what the program logged at that level or above.
    """

    project: str
    stack: str
    resources: tuple[Resource, ...]
    outputs: dict[str, Value]
    secrets_to_set: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def urn(self) -> str:
        """The URN of the stack itself, the parent of whatever has no other."""
        name = f"{self.project}-{self.stack}"
        return f"urn:pulumi:{self.stack}::{self.project}::{STACK_TYPE}::{name}"

    @property
    def counts(self) -> dict[str, int]:
        """Resources by type, most frequent first, then by name."""
        tally = Counter(resource.type for resource in self.resources)
        return dict(sorted(tally.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why there is no plan. ``trace`` is there only when the program itself is at fault."""

    message: str
    trace: str | None = None


def nulls(plan: Plan) -> tuple[str, ...]:
    """Where a recorded input is null, as ``urn property.path``.

    An input that the program left out is not recorded at all, so a null is a mistake: mostly a
    missing nested property, which ``apply`` hands on as a known None.
    """
    return tuple(
        f"{resource.urn} {path}"
        for resource in plan.resources
        for path, value in leaves(resource.inputs)
        if value is None
    )


def leaves(value: Value, path: str = "") -> Iterator[tuple[str, Value]]:
    """Every scalar in ``value`` with its path: ``spec.containers[0].image``."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value
