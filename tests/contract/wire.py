"""What a program sends to the engine, kept as it was sent, and a search for secrets in it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from google.protobuf import struct_pb2  # type: ignore[import-untyped]

from rf.plan.decode import SECRET_SIGNATURE, SIGNATURE
from rf.plan.model import Plan, Resource, Value
from rf.plan.record import Config, record
from rf.plan.recorder import PlanMonitor
from tests.conftest import PROJECT


@dataclass
class Wire:
    """The requests of one program, secrets included, and the plan that was made of them."""

    registrations: list[Any] = field(default_factory=list)
    completions: list[Any] = field(default_factory=list)
    plan: Plan | None = None

    @property
    def inputs(self) -> list[struct_pb2.Struct]:
        """The properties of every resource."""
        return [request.object for request in self.registrations]

    @property
    def inputs_of_components(self) -> list[struct_pb2.Struct]:
        """The properties of every component."""
        return [request.object for request in self.registrations if not request.custom]

    @property
    def outputs(self) -> list[struct_pb2.Struct]:
        """What components registered as outputs, and what the stack exports."""
        return [request.outputs for request in self.completions]

    @property
    def envelopes(self) -> bytes:
        """The registrations without their properties: names, options, dependencies."""
        found = b""
        for request in self.registrations:
            rest = type(request)()
            rest.CopyFrom(request)
            rest.ClearField("object")
            found += rest.SerializeToString()
        return found

    @property
    def shown(self) -> tuple[dict[str, Resource], dict[str, Value], tuple[str, ...]]:
        """All that the plan says, whatever the order of registration."""
        assert self.plan
        resources = {resource.urn: resource for resource in self.plan.resources}
        return resources, self.plan.outputs, self.plan.warnings


def listen(program: Callable[[], object], config: Config, stack: str = "test") -> Wire:
    """Record ``program``, and keep all that it registers."""
    wire = Wire()

    class Listening(PlanMonitor):
        def RegisterResource(self, request: Any) -> Any:
            wire.registrations.append(request)
            return super().RegisterResource(request)

        def RegisterResourceOutputs(self, request: Any) -> Any:
            wire.completions.append(request)
            return super().RegisterResourceOutputs(request)

    with patch("rf.plan.record.PlanMonitor", Listening):
        wire.plan = record(program, project=PROJECT, stack=stack, config=config)
    return wire


def marks(needle: str, structs: Iterable[struct_pb2.Struct]) -> set[bool]:
    """Whether ``needle`` is inside a value marked as a secret, for every place where it is.

    ``{True}``: it is there, and marked everywhere. Empty: it is nowhere.
    """
    return {marked for struct in structs for text, marked in _texts(struct) if needle in text}


def _texts(struct: struct_pb2.Struct, *, marked: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text, keys too, and whether it is inside a value marked as a secret."""
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else ""
    for key, item in struct.fields.items():
        yield key, marked
        yield from _texts_of_value(item, marked=marked or signature == SECRET_SIGNATURE)


def _texts_of_value(value: struct_pb2.Value, *, marked: bool) -> Iterator[tuple[str, bool]]:
    match value.WhichOneof("kind"):
        case "string_value":
            yield value.string_value, marked
        case "list_value":
            for item in value.list_value.values:
                yield from _texts_of_value(item, marked=marked)
        case "struct_value":
            yield from _texts(value.struct_value, marked=marked)
