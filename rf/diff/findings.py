"""Which findings of the policies are new, gone or still there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..policy.report import to_data

if TYPE_CHECKING:
    from ..policy.judge import Verdict

Since = Literal["new", "still", "solved"]
RANKS = {"violation": 0, "undecided": 1, "waived": 2}


@dataclass(frozen=True, kw_only=True)
class Found:
    """One finding as ``rf.policy.report.to_data`` has it, and since when it is there.

    A finding that became a violation, or was excused by a waiver, is new in its present form.
    """

    since: Since
    data: dict[str, Any]

    @property
    def blocks(self) -> bool:
        """Whether a deployment is refused because of it."""
        mandatory = self.data["level"] == "mandatory" and self.data["outcome"] == "violation"
        return self.since != "solved" and mandatory

    @property
    def word(self) -> str:
        """``mandatory``, ``advisory``, ``undecided`` or ``waived``."""
        outcome = self.data["outcome"]
        return str(self.data["level"] if outcome == "violation" else outcome)

    @property
    def place(self) -> str:
        """The object, and the property where there is one."""
        return " ".join(filter(None, [self.data["object"], self.data["path"]]))


def findings(base: Verdict | None, head: Verdict | None) -> tuple[Found, ...]:
    """All findings of both sides: new ones first, then those still there, then the solved ones."""
    old, new = _by_key(base), _by_key(head)
    found = [
        *(Found(since="still" if key in old else "new", data=each) for key, each in new.items()),
        *(Found(since="solved", data=each) for key, each in old.items() if _left(key, new)),
    ]
    return tuple(sorted(found, key=_place))


def _by_key(verdict: Verdict | None) -> dict[tuple[str, ...], dict[str, Any]]:
    data = [to_data(each) for each in (verdict.results if verdict else ())]
    return {(each["outcome"], each["rule"], each["object"], each["path"]): each for each in data}


def _left(key: tuple[str, ...], new: dict[tuple[str, ...], Any]) -> bool:
    """Whether a former finding is there in no form; one that changed its form is told as new."""
    return all((outcome, *key[1:]) not in new for outcome in RANKS)


def _place(found: Found) -> tuple[int, bool, int, str, str]:
    order = ("new", "still", "solved").index(found.since)
    rank = RANKS[found.data["outcome"]]
    return (order, not found.blocks, rank, found.data["rule"], found.place)
