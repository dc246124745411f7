"""Two histories of a FAISS log never become one, whatever happens at the same time."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from services.faiss_server.faiss_server import log as log_module
from services.faiss_server.faiss_server.api.operations import Operations
from services.faiss_server.faiss_server.errors import Busy, Conflict
from services.faiss_server.faiss_server.follower import Follower
from services.faiss_server.faiss_server.segments import LogDamagedError
from tests.services.faiss_inside import COMMON, Inside, after_a_kill, meanwhile, step

OURS, THEIRS = list(range(500, 510)), [600]


@pytest.fixture
def apart(old: Inside, heir: Inside) -> Inside:
    """The old writer as a follower of its heir, each with records that the other never had."""
    old.add(*OURS)
    heir.promote(force=True)
    heir.add(*THEIRS)
    heir.snapshotter.take()
    old.hand_over("heir")
    return old


# Taking over a snapshot


def test_a_kill_at_any_moment_of_a_takeover_leaves_one_history(
    apart: Inside, heir: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = Path.replace
    found: list[list[int]] = []

    def rename(path: Path, target: Path) -> Path:
        if path.is_relative_to(apart.data):
            for moment in ("before", "after"):
                to = tmp_path / f"{moment}{len(found)}"
                if moment == "after":
                    target = true(path, target)
                with monkeypatch.context() as untouched:
                    untouched.setattr(Path, "replace", true)
                    found.append(after_a_kill(apart.data, to))
            return target
        return true(path, target)

    with monkeypatch.context() as watched:
        watched.setattr(Path, "replace", rename)
        step(apart)

    assert len(found) >= 4
    assert apart.ids == heir.ids == COMMON + THEIRS
    # Without its log and before the snapshot counts, it is a follower that begins anew.
    assert all(ids in (COMMON + OURS, [], COMMON + THEIRS) for ids in found)


def test_a_snapshot_of_what_was_replaced_meanwhile_never_counts(
    apart: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, apart.store.snapshots, "begin", lambda: step(apart))

    with pytest.raises(Conflict, match="replaced while the snapshot was written"):
        apart.snapshotter.take()
    assert after_a_kill(apart.data, tmp_path / "killed") == COMMON + THEIRS


def test_no_snapshot_of_the_other_history_is_left_to_fall_back_to(apart: Inside) -> None:
    apart.snapshotter.take()

    step(apart)

    assert len(apart.store.snapshots.versions()) == 1


def test_a_snapshot_from_before_the_log_is_left_to_the_writer(
    old: Inside, heir: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "SEGMENT_BYTES", 1)
    first = old.snapshotter.take()
    old.add(*OURS)
    step(heir)
    for _ in range(2):
        heir.snapshotter.take()
    heir.follower = Follower(heir.store, heir.committer)  # as after a restart
    built = replace(first, indexes=(replace(first.indexes[0], build="b", factory="IVF1,Flat"),))
    monkeypatch.setattr(old, "manifest", lambda _version: built)
    monkeypatch.setattr(old, "newest_snapshot", lambda: first)

    step(heir)

    assert heir.follower.failure is None
    assert heir.ids == COMMON + OURS
    assert after_a_kill(heir.data, tmp_path / "killed") == COMMON + OURS


def test_an_older_snapshot_of_the_other_history_is_not_continued(
    apart: Inside, heir: Inside, tmp_path: Path
) -> None:
    older = apart.snapshotter.take().version
    shutil.copytree(apart.store.snapshots.directory / older, tmp_path / "older")
    step(apart)
    heir.add(*range(700, 730))
    step(apart)
    (newest,) = apart.store.snapshots.versions()
    (apart.store.snapshots.directory / newest / "manifest.json").unlink()
    (tmp_path / "older").replace(apart.store.snapshots.directory / older)

    with pytest.raises(LogDamagedError, match="two histories"):
        after_a_kill(apart.data, tmp_path / "killed")


# Answers of the log


def test_a_follower_tells_no_position_that_its_answers_do_not_have_yet(
    old: Inside, heir: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    def ask() -> None:
        answer = asyncio.run(Operations(heir, None, None).role(Request({"type": "http"})))  # type: ignore[arg-type]
        told.append(json.loads(bytes(answer.body))["position"])

    meanwhile(monkeypatch, heir.store.catalogue, "apply", ask)
    old.add(*OURS)
    step(heir)
    ask()

    assert told == [old.position - len(OURS), old.position]


def test_an_answer_that_waited_is_not_of_the_log_that_came_meanwhile(
    apart: Inside, heir: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    heir.add(*range(700, 730))
    asked = f"after={apart.position - 4}&epoch={apart.store.epoch}&wait=1".encode()
    scope: dict[str, Any] = {"type": "http", "method": "GET", "headers": [], "query_string": asked}

    def take_over() -> None:
        step(apart)
        step(apart)
        assert apart.ids == heir.ids

    meanwhile(monkeypatch, apart.store.log, "wait_beyond", take_over)
    operations = Operations(apart, None, None)  # type: ignore[arg-type]

    with pytest.raises(Busy, match="log was replaced"):
        asyncio.run(operations.log(Request(scope)))


def test_records_of_another_epoch_are_not_put_behind_ours(
    apart: Inside, heir: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    heir.add(*range(700, 720))
    true = heir.log_after
    wrong = true(apart.position, heir.store.epoch, 0)
    monkeypatch.setattr(heir, "log_after", lambda *_: wrong)

    step(apart)

    monkeypatch.setattr(heir, "log_after", true)
    step(apart)
    assert apart.ids == heir.ids
