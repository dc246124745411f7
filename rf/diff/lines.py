"""What a reviewer has to see of one stack, as lines of Markdown, the worst first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .replacing import Effect
from .text import code, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .changes import Change
    from .findings import Found
    from .stack import StackDiff

VERBS = {"delete": "deletes", "replace": "replaces", "update": "may replace"}
NAMES = 8
"""Names that a line lists."""


def dangers(diff: StackDiff) -> Iterator[str]:
    """What is lost for good, and where the deployment will stop; alike things in one line."""
    found: dict[tuple[str, str], list[str]] = {}
    for change in diff.changes:
        if change.dangerous or change.refused:
            found.setdefault(_danger(change), []).append(code(change.resource.name))
    for (what, why), names in found.items():
        yield f"{what}: {listed(names)}{why}"


def _danger(change: Change) -> tuple[str, str]:
    """What happens and why, without the name."""
    kind, verb = change.resource.kind, VERBS.get(change.action, "")
    if change.collides:
        return f"moves {kind} without an alias", " (made under the name that it has already)"
    if change.refused and change.action == "update":
        return f"changes {_paths(change, Effect.REFUSED)} of {kind}, which Kubernetes refuses", ""
    effect = Effect.MAYBE if change.may_replace else Effect.REPLACE
    because = f" (because of {_paths(change, effect)})" if change.properties else ""
    if not change.dangerous:
        return f"{verb} {kind}, which is protected, so the engine refuses", because
    refused = "; protected, so the engine refuses" if change.refused else ""
    return f"**{verb} {kind} and loses {change.loss}**", f"{because}{refused}"


def _paths(change: Change, effect: Effect) -> str:
    found = [code(each.difference.text) for each in change.properties if each.effect is effect]
    return ", ".join(found[:3])


def listed(names: Sequence[str]) -> str:
    """The names, or the first of them and how many more there are."""
    left = len(names) - NAMES
    return ", ".join(names) if left <= 0 else f"{', '.join(names[:NAMES])} and {left} more"


def affected(diff: StackDiff) -> Iterator[str]:
    """Users that get another version or feature, and servers that restart."""
    yield from (shift.text for shift in diff.shifts)
    if diff.restarts:
        yield f"restarts {listed([*map(code, diff.restarts)])}"


def preparations(diff: StackDiff) -> Iterator[str]:
    """What somebody has to do, or has done, with secrets; the program's new warnings."""
    if diff.to_set:
        names = ", ".join(code(key.rpartition(":")[2]) for key in diff.to_set)
        yield f"set before deploying: {names}"
    for key, word in diff.secrets.items():
        yield f"secret {code(key.rpartition(':')[2])}: {word}"
    yield from (f"warning: {plain(each)}" for each in diff.warnings)


def policies(diff: StackDiff) -> Iterator[str]:
    """Findings that are new, or that refuse the stack still; then how many were solved."""
    for found in diff.findings:
        if found.since == "new" or found.blocks:
            yield _finding(found)
    solved = [each for each in diff.findings if each.since == "solved"]
    if solved:
        rules = ", ".join(dict.fromkeys(code(each.data["rule"]) for each in solved))
        yield f"solved: {rules}"


def _finding(found: Found) -> str:
    word = f"**{found.word}**" if found.blocks else found.word
    since = "new" if found.since == "new" else "still there"
    said = f"{since}, {word}: {code(found.data['rule'])} {code(found.place)}"
    waiver = found.data["waiver"]
    if found.word == "waived" and waiver:
        return f"{said}, by {plain(waiver['owner'])} until {waiver['expires']}"
    return f"{said}: {plain(found.data['message'])}"
