"""Differences between the inputs of one resource, property by property. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from ..plan.model import Opaque, Value

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the outside in. An item of a list that names its items is its name."""

NAMES = ("name", "file", "label", "containerPath", "mountPath")
"""What items of a list are told apart by, the first that all of them have."""
PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")


class Nothing(Enum):
    """The side of a difference on which there is no such property."""

    ABSENT = "[absent]"

    def __str__(self) -> str:
        return self.value


ABSENT = Nothing.ABSENT
Side: TypeAlias = "Value | Nothing"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One property that is not what it was."""

    path: Path
    before: Side
    after: Side

    @property
    def hidden(self) -> bool:
        """Whether neither side may be shown: what is a secret once was one before."""
        return any(_holds_secret(side) for side in (self.before, self.after))

    @property
    def text(self) -> str:
        """``spec.containers[ollama].image``."""
        return "".join(_step(step) for step in self.path).removeprefix(".")


def differences(before: dict[str, Value], after: dict[str, Value]) -> tuple[Difference, ...]:
    """Every leaf that differs, keys in order. A list of plain values counts as one leaf."""
    return tuple(_between(before, after, ()))


def _between(before: Side, after: Side, path: Path) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _between_maps(before, after, path)
    elif isinstance(before, list) and isinstance(after, list) and _structured(before, after):
        yield from _between_lists(before, after, path)
    elif not same(before, after):
        yield Difference(path=path, before=before, after=after)


def _between_maps(old: dict[str, Any], new: dict[str, Any], path: Path) -> Iterator[Difference]:
    for key in sorted({*old, *new}):
        yield from _between(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))


def _between_lists(before: list[Any], after: list[Any], path: Path) -> Iterator[Difference]:
    name = _name_of_items(before, after)
    if name is None:
        for index in range(max(len(before), len(after))):
            old, new = (side[index] if index < len(side) else ABSENT for side in (before, after))
            yield from _between(old, new, (*path, index))
        return
    was, now = ({item[name]: item for item in side} for side in (before, after))
    found = [
        each
        for key in dict.fromkeys([*was, *now])
        for each in _between(was.get(key, ABSENT), now.get(key, ABSENT), (*path, _Item(key)))
    ]
    yield from found
    if not found and list(was) != list(now):
        yield Difference(path=path, before=list(was), after=list(now))


class _Item(str):
    """The name of a list's item, which is written in brackets."""

    __slots__ = ()


def _structured(before: Sequence[Any], after: Sequence[Any]) -> bool:
    return any(isinstance(item, dict | list) for item in (*before, *after))


def _name_of_items(before: Sequence[Any], after: Sequence[Any]) -> str | None:
    for name in NAMES:
        sides = [[_named(item, name) for item in side] for side in (before, after)]
        if all(None not in side and len(set(side)) == len(side) for side in sides):
            return name
    return None


def _named(item: Any, name: str) -> str | None:
    found = item.get(name) if isinstance(item, dict) else None
    return found if isinstance(found, str) else None


def same(before: Side, after: Side) -> bool:
    """Whether two values are equal; True is not 1."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(
            same(value, after[key]) for key, value in before.items()
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    return isinstance(before, bool) == isinstance(after, bool) and before == after


def _holds_secret(side: Side) -> bool:
    if isinstance(side, dict):
        return any(map(_holds_secret, side.values()))
    if isinstance(side, list):
        return any(map(_holds_secret, side))
    return side is Opaque.SECRET


def _step(step: str | int) -> str:
    if isinstance(step, int | _Item):
        return f"[{step}]"
    return f".{step}" if PLAIN_KEY.fullmatch(step) else f'["{step}"]'
