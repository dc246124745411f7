"""The gateway's configuration at work in a real Envoy, with ports and backends of the test."""

from __future__ import annotations

import json
import shutil
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
    from collections.abc import Iterator

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


def move(config: dict[str, Any], ports: dict[str, int]) -> None:
    """Listeners to free ports of loopback, clusters to ``ports``; all else stays."""
    anywhere = {"address": "127.0.0.1", "port_value": 0}
    config["admin"]["address"]["socket_address"] = anywhere
    for listener in config["static_resources"]["listeners"]:
        listener["address"]["socket_address"] = anywhere
    for cluster in config["static_resources"]["clusters"]:
        if cluster["name"] in ports:
            (entry,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
            entry["endpoint"]["address"]["socket_address"] = {
                "address": "127.0.0.1",
                "port_value": ports[cluster["name"]],
            }


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
    context = Context()
    for spec in (
        Ollama.describe(OllamaArgs(), context),
        Triton.describe(TritonArgs(), context),
        Faiss.describe(FaissArgs(), context),
    ):
        context = context.knowing(spec)
    gateway = Gateway.describe(GatewayArgs(), context)
    for file in gateway.files:
        target = tmp_path / Path(file.path).relative_to("/etc/envoy")
        target.parent.mkdir(exist_ok=True)
        target.write_text(file.content.replace("/etc/envoy", str(tmp_path)))
    config = tmp_path / "envoy.yaml"

    with backend("ollama") as ollama, backend("triton") as triton, backend("faiss") as faiss:
        ports = {"ollama_stable": ollama, "triton_stable": triton, "faiss_stable": faiss}
        content = yaml.safe_load(config.read_text())
        move(content, ports)
        config.write_text(yaml.safe_dump(content))
        with envoy(config) as listeners:
            answered = {
                name: httpx.get(f"http://127.0.0.1:{listeners[name]}/some/path").text
                for name in ("ollama", "triton", "faiss")
            }

    assert answered == {"ollama": "ollama", "triton": "triton", "faiss": "faiss"}
