"""Safe access to properties of which some are unknown or secret.

A ``Node`` is a value and where it was found. Whatever lies below a hidden value is hidden,
too, so a rule reads as if everything were known, and still nothing hidden ever passes:
``refuse_if`` answers *undecided* and names the place where sight ended.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias


class Hidden(Enum):
    """Why a value cannot be judged."""

    UNKNOWN = "unknown until the resource is made"
    SECRET = "a secret"  # noqa: S105 what is said instead of one
    WITHIN = "within a secret"


UNKNOWN: Final = Hidden.UNKNOWN
SECRET: Final = Hidden.SECRET

Path: TypeAlias = "tuple[str | int, ...]"
Predicate: TypeAlias = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about one path: a violation, or why it could not be decided.

    ``message`` is a sentence without a full stop. It must not hold text from a resource's
    properties: inside the engine a rule cannot tell a secret from other text (pulumi-policy#241).
    Numbers, truth values and words of a closed vocabulary (``word_of``) are fine.
    """

    path: str
    message: str
    undecided: str = ""


@dataclass(slots=True, eq=False)
class Node:
    """A value with its path. ``value`` is None where there is nothing, ``Hidden`` if not seen.

    Nothing changes one; it is not frozen because that makes it three times as dear to make, and
    rules make hundreds a resource.
    """

    value: Any
    path: Path = ()

    def __getitem__(self, key: str) -> "Node":
        """The property ``key``; absent where this is no mapping."""
        value = self.value
        if isinstance(value, dict):
            return Node(value.get(key), (*self.path, key))
        return self._below if isinstance(value, Hidden) else Node(None, (*self.path, key))

    def at(self, *keys: str) -> "Node":
        """The property at the end of ``keys``."""
        node = self
        for key in keys:
            node = node[key]
        return node

    def items(self) -> Iterator["Node"]:
        """The elements of a list; one hidden element where the list is hidden."""
        value = self.value
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield Node(item, (*self.path, index))
        elif isinstance(value, Hidden):
            yield self._below

    def entries(self) -> Iterator[tuple[str, "Node"]]:
        """Keys and values of a mapping; one hidden value, of key ``*``, where it is hidden."""
        value = self.value
        if isinstance(value, dict):
            for key, item in value.items():
                yield key, Node(item, (*self.path, key))
        elif isinstance(value, Hidden):
            yield "*", self._below

    @property
    def _below(self) -> "Node":
        """What is known of anything below a hidden value: where sight ended."""
        return Node(Hidden.WITHIN, self.path) if self.value is SECRET else self

    @property
    def hidden(self) -> Hidden | None:
        """Why the value cannot be seen; None when it can."""
        return self.value if isinstance(self.value, Hidden) else None

    @property
    def absent(self) -> bool:
        """Whether it is known that there is nothing."""
        return self.value is None

    @property
    def maybe_absent(self) -> bool:
        """Whether there may turn out to be nothing; a secret is something."""
        return self.hidden is not None and self.value is not SECRET

    def violation(self, message: str) -> Finding:
        """This path breaks the rule."""
        return Finding(written(self.path), message)

    def undecided(self, message: str) -> Finding:
        """Whether this path breaks the rule is not known; ``message`` is what it would say."""
        return Finding(written(self.path), message, (self.hidden or UNKNOWN).value)

    def refuse_if(self, is_bad: Predicate, message: str) -> Iterator[Finding]:
        """A violation where ``is_bad(value)``; absent is None to it. Undecided where hidden."""
        value = self.value
        if isinstance(value, Hidden):
            return iter((self.undecided(message),))
        return iter((self.violation(message),)) if is_bad(value) else iter(())

    def require(self, message: str) -> Iterator[Finding]:
        """A violation where there is nothing (a secret is something)."""
        if self.maybe_absent:
            return iter((self.undecided(message),))
        return iter((self.violation(message),)) if self.value is None else iter(())


def written(path: Path) -> str:
    """``("spec", "containers", 0)`` as ``spec.containers[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def word_of(value: Any, vocabulary: frozenset[str]) -> str:
    """``value`` if it is a word of the rule's own, and so no secret; else ``another value``."""
    return value if isinstance(value, str) and value in vocabulary else "another value"
