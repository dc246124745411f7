"""Redis behind its sidecar: a server without a word of HTTP, with its own password."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
import trustme

from components.files import fill
from components.redis import PASSWORD as SECRET
from components.redis import Redis, RedisArgs
from tests.e2e.harness.envoy_files import free_port
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY
from tests.e2e.harness.sidecar import TLS, RunningSidecar, issue, sidecar, trusting
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from components.spec import ServiceSpec

REDIS, CLI = shutil.which("redis-server"), shutil.which("redis-cli")
pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
    pytest.mark.skipif(None in (REDIS, CLI), reason="no redis-server: apt-get install redis"),
]

OURS, THEIRS = trustme.CA(), trustme.CA()
PASSWORD = "of a test"


class Started(NamedTuple):
    """A Redis, its sidecar, and files with the authorities that a client may trust."""

    inside: int
    sidecar: RunningSidecar
    ours: Path
    theirs: Path


@contextmanager
def server(folder: Path, spec: ServiceSpec) -> Iterator[int]:
    """A real Redis with the configuration of ``spec``, on a free port of loopback."""
    port, inside = free_port(), spec.port("redis").inside
    (conf,) = (file.content for file in spec.files)
    (acl,) = (file for file in spec.secret_files if file.path.endswith(".acl"))
    (folder / "users.acl").write_text(fill(acl.template, {SECRET: PASSWORD}))
    conf = conf.replace(f"port {inside}", f"port {port}").replace(
        acl.path, str(folder / "users.acl")
    )
    (folder / "redis.conf").write_text(conf)
    process = subprocess.Popen([str(REDIS), str(folder / "redis.conf")], stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("redis")
    spec = Redis.describe(RedisArgs(), TLS)
    ours, theirs = folder / "ours.pem", folder / "theirs.pem"
    OURS.cert_pem.write_to_path(str(ours))
    THEIRS.cert_pem.write_to_path(str(theirs))
    with (
        server(folder, spec) as inside,
        sidecar(folder / "sidecar", spec, {"redis": inside}, OURS) as beside,
    ):
        started = Started(inside=inside, sidecar=beside, ours=ours, theirs=theirs)
        seconds_until(lambda: ask(started, ours) == "PONG", within=10)
        yield started


def ask(redis: Started, authority: Path | None, *command: str) -> str:
    """What redis-cli prints; by TLS if it trusts an ``authority``."""
    tls = ("--tls", "--cacert", str(authority), "--sni", "redis") if authority else ()
    port = str(redis.sidecar.ports["redis"])
    done = subprocess.run(
        [str(CLI), "-h", "127.0.0.1", "-p", port, *tls, *(command or ("ping",))],
        env={"REDISCLI_AUTH": PASSWORD},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return (done.stdout + done.stderr).strip()


def test_a_client_that_trusts_the_authority_is_answered(redis: Started) -> None:
    assert ask(redis, redis.ours, "set", "answer", "42") == "OK"
    assert ask(redis, redis.ours, "get", "answer") == "42"


def test_a_client_that_speaks_plainly_is_not(redis: Started) -> None:
    assert "PONG" not in ask(redis, None)


def test_a_client_that_trusts_another_authority_does_not_talk_to_it(redis: Started) -> None:
    assert "certificate verify failed" in ask(redis, redis.theirs)


def test_a_renewal_under_load_loses_no_command_and_no_connection(redis: Started) -> None:
    over = threading.Event()
    results: Counter[str] = Counter()

    def serve() -> None:
        plain = socket.create_connection(("127.0.0.1", redis.sidecar.ports["redis"]), 5)
        with trusting(OURS).wrap_socket(plain, server_hostname="redis") as kept:
            kept.sendall(f'AUTH "{PASSWORD}"\r\n'.encode())
            assert kept.recv(100) == b"+OK\r\n"
            while not over.is_set():
                kept.sendall(b"PING\r\n")
                results[kept.recv(100).decode()] += 1

    kept = threading.Thread(target=serve)
    kept.start()
    issue(redis.sidecar.certificates, OURS, "redis", days=80)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        results[ask(redis, redis.ours)] += 1
    over.set()
    kept.join()

    assert set(results) == {"+PONG\r\n", "PONG"}
    assert results["+PONG\r\n"] > 50
