"""The lease: one controller a stack, and what becomes of a dead one's."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from rf.rollout import lease
from rf.rollout.lease import DURATION, Lease, LockedError, Owner, claim
from rf.rollout.store.folder import FolderStore

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OTHER_PROCESS = """
import sys
from datetime import datetime
from pathlib import Path
from rf.rollout.lease import Lease
from rf.rollout.store.folder import FolderStore
folder, now = sys.argv[1:]
Lease(FolderStore(Path(folder)), "staging", "ollama").acquire(datetime.fromisoformat(now))
print("mine", flush=True)
sys.stdin.read()
"""


def acquired(store: FolderStore, rollout: str = "ollama", now: datetime = NOW) -> Lease:
    found = Lease(store, "staging", rollout)
    found.acquire(now)
    return found


def test_a_second_controller_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    acquired(store)

    with pytest.raises(LockedError, match=r"ollama is being rolled out by process \d+ on .+ until"):
        acquired(store, "triton")


def test_another_stack_has_a_lease_of_its_own(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    acquired(store)

    Lease(store, "production", "ollama").acquire(NOW)


def test_after_a_release_anybody_may_have_it(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    acquired(store).release(NOW)

    acquired(store, "triton")


def test_a_renewed_lease_lasts_from_its_renewal(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    acquired(store).renew(NOW + DURATION / 2)

    with pytest.raises(LockedError):
        acquired(store, "triton", NOW + DURATION)
    acquired(store, "triton", NOW + DURATION * 1.5)


def test_an_owner_that_was_silent_too_long_learns_that_it_lost(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    first = acquired(store)
    acquired(store, "triton", NOW + DURATION + timedelta(seconds=1))

    with pytest.raises(LockedError, match="taken"):
        first.renew(NOW + DURATION + timedelta(seconds=2))


def test_a_living_owner_on_this_machine_is_respected_and_a_killed_one_is_not(
    tmp_path: Path,
) -> None:
    store = FolderStore(tmp_path)
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(tmp_path), NOW.isoformat()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout
    assert other.stdout.readline() == b"mine\n"

    with pytest.raises(LockedError, match=f"process {other.pid} "):
        acquired(store)
    other.kill()
    other.communicate()

    acquired(store)


def test_a_process_id_that_is_used_again_is_not_taken_for_its_owner() -> None:
    me = Owner.this_process()

    assert not me.is_dead
    assert replace(me, started="1").is_dead
    assert replace(me, boot="another").is_dead
    assert not replace(me, host="elsewhere", pid=1).is_dead


def test_a_claim_is_written_as_it_is_read(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    acquired(store)

    found = claim(store.read(f"staging/{lease.LOG}")[0])

    assert found.owner == Owner.this_process()
    assert found.rollout == "ollama"
    assert datetime.fromisoformat(found.until) == NOW + DURATION
