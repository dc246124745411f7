"""Judging several values at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .values import UNKNOWN, Finding, Hidden, Node


def refuse_when(
    nodes: Sequence[Node], is_bad: Callable[..., bool], message: str
) -> Iterator[Finding]:
    """A violation at the first of ``nodes`` where ``is_bad(*values)``; undecided if one is hidden.

    Whatever one value alone excuses has to be asked before, so that the others may stay hidden.
    """
    for node in nodes:
        if node.hidden:
            yield node.undecided(message)
            return
    if is_bad(*(node.value for node in nodes)):
        yield nodes[0].violation(message)


def require_one_of(nodes: Sequence[Node], message: str) -> Iterator[Finding]:
    """A violation at the first of ``nodes`` where all are absent; undecided if one is unknown."""
    if any(not node.absent and node.value is not UNKNOWN for node in nodes):
        return
    unknown = next((node for node in nodes if node.value is UNKNOWN), None)
    yield unknown.undecided(message) if unknown else nodes[0].violation(message)


def require_item(listed: Node, is_it: Callable[[Any], bool], message: str) -> Iterator[Finding]:
    """A violation where no item of ``listed`` is what ``is_it`` looks for; undecided if one may."""
    items = list(listed.items())
    if any(not item.hidden and is_it(item.value) for item in items):
        return
    hidden = next((item for item in items if item.hidden), None)
    yield hidden.undecided(message) if hidden else listed.violation(message)


def holds_hidden(value: Any) -> bool:
    """Whether anything in ``value``, however deep, cannot be seen."""
    if isinstance(value, dict):
        return any(map(holds_hidden, value.values()))
    if isinstance(value, list):
        return any(map(holds_hidden, value))
    return isinstance(value, Hidden)


def in_doubt(findings: Iterable[Finding], *excuses: Node) -> Iterator[Finding]:
    """``findings``, undecided where one of ``excuses`` is hidden that might excuse them."""
    hidden = next((node for node in excuses if node.hidden), None)
    for finding in findings:
        if hidden and not finding.undecided:
            yield hidden.undecided(finding.message)
        else:
            yield finding
