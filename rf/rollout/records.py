"""What the journal of a rollout says: plain JSON on one side, the core's data on the other."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from .core import (
    Action,
    Enter,
    Finish,
    Hold,
    Judgement,
    Pause,
    Resume,
    Rollback,
    State,
)
from .subject import FeatureSubject, Subject, VersionSubject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .journal import Entry
    from .store import Store

BEGIN, INTENT, DONE, VERDICT, FAILED, END = (
    "begin", "intent", "done", "verdict", "failed", "end",
)  # fmt: skip
"""Kinds of records. ``begin``: what is rolled out, by what plan. ``intent``: an action that is
about to be taken. ``done``: where the rollout stands after it. ``verdict``: a judgement other than
the one before. ``failed``: an action that could not be taken. ``end``: nothing is left to do.
"""

_ACTIONS = {each.__name__.lower(): each for each in (Enter, Hold, Pause, Resume, Rollback, Finish)}
_STATE: TypeAdapter[State] = TypeAdapter(State)
CHUNK = 200_000
"""Characters; in UTF-8 no more than a store's record."""


def action_record(action: Action) -> dict[str, Any]:
    """An action as JSON."""
    return {"kind": type(action).__name__.lower(), **asdict(action)}


def read_action(record: Mapping[str, Any]) -> Action:
    """The action that ``action_record`` wrote."""
    fields = {key: value for key, value in record.items() if key != "kind"}
    found: Action = _ACTIONS[record["kind"]](**fields)
    return found


def state_record(state: State) -> dict[str, Any]:
    """Where a rollout stands, as JSON."""
    found: dict[str, Any] = _STATE.dump_python(state, mode="json")
    return found


def read_state(record: Mapping[str, Any]) -> State:
    """What ``state_record`` wrote."""
    return _STATE.validate_python(dict(record))


def subject_record(subject: Subject) -> dict[str, Any]:
    """What is rolled out, as JSON."""
    kind = "version" if isinstance(subject, VersionSubject) else "feature"
    return {"kind": kind, **asdict(subject)}


def read_subject(record: Mapping[str, Any]) -> Subject:
    """What ``subject_record`` wrote."""
    fields = {key: value for key, value in record.items() if key != "kind"}
    if record["kind"] == "version":
        return VersionSubject(**fields)
    return FeatureSubject(feature=fields["feature"], services=tuple(fields["services"]))


def judgement_record(judgement: Judgement) -> dict[str, Any]:
    """A verdict with its hash."""
    return {"sha256": judgement.sha256, "judgement": json.loads(judgement.json)}


def last(entries: Sequence[Entry], *kinds: str) -> Entry | None:
    """The last record of one of ``kinds``."""
    return next((entry for entry in reversed(entries) if entry.kind in kinds), None)


def unfinished(entries: Sequence[Entry]) -> Action | None:
    """The action that was about to be taken when the journal ends, if any."""
    entry = last(entries, INTENT, DONE, END)
    return read_action(entry.data["action"]) if entry and entry.kind == INTENT else None


def save_text(store: Store, log: str, text: str) -> None:
    """Keep ``text``, which may be larger than a record; again is no error."""
    for number, start in enumerate(range(0, max(1, len(text)), CHUNK), start=1):
        store.add(log, number, text[start : start + CHUNK].encode())


def read_text(store: Store, log: str) -> str:
    """What ``save_text`` kept; empty when there is nothing."""
    return b"".join(store.read(log)).decode()
