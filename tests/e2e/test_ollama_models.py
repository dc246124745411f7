"""The job that pulls the models, with a real Ollama and a stand-in for the library's registry."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
import trustme

from components.spec.mounts import File
from tests.e2e.harness.container import Container
from tests.e2e.harness.names import NameServer
from tests.e2e.harness.needs import require_ollama
from tests.e2e.harness.simulation import MODEL
from tests.e2e.harness.stack import specs
from tests.e2e.harness.tiny_model import store
from tests.e2e.harness.waiting import seconds_until
from tests.e2e.harness.world import HUB, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLLAMA = require_ollama()
SPEC = specs()["ollama"]
(JOB,) = SPEC.jobs
REGISTRY, STORAGE = "registry.ollama.ai", "storage.test"
AUTHORITY = "/etc/trusted/ca.crt"
pytestmark = pytest.mark.xdist_group("e2e-ollama")


@contextmanager
def registry(models: Path, authority: trustme.CA) -> Iterator[None]:
    """Serves what ``models`` holds as the library does (the Distribution project's API)."""

    class Handler(BaseHTTPRequestHandler):
        def found(self) -> Path:
            kind, name = self.path.split("/")[-2:]
            if kind == "blobs":
                return models / "blobs" / name.replace(":", "-")
            return (
                models
                / "manifests"
                / REGISTRY
                / self.path.removeprefix("/v2/").replace("/manifests", "")
            )

        def do_HEAD(self) -> bytes:
            path = self.found()
            content = path.read_bytes() if path.exists() else b""
            self.send_response(200 if path.exists() else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            return content

        def do_GET(self) -> None:
            if "/blobs/" in self.path and self.headers["Host"] == REGISTRY:
                # Ollama takes blobs from nobody but another host that it is sent to.
                self.send_response(307)
                self.send_header("Location", f"https://{STORAGE}{self.path}")
                self.end_headers()
            else:
                self.wfile.write(self.do_HEAD())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HUB, 443), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(REGISTRY, STORAGE).configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(isolation: None) -> Iterator[World]:
    """A network in which the registry's names lead to the tests."""
    del isolation
    made = World.create()
    with made.entered():
        names = NameServer(HUB, lambda name: (HUB,) if name in (REGISTRY, STORAGE) else ())
    yield made
    names.close()
    made.close()


def job(world: World, folder: Path, authority: trustme.CA) -> Container:
    """The job on the volumes of ``folder``; it trusts ``authority``."""
    trusted = File(path=AUTHORITY, content=authority.cert_pem.bytes().decode())
    spec = replace(
        SPEC,
        command=JOB.command,
        environment={**JOB.environment, "SSL_CERT_FILE": AUTHORITY},
        files=(*JOB.files, trusted),
    )
    address = world.attach("job", 1)
    return Container(
        world=world, spec=spec, name="job", address=address, folder=folder / "job", secrets={}
    )


def test_the_job_leaves_every_model_with_its_parameters(world: World, tmp_path: Path) -> None:
    authority = trustme.CA()
    store(tmp_path / "library", MODEL)
    pulling = job(world, tmp_path, authority)

    with world.entered(), registry(tmp_path / "library", authority):
        pulling.start(OLLAMA)
        assert pulling.wait(120) == 0, pulling.log_tail
        # A deployment runs it again, on what is there.
        pulling.start(OLLAMA)
        assert pulling.wait(120) == 0, pulling.log_tail

    server = replace(pulling, spec=SPEC)
    server.start(OLLAMA)
    shown = ["ollama", "show", "--parameters", MODEL]
    seconds_until(lambda: server.run(shown).returncode == 0, within=60)
    assert server.run(shown).stdout.split() == ["num_ctx", "4096", "num_thread", "8"]
    assert server.stop() == 0


def test_a_model_that_the_library_does_not_have_fails_the_job_in_words(
    world: World, tmp_path: Path
) -> None:
    authority = trustme.CA()
    pulling = job(world, tmp_path, authority)

    with world.entered(), registry(tmp_path / "library", authority):
        pulling.start(OLLAMA)
        assert pulling.wait(120) == 1

    assert "file does not exist" in pulling.log_tail
