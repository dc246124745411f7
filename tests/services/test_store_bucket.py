"""The rollout's records in a bucket of a real S3 server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from rf.rollout.store import StoreError
from rf.rollout.store.bucket import BucketStore

if TYPE_CHECKING:
    from tests.services.s3_server import S3

LOG = "rollouts/2026-11-22-ollama"


@pytest.fixture
def bucket(s3: S3) -> str:
    name = f"rollouts-{uuid4().hex[:12]}"
    s3.client().create_bucket(Bucket=name)
    return name


@pytest.fixture
def store(s3: S3, bucket: str) -> BucketStore:
    return BucketStore(s3.client(), bucket, "/state/")


def test_a_record_is_created_once_and_the_second_is_told(store: BucketStore) -> None:
    assert store.add(LOG, 1, b"first")
    assert not store.add(LOG, 1, b"second")

    assert store.read(LOG) == [b"first"]


def test_of_many_who_write_the_same_record_at_once_one_wins(s3: S3, bucket: str) -> None:
    writers = 8
    won: list[int] = []
    together = threading.Barrier(writers)

    def write(number: int) -> None:
        mine = BucketStore(s3.client(), bucket, "state")
        together.wait()
        if mine.add(LOG, 1, f"writer {number}".encode()):
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert BucketStore(s3.client(), bucket, "state").read(LOG) == [f"writer {won[0]}".encode()]


def test_records_are_read_in_order_from_any_place_up_to_a_gap(store: BucketStore) -> None:
    for number in (3, 1, 2, 5, 12):
        assert store.add(LOG, number, f"record {number}".encode())

    assert store.read(LOG) == [b"record 1", b"record 2", b"record 3"]
    assert store.read(LOG, after=2) == [b"record 3"]
    assert store.read(LOG, after=3) == []
    assert store.read(LOG, after=4) == [b"record 5"]


def test_more_records_than_one_page_of_a_listing_are_all_read(s3: S3, bucket: str) -> None:
    client = s3.client()
    for number in range(1, 1006):
        client.put_object(Bucket=bucket, Key=f"{LOG}/{number:08}", Body=str(number).encode())

    found = BucketStore(client, bucket, "").read(LOG, after=1)

    assert found == [str(number).encode() for number in range(2, 1006)]


def test_logs_are_those_below_a_folder_and_nobody_elses(store: BucketStore) -> None:
    for log in (LOG, f"{LOG}/commands", "rollouts-old/1", "lock"):
        store.add(log, 1, b"x")
    store.add(LOG, 2, b"y")

    assert store.logs("rollouts") == [LOG, f"{LOG}/commands"]
    assert store.logs("nothing") == []


def test_what_cannot_be_asked_says_which_object_and_why(s3: S3, bucket: str) -> None:
    nowhere = BucketStore(s3.client(), "no-such-bucket", "state")
    nobody = BucketStore(s3.client(secret="wrong"), bucket, "state")

    with pytest.raises(StoreError, match="s3://no-such-bucket/state/lock/00000001 cannot be writ"):
        nowhere.add("lock", 1, b"x")
    with pytest.raises(StoreError, match=r"cannot be read: .*NoSuchBucket"):
        nowhere.read("lock")
    with pytest.raises(StoreError, match="SignatureDoesNotMatch") as refused:
        nobody.logs("lock")
    assert "wrong" not in str(refused.value)
