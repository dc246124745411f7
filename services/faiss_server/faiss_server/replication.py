"""Handing the role of the writer from one server to another without losing a change."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import Conflict
from .remote import Remote, RemoteError
from .roles import FOLLOWER, WRITER, Role, shared

if TYPE_CHECKING:
    from typing import Any

    from .engine import Engine

CATCH_UP_SECONDS = 60.0


def hand_over(engine: Engine, writer: str) -> dict[str, Any]:
    """Take no more changes from here on; answers the last position.

    The committer does one thing at a time, so every change that was acknowledged is at or before
    the position, and every later one is refused. ``writer`` is whom to follow; it may be empty.
    Raises Conflict on a follower of anybody else, who may write by then.
    """
    store = engine.store

    def step_down() -> dict[str, Any]:
        if store.is_writer:
            store.set_role(Role(role=FOLLOWER, writer=writer, setting=store.settings.role))
            store.log.sync()
        elif writer and writer == store.role.writer:
            # Asked again, or back: a promotion of ours that is under way ends here.
            store.role = replace(store.role)
        else:
            raise Conflict(f"this server follows {store.role.writer or 'nobody'}, who may write")
        return {"position": store.log.position, "epoch": store.epoch}

    return engine.committer.call(step_down).result()


def promote(engine: Engine, *, url: str, force: bool) -> dict[str, Any]:
    """Become the writer, after the old one has stopped and everything it has is here.

    ``url`` is where the old writer will find this server. ``force``: do not ask the old writer,
    which must be dead; what it acknowledged and never sent is lost. Raises Conflict.
    """
    store = engine.store
    role = store.role
    if not store.is_writer and not force:
        _wait_for(engine, *_last_record(role, url))

    def step_up() -> dict[str, Any]:
        if not store.is_writer:
            if store.role is not role:
                raise Conflict("the role of this server changed meanwhile: promote again")
            store.begin_epoch()
            store.set_role(Role(role=WRITER, writer="", setting=store.settings.role))
        return {"role": WRITER, "position": store.log.position, "epoch": store.epoch}

    return engine.committer.call(step_up).result()


def _last_record(role: Role, url: str) -> tuple[int, int]:
    """The position and the epoch at which the old writer stopped."""
    try:
        return Remote(role.writer).hand_over(url)
    except RemoteError as error:
        raise Conflict(
            f"the writer did not hand over: {error}. Promote with force only when it is dead"
        ) from error


def _wait_for(engine: Engine, position: int, epoch: int) -> None:
    """Until that very record is here: a log of as many records may be another history."""
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while not shared(engine.store.epochs, epoch, position, engine.store.log.position):
        if time.monotonic() > deadline:
            raise Conflict(
                f"this server is at record {engine.store.log.position} and the old writer stopped "
                f"at {position} of epoch {epoch}: promote again, here or there"
            )
        time.sleep(0.01)
