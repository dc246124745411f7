"""The backup's command line as a process, and what it wrote."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.services.s3_server import REGION, S3
from tests.services.server_process import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.services.faiss_client import Faiss

TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Backup:
    """The tool, against one bucket and, where it needs one, one server."""

    s3: S3
    bucket: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def with_(self, **variables: str) -> Backup:
        return Backup(self.s3, self.bucket, {**self.variables, **variables})

    def of(self, server: Faiss) -> Backup:
        return self.with_(FAISS_URL=server.url)

    def environment(self) -> dict[str, str]:
        return environment(
            "faiss_server",
            {
                "BACKUP_BUCKET": self.bucket,
                "BACKUP_ENDPOINT": self.s3.endpoint,
                "BACKUP_REGION": REGION,
                "AWS_EC2_METADATA_DISABLED": "true",
                "FAISS_NUM_WORKERS": "2",
                **self.s3.credentials,
                **self.variables,
            },
            None,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "faiss_server", "backup", *arguments],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def good(self, *arguments: str) -> str:
        """What it says when it must succeed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """The one line that it says when it must fail; it holds neither traceback nor secret."""
        done = self.run(*arguments)
        assert done.returncode == 1, done.stdout
        (line,) = done.stderr.splitlines()
        assert not any(secret in line + done.stdout for secret in self.s3.credentials.values())
        return line

    def create(self) -> str:
        """Make a backup; its name."""
        return self.good("create").split()[0]

    def names(self) -> list[str]:
        return [line.split()[0] for line in self.good("list").splitlines()]
