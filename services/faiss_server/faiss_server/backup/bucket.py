"""The bucket: every object that backups read or write, and S3's refusals in words."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError

from . import names
from .errors import BackupError, DamagedError
from .faults import reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from types_boto3_s3 import S3Client

    from .settings import BackupSettings

PART = 16 * 2**20
MOST_PARTS = 10_000
"""S3's limit for one object."""
CHUNK = 2**20
BATCH = 1000
SHA256: Final = "SHA256"


def connect(settings: BackupSettings) -> S3Client:
    """A client of the endpoint, with the credentials that boto3 finds by its own chain."""
    with asking("S3"):
        found: S3Client = boto3.client(
            "s3",
            endpoint_url=settings.endpoint or None,
            region_name=settings.region or None,
            config=Config(
                retries={"mode": "standard", "max_attempts": 4},
                connect_timeout=5,
                read_timeout=60,
                # Others than AWS answer under their own name only, not under <bucket>.<name>.
                s3={"addressing_style": "path" if settings.endpoint else "auto"},
            ),
        )
    return found


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn what boto3 raises into a BackupError that begins with ``what``."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise BackupError(f"{what}: {reason(error)}") from None
    except ValueError as error:
        # All that boto3 says of an endpoint that is no address.
        raise BackupError(f"{what}: {error}") from None


class Bucket:
    """Objects below the settings' prefix."""

    def __init__(self, client: S3Client, settings: BackupSettings, part: int = PART) -> None:
        """``part``: bytes of one part of a large object; S3 takes no less than 5 MiB."""
        self._client = client
        self._settings = settings
        self._part = part
        self._bucket = settings.bucket

    def objects(self) -> dict[str, dict[str, datetime]]:
        """The keys of each backup, whole or not, and when they were last written."""
        prefix, found = self._settings.prefix, dict[str, dict[str, datetime]]()
        with asking(self._at(names.root(prefix))):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=names.root(prefix)
            )
            for each in (entry for page in pages for entry in page.get("Contents", ())):
                if name := names.name_in(prefix, each["Key"]):
                    found.setdefault(name, {})[each["Key"]] = each["LastModified"]
        return found

    def read(self, key: str) -> bytes:
        """A small object; DamagedError when it is not there."""
        return b"".join(self.stream(key)[1])

    def stream(self, key: str) -> tuple[int, Iterator[bytes]]:
        """The size and the content of an object; DamagedError when it is not there."""
        with asking(self._at(key)):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchKey":
                    raise DamagedError(f"{self._at(key)} is missing") from None
                raise
        return answer["ContentLength"], self._chunks(key, answer["Body"])

    def _chunks(self, key: str, body: Any) -> Iterator[bytes]:
        with asking(self._at(key)):
            try:
                yield from body.iter_chunks(CHUNK)
            except FlexibleChecksumError:
                # boto3 itself compares with the checksum that S3 kept.
                raise DamagedError(f"the checksum of {self._at(key)} is wrong") from None

    def put(self, key: str, data: bytes) -> None:
        """A small object in one request, whose checksum S3 compares."""
        with asking(self._at(key)):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=data,
                ChecksumAlgorithm=SHA256,
                **self._protection(),
            )

    def upload(self, key: str, chunks: Iterable[bytes], size: int) -> None:
        """An object of ``size`` bytes, in parts when it is large; each part has a checksum.

        When anything fails, what was uploaded of it is given up.
        """
        part = max(self._part, -(-size // MOST_PARTS))
        parts = _sized(chunks, part)
        if size <= part:
            self.put(key, b"".join(parts))
            return
        with asking(self._at(key)):
            upload = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=key, ChecksumAlgorithm=SHA256, **self._protection()
            )["UploadId"]
        whole: dict[str, Any] = {"Bucket": self._bucket, "Key": key, "UploadId": upload}
        try:
            with asking(self._at(key)):
                done = [self._part_of(whole, at, data) for at, data in enumerate(parts, start=1)]
                self._client.complete_multipart_upload(**whole, MultipartUpload={"Parts": done})
        except BaseException:
            # What cannot be given up is swept a day later; why it failed must not be lost.
            with suppress(BackupError), asking(self._at(key)):
                self._client.abort_multipart_upload(**whole)
            raise

    def _part_of(self, whole: dict[str, Any], number: int, data: bytes) -> Any:
        sent = self._client.upload_part(
            **whole, PartNumber=number, Body=data, ChecksumAlgorithm=SHA256
        )
        checksum = {key: sent[key] for key in ("ChecksumSHA256",) if key in sent}
        return {"PartNumber": number, "ETag": sent["ETag"], **checksum}

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; in a bucket with versions, S3 hides them until they end."""
        wanted = list(keys)
        for low in range(0, len(wanted), BATCH):
            batch = wanted[low : low + BATCH]
            with asking(self._at(batch[0])):
                answer = self._client.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True},
                )
            for failed in answer.get("Errors", ()):
                raise BackupError(f"{self._at(failed['Key'])}: cannot be deleted: {failed['Code']}")

    def unfinished(self) -> list[tuple[str, str, datetime]]:
        """Uploads that nobody completed: key, upload, and when each was begun."""
        prefix = names.root(self._settings.prefix)
        with asking(self._at(prefix)):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._bucket, Prefix=prefix
            )
            return [
                (each["Key"], each["UploadId"], each["Initiated"])
                for page in pages
                for each in page.get("Uploads", ())
                if names.name_in(self._settings.prefix, each["Key"])
            ]

    def give_up(self, key: str, upload: str) -> None:
        """Forget an unfinished upload."""
        with asking(self._at(key)):
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)

    def _protection(self) -> dict[str, Any]:
        wanted, fields = self._settings.protection, dict[str, Any]()
        if wanted.encryption:
            fields["ServerSideEncryption"] = wanted.encryption
        if wanted.kms_key:
            fields["SSEKMSKeyId"] = wanted.kms_key
        if wanted.lock:
            until = datetime.now(UTC) + timedelta(days=wanted.lock_days)
            fields |= {"ObjectLockMode": wanted.lock, "ObjectLockRetainUntilDate": until}
        return fields

    def _at(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"


def checked(chunks: Iterable[bytes], sha256: str, size: int, what: str) -> Iterator[bytes]:
    """Pass ``chunks`` on; DamagedError at their end unless they are what was announced."""
    digest, count = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        count += len(chunk)
        yield chunk
    if count != size:
        raise DamagedError(f"{what} has {count} bytes instead of {size}")
    if digest.hexdigest() != sha256:
        raise DamagedError(f"the checksum of {what} is wrong")


def _sized(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of ``size``; the last may be smaller."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)
