"""The local stack on the machine's Docker engine: a project, networks and an address of its own.

Of its services there are the gateway and Triton; everything else waits in the plan.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import docker
import httpx
import pytest
import yaml
from docker.errors import DockerException

from tests.conftest import PROJECT, platform

from .images import images

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker import DockerClient

ROOT = Path.cwd()
STAND_IN = "tests.e2e.harness.docker.stand_in_pulumi"
COMPONENTS = ("DockerPlatform", "Rollout", "Gateway", "Triton")
TRITON = 8000
CLIENTS = 6


def engine() -> DockerClient:
    """The machine's Docker; the test is skipped where none answers."""
    try:
        return docker.from_env(timeout=120)
    except DockerException:
        pytest.skip("no Docker engine answers: start one, or name it by DOCKER_HOST")


@dataclass(kw_only=True)
class DockerStack:
    """A deployed stack; ``replies`` are Unix time and status of each request that was answered."""

    project: Path
    environment: Mapping[str, str]
    address: str
    repository: str
    replies: list[tuple[float, int]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """The stack file."""
        return self.project / "Pulumi.local.yaml"

    @property
    def settings(self) -> dict[str, Any]:
        """What it says."""
        found: dict[str, Any] = yaml.safe_load(self.file.read_text())["config"]
        return dict(found[f"{PROJECT}:platform"])

    def image(self, tag: str) -> str:
        """One of the images, by its tag."""
        return f"{self.repository}:{tag}"

    def rf(self, *words: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """``rf rollout WORDS`` until it ends."""
        return subprocess.run(
            self.command(*words),
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def command(self, *words: str) -> list[str]:
        """``rf rollout WORDS``, as an installed ``rf`` runs it."""
        return [str(Path(sys.prefix, "bin", "rf")), "rollout", *words]

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """``rf rollout WORDS`` at work meanwhile."""
        process = subprocess.Popen(
            self.command(*words),
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """Requests of ever new users over ``CLIENTS`` connections meanwhile."""
        ended = threading.Event()
        users = iter(range(10**9))

        def client() -> None:
            url = f"http://{self.address}:{TRITON}/v2/models"
            with httpx.Client(timeout=10, trust_env=False) as connection:
                while not ended.wait(0.03):
                    headers = {"x-researchflow-user": f"u{next(users)}"}
                    try:
                        status = connection.get(url, headers=headers).status_code
                    except httpx.HTTPError:
                        status = 0
                    self.replies.append((time.time(), status))

        threads = [threading.Thread(target=client, daemon=True) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join(15)


@contextmanager
def docker_stack(folder: Path, changes: Mapping[str, Any]) -> Iterator[DockerStack]:
    """A stack whose settings differ from ``Pulumi.local.yaml`` by ``changes``, up and serving."""
    found = engine()
    name = f"rollout-{uuid4().hex[:8]}"
    # An address of this machine that nobody else publishes ports on.
    address = ".".join(["127", *(str(2 + secrets.randbelow(250)) for _ in range(3))])
    with images(found, name):
        stack = DockerStack(
            project=_project(folder, name, address, changes),
            environment=_environment(folder),
            address=address,
            repository=name,
        )
        try:
            _up(stack)
            yield stack
        finally:
            _remove(found, name)


def _project(folder: Path, name: str, address: str, changes: Mapping[str, Any]) -> Path:
    project = folder / "project"
    project.mkdir()
    for file in ("Pulumi.yaml", "__main__.py", "settings.py"):
        shutil.copy(ROOT / file, project)
    own = {
        "target": {
            "kind": "docker",
            "prefix": name,
            "address": address,
            "writer_image": f"{name}:platform",
        },
        "capacity": {"cpus": 96, "memory": 192, "disk": 2000},
        "services": {
            "gateway": {"image": f"{name}:platform", "drain": 1},
            "triton": {"image": f"{name}:model-1", "exit_timeout": 1},
        },
    }
    tree = {**platform("local"), **own, **changes}
    text = yaml.safe_dump({"config": {f"{PROJECT}:platform": tree}}, sort_keys=False)
    (project / "Pulumi.local.yaml").write_text(f"# Written by a test.\n{text}")
    return project


def _environment(folder: Path) -> dict[str, str]:
    programs = folder / "bin"
    programs.mkdir()
    pulumi = programs / "pulumi"
    pulumi.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m {STAND_IN} "$@"\n')
    pulumi.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    return {
        **kept,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "STAND_IN_COMPONENTS": ",".join(COMPONENTS),
        "STAND_IN_UP": str(folder / "obstacle"),
    }


def _up(stack: DockerStack) -> None:
    state = stack.project / ".pulumi-local" / "state"
    state.mkdir(parents=True)
    subprocess.run(
        ["pulumi", "up", "--stack", "local"],
        cwd=stack.project,
        env={**stack.environment, "PULUMI_BACKEND_URL": state.as_uri()},
        check=True,
    )


def _remove(found: DockerClient, name: str) -> None:
    """Whatever is called so: also what was made halfway."""
    for container in found.containers.list(all=True, filters={"name": f"{name}-"}):
        container.remove(v=True, force=True)
    for network in found.networks.list(filters={"name": f"{name}-"}):
        network.remove()
    for volume in found.volumes.list(filters={"name": f"{name}-"}):
        volume.remove(force=True)
