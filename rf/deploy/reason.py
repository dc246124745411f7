"""Which line of what a failed program wrote says why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TRACEBACK = re.compile(r"(error: )?(Exception Group )?Traceback \(most recent call last\):")
_SAYS_NOTHING = re.compile(
    r"error: (\w+ failed|an unhandled error occurred: program exited .*)", re.IGNORECASE
)
"""What Pulumi adds to every failure."""


def reason(written: str) -> str:
    """The first error with something in it, or else the last line; empty where there is none.

    An exception is what it says below its traceback. Pulumi writes ``[secret]`` for the stack's
    secrets in all that it shows, exceptions of the program included.
    """
    lines = [line.rstrip() for line in written.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if _is_error(line)]
    found = [_said(lines[number:]) for number in errors]
    telling = [each for each in found if not _SAYS_NOTHING.fullmatch(each)]
    return next(iter(telling or found or [line.strip() for line in lines[-1:]]), "")


def _is_error(line: str) -> bool:
    return line.lstrip().lower().startswith("error")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _said(lines: Sequence[str]) -> str:
    """What the error says that ``lines`` begin with; all below it is at least as far right."""
    head, *rest = lines
    size = next((n for n, line in enumerate(rest) if _indent(line) < _indent(head)), len(rest))
    raised = _raised([head, *rest[:size]])
    if raised:
        return raised
    below = rest[:1] if head.endswith(":") else []
    return " ".join(line.strip() for line in [head, *below])


def _raised(lines: Sequence[str]) -> str:
    """The exception of the last traceback: the line after the frames, as far left as its title.

    The traceback of a group has a border of ``+`` and ``|``.
    """
    found, column = "", None
    for line in lines:
        title = _TRACEBACK.search(line)
        if title:
            column = title.start()
        elif column is not None and _begins_at(line, column):
            found, column = line[column:], None
    return found


def _begins_at(line: str, column: int) -> bool:
    return bool(line[column : column + 1].strip()) and not line[:column].strip(" +|")
