"""A real S3 server (versitygw over a folder) as a process on a free loopback port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

VERSION = "v1.8.0"
REGION = "eu-west-1"
ACCESS, SECRET = "tests", "a-secret-of-tests"
NONE = "no S3 server: versitygw is neither on PATH nor built; scripts/versitygw builds it (Go)"
PATIENCE_SECONDS = 20.0
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def located() -> Path | None:
    """The pinned version where it is built, else what is on PATH."""
    pinned = CACHE / "researchflow" / f"versitygw-{VERSION}" / "versitygw"
    if pinned.is_file():
        return pinned
    found = shutil.which("versitygw")
    return Path(found) if found else None


@dataclass(frozen=True, kw_only=True)
class S3:
    """A running server; ``folder`` holds a folder for each bucket, with a file for each object."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    address: str = "127.0.0.1"

    @property
    def endpoint(self) -> str:
        return f"http://{self.address}:{self.port}"

    @property
    def credentials(self) -> dict[str, str]:
        """Variables as boto3 reads them."""
        return {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}

    def client(self, access: str = ACCESS, secret: str = SECRET) -> S3Client:
        found: S3Client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
        )
        return found


def start(root: Path, address: str = "127.0.0.1") -> S3:
    """Start a server with nothing in it at a free port of ``address``, and wait for its answer."""
    program = located()
    assert program is not None
    folder, versions = root / "buckets", root / "versions"
    for each in (folder, versions):
        each.mkdir(parents=True)
    with socket.create_server((address, 0)) as free:
        port = free.getsockname()[1]
    with (root / "said").open("wb") as said:
        process = subprocess.Popen(
            [program, "--port", f"{address}:{port}", "--region", REGION, "--quiet", "posix",
             "--versioning-dir", str(versions), str(folder)],
            env={"ROOT_ACCESS_KEY": ACCESS, "ROOT_SECRET_KEY": SECRET},
            stdout=said,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return S3(process=process, port=port, folder=folder, address=address)
    process.kill()
    pytest.fail(f"versitygw does not listen; it said: {(root / 'said').read_text()}")
