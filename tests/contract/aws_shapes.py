"""Checks the inputs of a resource against AWS's own model of the call that it comes to.

The models come with botocore: what is required, of what type, which words there are, how long a
text may be and what it may look like.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import OperationModel, Shape, StructureShape
from botocore.session import Session

from rf.plan.model import Opaque, Resource
from tests.contract.aws_calls import TAGS, Call

INLINE_FLAG = re.compile(r"\(\?[is]\)")
NUMBERS = ("integer", "long", "float", "double")


@cache
def operation(service: str, name: str) -> OperationModel:
    """The model of one call."""
    return _session().get_service_model(service).operation_model(name)


@cache
def _session() -> Session:
    return Session()


def problems(resource: Resource, call: Call) -> list[str]:
    """What AWS would refuse in ``resource``, as far as its inputs are known."""
    shape = operation(call.service, call.operation).input_shape
    assert isinstance(shape, StructureShape)
    request: dict[str, Any] = dict(call.given)
    for name, value in resource.inputs.items():
        if name in call.elsewhere or name == TAGS:
            continue
        known = call.convert.get(name, lambda found: found)(value)
        _put(request, call.to.get(name, name).split("."), known)
    return list(_structure(shape, request, call.operation))


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    """Put ``value`` at ``path``; a ``0`` after a step makes that step a list of one."""
    head, *rest = path
    if rest[:1] == ["0"]:
        items = into.setdefault(head, [{}])
        if rest[1:]:
            _put(items[0], rest[1:], value)
        else:
            items[0] = value
    elif rest:
        _put(into.setdefault(head, {}), rest, value)
    else:
        into[head] = value


def _check(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Opaque):
        return
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        yield from _list(shape, value, path)
    elif kind == "map":
        for key, item in value.items():
            yield from _check(shape.value, item, f"{path}.{key}")  # type: ignore[attr-defined]
    elif kind == "string":
        yield from _text(shape, value, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{path} is no boolean"
    elif kind in NUMBERS:
        yield from _number(shape, value, path)
    else:
        yield f"{path} is a {kind}, which is not checked"


def _structure(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no structure"
        return
    members = {name.lower(): name for name in shape.members}
    given = {members.get(name.lower(), name): item for name, item in value.items()}
    for name in shape.required_members:
        if name not in given:
            yield f"{path}.{name} is missing"
    for name, item in given.items():
        if name in shape.members:
            yield from _check(shape.members[name], item, f"{path}.{name}")
        else:
            yield f"{path}.{name} does not exist"


def _list(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} is no list"
        return
    yield from _bounds(shape, len(value), path)
    for index, item in enumerate(value):
        yield from _check(shape.member, item, f"{path}[{index}]")


def _text(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path} is no text"
        return
    yield from _bounds(shape, len(value), path)
    if shape.enum and value not in shape.enum:
        yield f"{path} is {value!r}, not one of {', '.join(shape.enum)}"
    pattern = shape.metadata.get("pattern")
    # Some have anchors and some mean them; flags in the middle are no syntax of Python's.
    if pattern and not re.fullmatch(f"(?:{INLINE_FLAG.sub('', pattern)})", value, re.DOTALL):
        yield f"{path} is {value!r}, which does not match {pattern}"


def _number(shape: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield f"{path} is no number"
    else:
        yield from _bounds(shape, value, path)


def _bounds(shape: Any, amount: float, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and amount < least:
        yield f"{path} is or has {amount}, less than {least}"
    if most is not None and amount > most:
        yield f"{path} is or has {amount}, more than {most}"
