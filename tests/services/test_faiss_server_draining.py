"""How the FAISS server ends on SIGTERM."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.services.faiss_client import PACKAGE, start, until
from tests.services.faults import hold_search
from tests.services.server_process import PATIENCE_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer
    from tests.services.server_process import ServerProcess

STUCK_SERVER = """
import time
from starlette.applications import Starlette
from starlette.routing import Route
from faiss_server import logs, serving

def stuck(request):
    open({begun!r}, "w").close()
    time.sleep(60)

serving.exit_cleanly_on_signals()
logs.configure("info")
app = Starlette(routes=[Route("/stuck", stuck)])
serving.serve(app, serving.listen("127.0.0.1", 0), drain_seconds=1)
"""
"""The server's own way of serving, around an application whose thread never comes back."""


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> ServerProcess:
    return start(start_server, tmp_path).process


def test_sigterm_ends_an_idle_server_with_status_0(server: ServerProcess) -> None:
    with httpx.Client(trust_env=False) as client:
        client.get(f"http://127.0.0.1:{server.port}/health")  # leaves an idle connection open

        server.terminate()

        assert server.wait() == 0


def test_a_running_request_is_finished_after_sigterm_while_new_ones_are_refused(
    start_server: StartServer, tmp_path: Path
) -> None:
    held = hold_search(tmp_path, "None, numpy.array([[2, 3, 1]])")
    server = start_server(PACKAGE, {"FAISS_DATA_DIR": str(tmp_path)}, shims=tmp_path)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(server.get, "/health")
        until(held.has_begun, "the request")
        server.terminate()
        until(server.refuses, "the end of new connections")
        assert not running.done()
        held.let_go()

        assert running.result().json()["status"] == "ok"
    assert server.wait() == 0


def test_a_request_that_outlives_the_drain_time_holds_nothing_up(
    start_server: StartServer, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    server = start_server(PACKAGE, code=STUCK_SERVER.format(begun=str(begun)))

    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(server.get, "/stuck")
        until(begun.exists, "the request")
        started = time.monotonic()
        server.terminate()
        status = server.wait()
        took = time.monotonic() - started

        assert stuck.result().status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert status == 0
    assert 1 <= took < PATIENCE_SECONDS
