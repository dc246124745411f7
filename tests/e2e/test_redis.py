"""A real Redis with the files that its spec says."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.context import Context
from components.files import fill
from components.redis import Redis, RedisArgs

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="no redis-server on PATH (Debian: redis-server)",
)
PASSWORD = "p\" '#>&~* ö"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    spec = Redis.describe(RedisArgs(memory=0.5), Context())
    acl = tmp_path / "users.acl"
    acl.write_text(fill(spec.secret_files[0].template, {"redisPassword": PASSWORD}))
    conf = spec.files[0].content.replace("port 6379", f"port {port}\ndir {tmp_path}")
    (tmp_path / "redis.conf").write_text(conf.replace("/run/secrets/redis/users.acl", str(acl)))
    server = subprocess.Popen(
        ["redis-server", str(tmp_path / "redis.conf")], stdout=subprocess.DEVNULL
    )
    yield port
    server.terminate()
    server.wait(10)


def ask(port: int, *command: str, password: str | None = PASSWORD) -> str:
    env = {"PATH": "/usr/bin"} | ({"REDISCLI_AUTH": password} if password else {})
    for _ in range(50):
        done = subprocess.run(
            ["redis-cli", "-p", str(port), *command],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        if "Connection refused" not in done.stdout + done.stderr:
            return done.stdout.strip()
        time.sleep(0.1)
    pytest.fail("Redis never listened")


def test_the_password_opens_it_whatever_its_characters(port: int) -> None:
    assert ask(port, "ping") == "PONG"


def test_without_the_password_it_answers_nothing(port: int) -> None:
    assert ask(port, "ping", password=None).startswith("NOAUTH")


def test_it_evicts_the_least_recently_used_at_three_quarters_of_its_memory(port: int) -> None:
    assert ask(port, "config", "get", "maxmemory-policy").split() == [
        "maxmemory-policy",
        "allkeys-lru",
    ]
    assert ask(port, "config", "get", "maxmemory").split()[1] == str(int(0.375 * 2**30))


def test_it_writes_nothing_to_disk(port: int) -> None:
    assert ask(port, "config", "get", "appendonly").split()[1] == "no"
    assert ask(port, "config", "get", "save") == "save"
