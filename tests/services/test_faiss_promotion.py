"""Who writes: never two at once, and never one that lacks what was acknowledged."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from services.faiss_server.faiss_server import log as log_module
from services.faiss_server.faiss_server import replication
from services.faiss_server.faiss_server.errors import Conflict, NoRoom, NotTheWriter
from services.faiss_server.faiss_server.log import Log
from services.faiss_server.faiss_server.restoring import Restorer
from tests.services.faiss_client import until
from tests.services.faiss_inside import COMMON, Inside, Servers, after_a_kill, step, uploaded

if TYPE_CHECKING:
    from pathlib import Path

    from services.faiss_server.faiss_server.record import Record

OURS = list(range(500, 510))


def test_of_two_followers_that_are_promoted_one_writes(
    servers: Servers, old: Inside, heir: Inside
) -> None:
    other = servers.start("other", follows="old")
    step(other)
    heir.promote()

    with pytest.raises(Conflict, match="follows heir"):
        other.promote()
    assert [server.role() for server in (old, heir, other)] == ["follower", "writer", "follower"]
    heir.promote()  # asked again, it says so again


def test_a_handover_whose_answer_was_lost_may_be_asked_again(old: Inside, heir: Inside) -> None:
    old.hand_over("heir")

    heir.promote()

    assert (old.role(), heir.role()) == ("follower", "writer")


def test_a_promotion_that_still_waits_ends_when_its_server_hands_back(
    old: Inside, heir: Inside
) -> None:
    old.add(*OURS)
    failed: list[Exception] = []

    def promote() -> None:
        try:
            heir.promote()
        except Conflict as error:
            failed.append(error)

    waiting = threading.Thread(target=promote)
    waiting.start()
    until(lambda: old.role() == "follower", "a handover")
    old.promote()
    step(heir)
    until(lambda: heir.position == old.position, "all that the promotion waits for")
    waiting.join()

    assert (old.role(), heir.role()) == ("writer", "follower")
    assert "meanwhile" in str(failed[0])


def test_a_longer_log_of_another_history_is_no_heir(
    old: Inside, heir: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    heir.promote(force=True)
    heir.add(*range(700, 730))
    heir.hand_over("old")
    old.add(*OURS)
    monkeypatch.setattr(replication, "CATCH_UP_SECONDS", 0.1)

    with pytest.raises(Conflict, match="promote again"):
        heir.promote()
    step(old)

    assert heir.role() == "follower"
    assert old.ids == COMMON + OURS


def test_an_heir_that_the_log_no_longer_reaches_takes_the_snapshot_and_is_promoted(
    old: Inside, heir: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "SEGMENT_BYTES", 1)
    old.add(*OURS)
    for _ in range(2):
        old.snapshotter.take()
    old.hand_over("heir")

    step(heir)
    heir.promote()

    assert heir.ids == COMMON + OURS


# Settings


def restarted(servers: Servers, server: Inside, *, follows: str = "") -> Inside:
    server.close()
    return servers.start(server.url, follows=follows)


def test_a_follower_that_a_setting_makes_a_writer_begins_an_epoch(
    servers: Servers, old: Inside, heir: Inside
) -> None:
    old.add(*OURS)
    heir = restarted(servers, heir)
    heir.add(*range(700, 730))
    old = restarted(servers, old, follows="heir")

    step(old)

    assert old.ids == heir.ids == [*COMMON, *range(700, 730)]
    assert restarted(servers, heir).store.epoch == old.store.epoch


def test_a_handover_ends_with_a_change_of_the_setting_and_does_not_come_back(
    servers: Servers, heir: Inside
) -> None:
    heir.promote()
    assert restarted(servers, heir, follows="old").role() == "writer"

    heir = restarted(servers, servers.named("heir"))
    assert heir.role() == "writer"
    assert restarted(servers, heir, follows="old").role() == "follower"


# Restores


def test_a_restore_that_began_before_a_handover_ends_with_it(old: Inside, heir: Inside) -> None:
    restorer = Restorer(old)  # type: ignore[arg-type]
    restore = uploaded(restorer, old)
    heir.promote()

    with pytest.raises(NotTheWriter):
        restorer.commit(restore.number, accept_loss=True)
    assert old.store.epoch != heir.store.epoch


def test_no_write_after_a_restore_is_lost_where_the_disk_took_no_record_of_it(
    old: Inside, heir: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restorer = Restorer(old)  # type: ignore[arg-type]
    restore = uploaded(restorer, old)
    old.add(*OURS)
    step(heir)

    def full(_log: Log, _records: list[Record], _epoch: int) -> int:
        raise NoRoom("the log cannot be written")

    with monkeypatch.context() as disk:
        disk.setattr(Log, "append", full)
        restorer.commit(restore.number, accept_loss=True)
    step(heir)
    old.add(700)
    step(heir)

    assert old.ids == heir.ids == [*COMMON, 700]
    assert after_a_kill(old.data, tmp_path / "killed") == [*COMMON, 700]
