"""Backups that were cut off, damaged, or asked of the wrong place."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from services.faiss_server.faiss_server.backup.bucket import Bucket
from services.faiss_server.faiss_server.backup.settings import BackupSettings
from services.faiss_server.faiss_server.backup.store import Backups
from tests.services.backup_tool import Backup
from tests.services.faiss_client import Faiss, start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.s3_server import S3


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> Faiss:
    return start(start_server, tmp_path / "live")


@pytest.fixture
def tool(s3: S3) -> Backup:
    bucket = f"faults-{uuid4().hex[:12]}"
    s3.client().create_bucket(Bucket=bucket)
    return Backup(s3, bucket)


def backups(tool: Backup) -> Backups:
    settings = BackupSettings(bucket=tool.bucket)
    return Backups(Bucket(tool.s3.client(), settings), settings)


def object_file(tool: Backup, name: str, path: str) -> Path:
    return tool.s3.folder / tool.bucket / "ai" / name / path


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def is_killed_half_way(tool: Backup, known: Backups) -> bool:
    """Kill a backup as soon as it uploads; False when it was quicker than we are."""
    process = tool.start("create")
    while process.poll() is None and not known.bucket.unfinished():
        time.sleep(0.001)
    process.kill()
    process.communicate()
    return bool(known.bucket.unfinished())


def test_half_an_upload_is_no_backup_and_is_swept_when_a_day_old(
    tool: Backup, server: Faiss
) -> None:
    server.fill(11_000, dimension=768)
    tool.of(server).create()
    known = backups(tool)
    for _ in range(5):
        whole = tool.names()
        if is_killed_half_way(tool.of(server), known):
            break
        known.sweep(datetime.now(UTC) + timedelta(days=2))
    else:
        pytest.fail("it was never caught in the middle")

    assert tool.names() == whole
    assert known.bucket.unfinished()
    now = datetime.now(UTC)
    assert known.sweep(now) == [], "somebody may still be at it"
    (swept,) = known.sweep(now + timedelta(days=1, minutes=1))
    assert swept > max(whole)
    assert known.bucket.unfinished() == []
    assert set(known.bucket.objects()) == set(whole)
    assert "is good" in tool.good("verify", whole[0])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (flip, "the checksum of s3://{bucket}/{key} is wrong"),
        (lambda path: os.truncate(path, 100), "s3://{bucket}/{key} has 100 bytes instead of 320"),
        (lambda path: path.unlink(), "s3://{bucket}/{key} is missing"),
    ],
)
def test_a_damaged_object_is_named_and_is_never_restored(
    tool: Backup, server: Faiss, damage: Callable[[Path], None], said: str
) -> None:
    server.fill(10)
    name = tool.of(server).create()
    path = "files/indexes/papers/rows.f32"
    damage(object_file(tool, name, path))
    wanted = said.format(bucket=tool.bucket, key=f"ai/{name}/{path}")

    verified, restored, drilled = (
        tool.of(server).refused(command) for command in ("verify", "restore", "drill")
    )

    assert wanted in verified
    assert wanted in restored
    assert wanted in drilled
    assert server.count() == 10
    server.good("POST", "/restores", server.good("POST", "/snapshots"))


def test_every_damaged_object_of_a_backup_is_named_at_once(tool: Backup, server: Faiss) -> None:
    server.fill(10)
    name = tool.of(server).create()
    for file in ("rows.f32", "ids.i64"):
        flip(object_file(tool, name, f"files/indexes/papers/{file}"))

    said = tool.refused("verify", name)

    assert "rows.f32" in said
    assert "ids.i64" in said


def test_a_damaged_record_is_named_in_the_list_and_the_others_stay(
    tool: Backup, server: Faiss
) -> None:
    server.fill(10)
    bad, good = tool.of(server).create(), tool.of(server).create()
    flip(object_file(tool, bad, "backup.json"))

    listed = tool.good("list").splitlines()

    assert listed[0].startswith(f"{bad}  damaged: ")
    assert f"s3://{tool.bucket}/ai/{bad}/backup.json" in listed[0]
    assert listed[1].startswith(good)
    assert f"{bad}/backup.json" in tool.of(server).refused("restore", bad)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"BACKUP_BUCKET": "no-such-bucket"}, "there is no such bucket"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "the secret key does not belong to the access key"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "access key"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "there are no credentials"),
        ({"BACKUP_ENDPOINT": "http://127.0.0.1:1"}, "the endpoint cannot be reached"),
        ({"BACKUP_ENDPOINT": "", "AWS_ENDPOINT_URL": "garbage"}, "Invalid endpoint: garbage"),
        ({"BACKUP_BUCKET": "Not A Bucket"}, "BACKUP_BUCKET is 'Not A Bucket': write the name"),
        ({"BACKUP_KEEP_LAST": "0"}, "BACKUP_KEEP_LAST is '0': write a whole number from 1"),
        ({"BACKUP_LOCK": "GOVERNANCE"}, "BACKUP_LOCK and a number of days go together"),
    ],
)
def test_a_place_that_cannot_be_used_is_said_in_one_line(
    tool: Backup, variables: dict[str, str], said: str
) -> None:
    line = Backup(tool.s3, tool.bucket, variables).refused("list")

    assert said in line
    assert "wrong" not in line


def test_a_server_that_is_not_there_is_said_in_one_line(tool: Backup) -> None:
    line = tool.with_(FAISS_URL="http://127.0.0.1:1").refused("create")

    assert "http://127.0.0.1:1 gives no answer" in line
    assert tool.names() == []


def test_there_is_nothing_to_restore_where_nothing_was_backed_up(tool: Backup) -> None:
    assert f"there is no backup in s3://{tool.bucket}/ai/" in tool.refused("restore")


def test_objects_are_locked_where_the_settings_say_so(s3: S3, server: Faiss) -> None:
    server.fill(10)
    bucket = f"locked-{uuid4().hex[:12]}"
    s3.client().create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    tool = Backup(s3, bucket).with_(BACKUP_LOCK="COMPLIANCE", BACKUP_LOCK_DAYS="2")

    name = tool.of(server).create()

    key = f"ai/{name}/files/indexes/papers/rows.f32"
    kept = s3.client().get_object_retention(Bucket=bucket, Key=key)["Retention"]
    assert kept["Mode"] == "COMPLIANCE"
    assert kept["RetainUntilDate"] > datetime.now(UTC) + timedelta(days=1, hours=23)
    assert "is good" in tool.good("verify")
