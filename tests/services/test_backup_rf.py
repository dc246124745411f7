"""``rf backup`` from this machine, against a real S3 server and a running FAISS server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import yaml

from tests.services.faiss_client import start, vectors
from tests.services.s3_server import REGION

if TYPE_CHECKING:
    from tests.services.conftest import StartServer
    from tests.services.s3_server import S3

ROOT = Path(__file__).parents[2]
NEEDED = ("Pulumi.yaml", "__main__.py", "services")


def project(folder: Path, backup: dict[str, str]) -> Path:
    """This project with a stack file of its own, whose backups go where ``backup`` says."""
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(ROOT / name)
    stack = yaml.safe_load((ROOT / "Pulumi.staging.yaml").read_text())
    platform = stack["config"]["researchflow-ai:platform"]
    platform.setdefault("services", {}).setdefault("faiss", {})["backup"] = backup
    (folder / "Pulumi.staging.yaml").write_text(yaml.safe_dump(stack))
    return folder


def test_a_backup_is_made_listed_verified_restored_and_drilled(
    s3: S3, start_server: StartServer, tmp_path: Path
) -> None:
    bucket = f"rf-{uuid4().hex[:12]}"
    s3.client().create_bucket(Bucket=bucket)
    folder = project(
        tmp_path / "project", {"bucket": bucket, "endpoint": s3.endpoint, "region": REGION}
    )

    def rf(*arguments: str) -> str:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from rf.cli import main; main()",
                "backup",
                *arguments,
                "--stack",
                "staging",
            ],
            cwd=folder,
            env={**os.environ, **s3.credentials, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert s3.credentials["AWS_SECRET_ACCESS_KEY"] not in done.stdout + done.stderr
        return done.stdout

    server = start(start_server, tmp_path / "live")
    server.fill(50)
    name = rf("create", "--server", server.url).split()[0]
    server.good("POST", "/indexes/papers/remove", {"ids": list(range(25))})

    rf("restore", name, "--server", server.url, "--accept-loss")

    assert server.count() == 50
    assert server.search(vectors(50), 1).ravel().tolist() == list(range(50))
    assert rf("list").startswith(name)
    assert f"{name} is good" in rf("verify")
    assert f"verified by a restore: {name}" in rf("drill", name)
