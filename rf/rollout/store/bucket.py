"""A store in a bucket of S3, or of anything that speaks its protocol: one object a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ...errors import first_line
from . import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_boto3_s3 import S3Client

DIGITS = 8
# S3 answers 412 when the object is there, and 409 while somebody else is creating it.
TAKEN = (412, 409)
PROMPT = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "max_attempts": 3})
"""Users may be waiting for a rollback to be recorded; boto3 itself waits a minute, five times."""


def opened(bucket: str, prefix: str) -> BucketStore:
    """A store in ``bucket``, with the endpoint and the credentials that boto3 finds; StoreError."""
    try:
        return BucketStore(boto3.client("s3", config=PROMPT), bucket, prefix)
    except (BotoCoreError, ValueError) as error:
        said = str(error).partition("\n")[0]
        raise StoreError(f"s3://{bucket} cannot be asked: {said}") from None


class BucketStore:
    """Records as objects below ``prefix``, created with ``If-None-Match: *``."""

    def __init__(self, client: S3Client, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def add(self, log: str, number: int, record: bytes) -> bool:
        key = f"{self._prefix}{log}/{number:0{DIGITS}}"
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=record, IfNoneMatch="*")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in TAKEN:
                return False
            raise self._failed("written", key, error) from None
        except BotoCoreError as error:
            raise self._failed("written", key, error) from None
        return True

    def read(self, log: str, after: int = 0) -> Sequence[bytes]:
        folder = f"{self._prefix}{log}/"
        found: list[bytes] = []
        try:
            keys = self._keys(folder, f"{folder}{after:0{DIGITS}}")
            for number, key in enumerate(keys, start=after + 1):
                if key != f"{folder}{number:0{DIGITS}}":
                    break
                found.append(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        except (BotoCoreError, ClientError) as error:
            raise self._failed("read", folder, error) from None
        return found

    def logs(self, under: str) -> Sequence[str]:
        folder = f"{self._prefix}{under}/"
        first = f"/{1:0{DIGITS}}"
        try:
            keys = self._keys(folder, "")
        except (BotoCoreError, ClientError) as error:
            raise self._failed("read", folder, error) from None
        return [
            key.removeprefix(self._prefix).removesuffix(first)
            for key in keys
            if key.endswith(first)
        ]

    def _keys(self, folder: str, after: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=folder, StartAfter=after
        )
        return sorted(each["Key"] for page in pages for each in page.get("Contents", ()))

    def _failed(self, how: str, key: str, error: Exception) -> StoreError:
        return StoreError(f"s3://{self._bucket}/{key} cannot be {how}: {first_line(error)}")
