"""A folder as a store: whole records, each created once, whatever happens meanwhile."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from rf.rollout.store import StoreError
from rf.rollout.store.folder import FolderStore

if TYPE_CHECKING:
    from pathlib import Path

LOG = "staging/rollouts/1"
# Adds records for ever; each holds its number many times over, so that a torn one shows.
WRITER = """
import sys
from pathlib import Path
from rf.rollout.store.folder import FolderStore
store = FolderStore(Path(sys.argv[1]))
number = len(store.read("log"))
print("ready", flush=True)
while True:
    number += 1
    store.add("log", number, f"{number:08}".encode() * 2000)
    print(number, flush=True)
"""


def test_of_many_that_create_a_record_one_succeeds(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    with ThreadPoolExecutor(16) as pool:
        created = list(pool.map(lambda who: store.add(LOG, 1, str(who).encode()), range(64)))

    assert created.count(True) == 1
    assert store.read(LOG) == [str(created.index(True)).encode()]
    assert [path.name for path in (tmp_path / LOG).iterdir()] == ["00000001"]


def test_a_writer_killed_at_any_moment_leaves_what_it_was_told_is_there(tmp_path: Path) -> None:
    for _ in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": "."},
        )
        assert writer.stdout
        writer.stdout.readline()
        told = [int(writer.stdout.readline()) for _ in range(20)][-1]
        writer.send_signal(signal.SIGKILL)
        told = max([told, *(int(line) for line in writer.stdout.read().split())])
        writer.wait()

        records = FolderStore(tmp_path).read("log")

        assert len(records) >= told
        assert all(
            record == f"{number:08}".encode() * 2000 for number, record in enumerate(records, 1)
        )


def test_records_are_read_from_where_one_stopped(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for number in range(1, 6):
        store.add(LOG, number, str(number).encode())

    assert store.read(LOG, after=3) == [b"4", b"5"]
    assert store.read(LOG, after=5) == []
    assert store.read("staging/rollouts/2") == []


def test_the_logs_of_a_folder_are_listed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for log in (LOG, "staging/rollouts/2", "production/rollouts/1"):
        store.add(log, 1, b"x")

    assert store.logs("staging/rollouts") == ["staging/rollouts/1", "staging/rollouts/2"]
    assert store.logs("local") == []


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.add(LOG, 1, b"x")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StoreError, match="cannot be written: File too large"):
            store.add(LOG, 2, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert store.read(LOG) == [b"x"]
    assert [path.name for path in (tmp_path / LOG).iterdir()] == ["00000001"]
