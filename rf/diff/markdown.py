"""The comment for reviewers: one screen, and everything else folded. Pure.

GitHub refuses more than 65,536 characters; what does not fit is left out and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import lines
from .cells import table
from .changes import ACTIONS
from .replacing import Effect
from .text import block, code, plain, property_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .changes import Change, Property
    from .stack import StackDiff

MARKER = "<!-- researchflow-ai: rf plan --diff -->"
"""How the comment is found again, to be replaced."""
LABEL = "data-loss"
"""What a pull request that loses data must carry: ``scripts/data_loss.py`` asks for it."""
LIMIT = 60_000
SHOWN = 8
"""Lines of a section that are shown; the details have all."""
PROPERTIES = 30
PAST = {"delete": "deleted", "replace": "replaced", "update": "updated", "create": "created"}


def comment(diffs: Sequence[StackDiff], base: str, *, rules_changed: bool) -> str:
    """The whole comment; ``base`` is how people call what is compared with."""
    found = [MARKER, "### What this changes", "", *_body(diffs)]
    if rules_changed:
        found += ["", "Files in `policies/` change too: the rules are this branch's on both sides."]
    found += ["", *_details(diffs, LIMIT - sum(map(len, found)))]
    note = f"Compared with {code(base)}, offline; components and secrets' values are not shown."
    return "\n".join([*found, f"<sub>{note}</sub>", ""])


def _body(diffs: Sequence[StackDiff]) -> Iterator[str]:
    failed = [diff for diff in diffs if diff.head.failure or diff.base.failure]
    losing = any(change.dangerous for diff in diffs for change in diff.changes)
    needs = f"A pull request that loses data needs the label `{LABEL}`." if losing else ""
    yield from _alert("CAUTION", _shared(diffs, lines.dangers), needs)
    for diff in failed:
        yield from _failure(diff)
    unchanged = [diff.stack for diff in diffs if diff.unchanged]
    if len(unchanged) == len(diffs):
        yield f"Nothing, in {_and(unchanged)}."
        return
    yield from table([diff for diff in diffs if not diff.unchanged])
    if unchanged:
        yield from ("", f"Nothing in {_and(unchanged)}.")
    yield from _notes(diffs)
    yield from _section("Who notices", _shared(diffs, lines.affected))
    yield from _section("Policies", _shared(diffs, lines.policies))
    yield from _section("Secrets and warnings", _shared(diffs, lines.preparations))


def _failure(diff: StackDiff) -> Iterator[str]:
    if diff.head.failure:
        yield f"**{diff.stack} does not plan:**"
        yield from (*block(diff.head.failure), "")
    if diff.base.failure:
        yield f"{diff.stack} did not plan before, so there is nothing to compare it with:"
        yield from (*block(diff.base.failure), "")


def _notes(diffs: Sequence[StackDiff]) -> Iterator[str]:
    for diff in diffs:
        if diff.is_new:
            yield from ("", f"{diff.stack} is a new stack.")
        elif diff.head.plan is None:
            gone = "its file is gone. What it deployed stays until `pulumi destroy`."
            yield from ("", f"{diff.stack}: {gone}")
        if diff.money.prices_changed:
            yield from ("", f"{diff.stack} is estimated with other prices than before.")


def _alert(kind: str, found: Sequence[str], note: str) -> Iterator[str]:
    if found:
        yield f"> [!{kind}]"
        yield from (f"> - {line}" for line in _most(found))
        yield from (">", f"> {note}") if note else ()
        yield ""


def _section(title: str, found: Sequence[str]) -> Iterator[str]:
    if found:
        yield from ("", f"**{title}**", "", *(f"- {line}" for line in _most(found)))


def _most(found: Sequence[str]) -> list[str]:
    left = len(found) - SHOWN
    return [*found[:SHOWN], f"and {left} more, below"] if left > 0 else list(found)


def _shared(diffs: Sequence[StackDiff], told: Callable[[StackDiff], Iterable[str]]) -> list[str]:
    """Every line once, with the stacks that it is true of."""
    stacks: dict[str, list[str]] = {}
    for diff in diffs:
        for line in told(diff):
            stacks.setdefault(line, []).append(diff.stack)
    return [f"{_and(names)}: {line}" for line, names in stacks.items()]


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "no stack"


def _details(diffs: Sequence[StackDiff], room: int) -> Iterator[str]:
    left = room
    for diff in diffs:
        found = list(_folded(diff, left))
        left -= sum(len(line) + 1 for line in found)
        yield from found


def _folded(diff: StackDiff, room: int) -> Iterator[str]:
    sections = [*_told_in_full(diff), *(list(_change(each)) for each in diff.changes)]
    if not sections:
        return
    counts = [f"{diff.counts[each]} {PAST[each]}" for each in ACTIONS if diff.counts[each]]
    summary = ", ".join(counts) or "in full"
    yield from (f"<details><summary><b>{diff.stack}</b>: {summary}</summary>", "")
    left = room - 400
    for number, section in enumerate(sections):
        left -= sum(len(line) + 1 for line in section)
        if left < 0:
            yield f"- and {len(sections) - number} more, which `rf plan --diff --json` has"
            break
        yield from section
    yield from ("", "</details>", "")


def _told_in_full(diff: StackDiff) -> Iterator[list[str]]:
    """What the screen above may have cut, and the cost by service."""
    for told in (lines.dangers, lines.affected, lines.policies, lines.preparations):
        found = list(told(diff))
        if len(found) > SHOWN:
            yield [f"- {line}" for line in found]
    costs = [f"{code(name)} {usd:+,.2f}" for name, usd in diff.money.by_service.items()]
    if costs:
        yield [f"- cost, USD a month: {', '.join(costs)}"]
    if diff.money.left_out:
        yield [f"- not counted: {plain(each)}" for each in diff.money.left_out]


def _change(change: Change) -> Iterator[str]:
    part = f" of {plain(change.component)}" if change.component else ""
    was = change.before.name if change.before and change.after else ""
    renamed = f", which was {code(was)}" if was not in ("", change.resource.name) else ""
    kept = ", which stays where it is" if change.forgotten else ""
    loud = change.action in ("delete", "replace")
    word = f"**{PAST[change.action]}**" if loud else PAST[change.action]
    maybe = ", or replaced" if change.may_replace else ""
    name = f"{change.resource.kind} {code(change.resource.name)}"
    yield f"- {word}{maybe}: {name}{part}{renamed}{kept}"
    for each in change.properties[:PROPERTIES]:
        yield from _property(each)
    left = len(change.properties) - PROPERTIES
    if left > 0:
        yield f"  - and {left} more properties"


def _property(changed: Property) -> Iterator[str]:
    first, *rest = property_lines(changed.difference)
    effect = "" if changed.effect is Effect.UPDATE else f" **{changed.effect.value}**"
    yield f"  - {first}{effect}"
    yield from (f"    {line}" for line in rest)
