"""Who writes: the role of a server, and the epochs of writers that the log went through."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from .files import write_durably

if TYPE_CHECKING:
    from pathlib import Path

WRITER, FOLLOWER = "writer", "follower"
RANDOM_BITS = 16

Epochs = tuple[tuple[int, int], ...]
"""(epoch, its first record), oldest first. Each writer begins one, and so does each restore."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """What this server is, and where its writer is when it follows.

    ``setting`` is what FAISS_ROLE said at the time: a handover holds until the setting changes.
    """

    role: str
    writer: str
    setting: str


def load(path: Path) -> Role | None:
    """The role that was stored last, if any."""
    try:
        return Role(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None


def at_start(stored: Role | None, setting: str, writer: str) -> Role:
    """The role that was handed over while the setting was the same, or that the settings give."""
    if stored is not None and stored.setting == setting != stored.role:
        return stored
    return Role(role=setting, writer=writer, setting=setting)


def store(path: Path, role: Role) -> None:
    """Remember a handover, durably."""
    write_durably(path, json.dumps(asdict(role)).encode())


def next_epoch(epochs: Epochs) -> int:
    """An epoch higher than all before.

    The lower bits are random, so that two histories that began apart are told apart.
    """
    latest = max((epoch for epoch, _ in epochs), default=0)
    return ((latest >> RANDOM_BITS) + 1) << RANDOM_BITS | secrets.randbits(RANDOM_BITS)


def current(epochs: Epochs) -> int:
    """The epoch of the last record; 0 when there is none."""
    return epochs[-1][0] if epochs else 0


def shared(epochs: Epochs, epoch: int, position: int, last: int) -> bool:
    """True when a log that ends at ``position`` of ``epoch`` is a beginning of ours.

    Ours ends at ``last``. The same argument as for Raft's log matching: a record is known by its
    epoch and number, and all before it are the same.
    """
    if position == 0:
        return True
    for place, (ours, first) in enumerate(epochs):
        if ours == epoch:
            end = epochs[place + 1][1] - 1 if place + 1 < len(epochs) else last
            return first <= position <= end
    return False
