"""The gateway's configuration at work in a real Envoy, with ports and backends of the test."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.gateway import Gateway, GatewayArgs
from components.ollama import Ollama, OllamaArgs
from components.triton import Triton, TritonArgs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENVOY = shutil.which("envoy", path=".venv/bin")
PATIENCE_SECONDS = 30.0

pytestmark = pytest.mark.skipif(
    ENVOY is None, reason="no envoy for this machine on the package index"
)


@contextmanager
def backend(name: str) -> Iterator[int]:
    """A server that answers its own name; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(name)))
            self.end_headers()
            self.wfile.write(name.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def silence() -> Iterator[int]:
    """A name server that never answers; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        yield listening.getsockname()[1]


def loopback(port: int, **more: str) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port, **more}}


def written(folder: Path, ports: Mapping[str, int], names: int) -> Path:
    """The gateway's files below ``folder``, on free ports of loopback.

    Clusters lead to ``ports``; those that are not there ask the name server on port ``names``.
    """
    context = Context()
    for spec in (
        Ollama.describe(OllamaArgs(), context),
        Triton.describe(TritonArgs(), context),
        Faiss.describe(FaissArgs(), context),
    ):
        context = context.knowing(spec)
    for file in Gateway.describe(GatewayArgs(), context).files:
        target = folder / Path(file.path).relative_to("/etc/envoy")
        target.parent.mkdir(exist_ok=True)
        target.write_text(file.content.replace("/etc/envoy", str(folder)))
    path = folder / "envoy.yaml"
    config = yaml.safe_load(path.read_text())
    config["admin"]["address"] = loopback(0)
    for listener in config["static_resources"]["listeners"]:
        listener["address"] = loopback(0)
    for cluster in config["static_resources"]["clusters"]:
        if cluster["name"] in ports:
            (entry,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
            entry["endpoint"]["address"] = loopback(ports[cluster["name"]])
        elif cluster["type"] == "STRICT_DNS":
            resolver = cluster["typed_dns_resolver_config"]["typed_config"]
            resolver["resolvers"] = [loopback(names, protocol="UDP")]
    path.write_text(yaml.safe_dump(config))
    return path


@contextmanager
def envoy(config: Path) -> Iterator[dict[str, int]]:
    """A ready Envoy: the ports of its listeners by name."""
    address = config.parent / "admin-address"
    command = [str(ENVOY), "-c", str(config), "--admin-address-path", str(address)]
    command += ["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
    process = subprocess.Popen(command, stderr=(config.parent / "log").open("w"))
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (address.exists() and answers(f"http://{address.read_text()}/ready")):
            assert process.poll() is None, (config.parent / "log").read_text()
            assert time.monotonic() < deadline, "Envoy is not ready"
            time.sleep(0.05)
        text = httpx.get(f"http://{address.read_text()}/listeners?format=json").text
        yield {
            status["name"]: status["local_address"]["socket_address"]["port_value"]
            for status in json.loads(text)["listener_statuses"]
        }
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.HTTPError:
        return False


def test_every_service_answers_on_its_own_listener(tmp_path: Path) -> None:
    with (
        backend("ollama") as ollama,
        backend("triton") as triton,
        backend("faiss") as faiss,
        silence() as names,
    ):
        ports = {"ollama_stable": ollama, "triton_stable": triton, "faiss_stable": faiss}
        with envoy(written(tmp_path, ports, names)) as listeners:
            answered = {
                name: httpx.get(f"http://127.0.0.1:{listeners[name]}/some/path").text
                for name in ("ollama", "triton", "faiss")
            }

    assert answered == {"ollama": "ollama", "triton": "triton", "faiss": "faiss"}


def test_a_service_that_has_no_name_yet_holds_the_others_up_for_seconds_only(
    tmp_path: Path,
) -> None:
    with backend("triton") as triton, backend("faiss") as faiss, silence() as names:
        ports = {"triton_stable": triton, "faiss_stable": faiss}
        config = written(tmp_path, ports, names)

        began = time.monotonic()
        with envoy(config) as listeners:
            took = time.monotonic() - began
            answered = httpx.get(f"http://127.0.0.1:{listeners['faiss']}/").text
            missing = httpx.get(f"http://127.0.0.1:{listeners['ollama']}/").status_code

    assert answered == "faiss"
    assert missing == httpx.codes.SERVICE_UNAVAILABLE
    # Of Envoy's own accord it would be 20 s and more.
    assert took < 12
