"""The registry of the Distribution project (Debian's ``docker-registry``) as a real process."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
USER, PASSWORD = "tester", "only for this test"
# What `htpasswd -B` writes for them.
HTPASSWD = f"{USER}:$2b$05$tEOPLZnUwqBuBbQIKtUtduGeEOyeb/NBmLnEDfHFD5bDgWArh.AIK\n"
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class RegistryProcess:
    """A running registry, to which ``push`` uploads through its own API."""

    host: str
    client: httpx.Client

    def push(self, repository: str, tag: str, content: str, kind: str = MANIFEST) -> str:
        """Upload an image that differs with ``content``, tag it, and return its digest.

        An index (``kind``) gets one image for each of two architectures.
        """
        if kind in (INDEX, DOCKER_LIST):
            one = MANIFEST if kind == INDEX else DOCKER_MANIFEST
            body = self._index(repository, content, kind, one)
        else:
            body = self._manifest(repository, content, kind)
        return self._put(repository, tag, body, kind)

    def _index(self, repository: str, content: str, kind: str, one: str) -> dict[str, Any]:
        manifests = []
        for architecture in ("amd64", "arm64"):
            body = self._manifest(repository, f"{content} {architecture}", one)
            digest = self._put(repository, architecture, body, one)
            size = len(json.dumps(body))
            platform = {"os": "linux", "architecture": architecture}
            manifests.append(
                {"mediaType": one, "digest": digest, "size": size, "platform": platform}
            )
        return {"schemaVersion": 2, "mediaType": kind, "manifests": manifests}

    def _manifest(self, repository: str, content: str, kind: str) -> dict[str, Any]:
        blob = json.dumps({"content": content}).encode()
        digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
        upload = self.client.post(f"/v2/{repository}/blobs/uploads/").raise_for_status()
        location = httpx.URL(upload.headers["Location"]).copy_merge_params({"digest": digest})
        self.client.put(location, content=blob).raise_for_status()
        config = {"mediaType": CONFIG, "digest": digest, "size": len(blob)}
        return {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}

    def _put(self, repository: str, reference: str, body: dict[str, Any], kind: str) -> str:
        content = json.dumps(body).encode()
        path = f"/v2/{repository}/manifests/{reference}"
        self.client.put(path, content=content, headers={"Content-Type": kind}).raise_for_status()
        return f"sha256:{hashlib.sha256(content).hexdigest()}"


@contextmanager
def running_registry(folder: Path, *, login: bool = False) -> Iterator[RegistryProcess]:
    """A registry on a free loopback port, with its data in ``folder``; ``login``: for USER only."""
    (folder / "htpasswd").write_text(HTPASSWD)
    config: dict[str, Any] = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": "127.0.0.1:0", "secret": "only for this test"},
    }
    if login:
        config["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(json.dumps(config))
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        host = _address(process, log)
        auth = (USER, PASSWORD) if login else None
        with httpx.Client(base_url=f"http://{host}", auth=auth, trust_env=False) as client:
            yield RegistryProcess(host=host, client=client)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"listening on (127\.0\.0\.1:\d+)", log.read_text())
        if found:
            return found[1]
        time.sleep(0.02)
    raise AssertionError(f"docker-registry does not listen:\n{log.read_text()[-2000:]}")
