"""``rf backup`` on a machine with Docker: a one-shot container between server and bucket."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import yaml

from tests.services import s3_server
from tests.services.docker_images import built, docker
from tests.services.s3_server import REGION, S3

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NEEDED = ("Pulumi.yaml", "__main__.py", "services")
ASK = """
import json, sys, time, urllib.request
def ask(method, path, body=None):
    request = urllib.request.Request("http://127.0.0.1:5000" + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=30))
"""
WAIT = """
for _ in range(200):
    try:
        ask("GET", "/ready"); break
    except OSError:
        time.sleep(0.2)
"""
FILL = """
ask("PUT", "/indexes/papers", {"dimension": 2})
ask("POST", "/indexes/papers/vectors", {"ids": [1, 2, 3], "vectors": [[0, 0], [0, 1], [1, 0]]})
"""
FORGET = 'ask("POST", "/indexes/papers/remove", {"ids": [2]})'
COUNT = 'print(ask("GET", "/indexes/papers")["vectors"])'

WRITE = """
import faiss, numpy
index = faiss.IndexFlatL2(2)
index.add(numpy.eye(2, dtype="float32"))
faiss.write_index(index, "/old/index.faiss")
"""

pytestmark = pytest.mark.long


class Machine:
    """The part of a local stack that a backup needs, under names of its own, and ``rf`` beside."""

    def __init__(self, folder: Path, tag: str) -> None:
        self.prefix = f"test-{uuid4().hex[:8]}"
        self.server = self.named("faiss-stable")
        self.folder, self.tag = folder / "project", tag
        self.s3: S3 | None = None

    def named(self, what: str) -> str:
        return f"{self.prefix}-local-{what}"

    def start(self, folder: Path) -> None:
        docker("network", "create", "--internal", self.named("internal"))
        docker("network", "create", self.named("egress"))
        gateway = docker(
            "network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", self.named("egress")
        )
        self.s3 = s3_server.start(folder / "s3", gateway)
        self.s3.client().create_bucket(Bucket="backups")
        docker(
            "run", "--detach", f"--name={self.server}", "--network-alias=faiss-stable",
            f"--network={self.named('internal')}", "--read-only", "--tmpfs=/tmp", "--volume=/data",
            "--cap-drop=ALL", self.tag,
        )  # fmt: skip
        self.folder.mkdir()
        for name in NEEDED:
            (self.folder / name).symlink_to(ROOT / name)
        stack = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
        platform = stack["config"]["researchflow-ai:platform"]
        platform["target"]["prefix"] = self.prefix
        backup = {"bucket": "backups", "endpoint": self.s3.endpoint, "region": REGION}
        platform.setdefault("services", {})["faiss"] = {"image": self.tag, "backup": backup}
        (self.folder / "Pulumi.local.yaml").write_text(yaml.safe_dump(stack))

    def ask(self, code: str) -> str:
        return docker("exec", self.server, "python3", "-c", ASK + code)

    def rf(self, *arguments: str) -> str:
        assert self.s3 is not None
        done = subprocess.run(
            [sys.executable, "-c", "from rf.cli import main; main()", "backup", *arguments],
            cwd=self.folder,
            env={**os.environ, **self.s3.credentials, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.s3.credentials["AWS_SECRET_ACCESS_KEY"] not in done.stdout + done.stderr
        return done.stdout

    def stop(self) -> None:
        if self.s3:
            self.s3.process.kill()
            self.s3.process.wait()
        gone = ("rm", "--force", "--volumes", self.server)
        networks = ("network", "rm", self.named("internal"), self.named("egress"))
        for arguments in (gone, networks, ("volume", "rm", self.named("old"))):
            subprocess.run(["docker", *arguments], capture_output=True, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    if s3_server.located() is None:
        pytest.skip(s3_server.NONE)
    with built("faiss_server") as tag:
        found = Machine(tmp_path, tag)
        try:
            found.start(tmp_path)
            yield found
        finally:
            found.stop()


def test_a_container_backs_up_restores_and_drills_and_leaves_nothing_behind(
    machine: Machine,
) -> None:
    machine.ask(WAIT + FILL)

    name = machine.rf("create").split()[0]
    machine.ask(FORGET)
    assert machine.ask(COUNT) == "2"
    restored = machine.rf("restore", name, "--accept-loss")
    drilled = machine.rf("drill")

    assert machine.ask(COUNT) == "3"
    assert restored.startswith(f"restored {name}")
    assert f"verified by a restore: {name}" in drilled
    assert docker("ps", "-a", "-q", "--filter", f"ancestor={machine.tag}").split() == [
        docker("ps", "-q", "--filter", f"name={machine.server}")
    ]


def test_an_index_in_the_volume_of_another_project_is_taken_over(machine: Machine) -> None:
    old = machine.named("old")
    docker("volume", "create", old)
    write = ("--entrypoint=python3", machine.tag, "-c", WRITE)
    docker("run", "--rm", "--user=0", "--network=none", f"--volume={old}:/old", *write)
    machine.ask(WAIT)

    said = machine.rf("adopt", "index.faiss", "--volume", old, "--index", "papers")

    assert said.startswith("adopted papers: 2 vectors of 2 numbers, as they were added")
    assert machine.ask(COUNT) == "2"
