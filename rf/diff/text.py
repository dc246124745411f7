"""Pieces of Markdown that nothing from a plan can break out of. Pure."""

from __future__ import annotations

import difflib
import html
import json
import re
from typing import TYPE_CHECKING

from ..plan.model import Opaque
from .properties import ABSENT, Nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .properties import Difference, Side

LONGEST = 80
"""Characters of a value that are shown in a line."""
LINES = 12
"""Lines of a changed text that are shown."""
HASH = re.compile(r'-hash"?\]?$')
STAMP = re.compile(r"^\s*version_info: \w+$", re.MULTILINE)
"""A line that only says that the others have changed."""


def code(text: str) -> str:
    """``text`` as code in one line, whatever is in it."""
    flat = " ".join(text.split()) or " "
    ticks = max((len(run) for run in re.findall("`+", flat)), default=0) + 1
    fence, room = "`" * ticks, " " if "`" in (flat[0], flat[-1]) else ""
    return f"{fence}{room}{flat}{room}{fence}"


def plain(text: str) -> str:
    """``text`` as prose in one line: no markup, no mention of anybody, no link."""
    flat = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*_\[\]#|~@]|(?<=\w)://)", _harmless, flat)


def _harmless(found: re.Match[str]) -> str:
    # A character reference is shown as the character and read as nothing else.
    return "".join(f"&#{ord(each)};" for each in found[0])


def block(text: str, language: str = "") -> list[str]:
    """``text`` as a block of code."""
    ticks = max(2, *(len(run) for run in re.findall("`+", text)), 0) + 1
    fence = "`" * ticks
    return [f"{fence}{language}", *text.splitlines(), fence]


def property_lines(difference: Difference) -> Iterator[str]:
    """A changed property: path and both values, or as a difference of lines where it is long."""
    name = code(difference.text)
    before, after = difference.before, difference.after
    if difference.hidden:
        yield f"{name}: changed, a secret"
    elif HASH.search(difference.text):
        yield f"{name}: changed, with the files that it stands for"
    elif isinstance(before, str) and isinstance(after, str) and "\n" in f"{before}{after}":
        yield f"{name}:"
        yield from block(_unified(before, after), "diff")
    elif isinstance(before, list) and isinstance(after, list):
        yield f"{name}: {_items(before, after)}"
    elif before is ABSENT:
        yield f"{name}: added {_value(after)}"
    elif after is ABSENT:
        yield f"{name}: removed, was {_value(before)}"
    else:
        yield f"{name}: {_value(before)} → {_value(after)}"


def _value(side: Side) -> str:
    if isinstance(side, Nothing | Opaque):
        return str(side)
    text = side if isinstance(side, str) else json.dumps(side, default=str, ensure_ascii=False)
    return code(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def _items(before: Sequence[Side], after: Sequence[Side]) -> str:
    old, new = ([_value(each) for each in side] for side in (before, after))
    gone = [each for each in old if each not in new]
    come = [each for each in new if each not in old]
    parts = [
        f"without {', '.join(gone)}" if gone else "",
        f"with {', '.join(come)}" if come else "",
    ]
    return ", ".join(filter(None, parts)) or "in another order"


def _unified(before: str, after: str) -> str:
    old, new = (STAMP.sub("", side).splitlines() for side in (before, after))
    found = difflib.unified_diff(old, new, n=1, lineterm="")
    # Where in a generated file it is helps nobody.
    lines = ["…" if line.startswith("@@") else line for line in found][2:]
    left = len(lines) - LINES
    shown = lines if left <= 0 else [*lines[:LINES], f"… {left} more lines"]
    return "\n".join(each[:160] for each in shown)
