"""A real Redis with the files that its spec says, asked from another place of the network."""

import hashlib
import shlex
import subprocess
from pathlib import Path
from typing import IO

import pytest

from tests.e2e.harness.needs import needs
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import PASSWORD

pytestmark = [pytest.mark.xdist_group("e2e"), needs("redis")]


def ask(platform: Platform, *command: str, password: str | None = PASSWORD) -> str:
    with connected(platform, *command, password=password) as client:
        said, _ = client.communicate()
    return said.strip()


def connected(
    platform: Platform, *command: str, password: str | None = PASSWORD
) -> subprocess.Popen[str]:
    """A client that has one connection and, without ``command``, takes commands from its stdin."""
    env = {"PATH": "/usr/bin"} | ({"REDISCLI_AUTH": password} if password else {})
    with platform.world.entered():
        return subprocess.Popen(
            ["redis-cli", "-h", platform["redis"].address, "-p", "6379", *command],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )


def answer(client: subprocess.Popen[str], command: str) -> str:
    """What Redis answers over the connection of ``client``."""
    to, back = pipes(client)
    to.write(f"{command}\n")
    to.flush()
    return back.readline().strip()


def pipes(client: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert client.stdin is not None
    assert client.stdout is not None
    return client.stdin, client.stdout


def test_the_password_opens_it_whatever_its_characters(platform: Platform) -> None:
    assert ask(platform, "ping") == "PONG"


@pytest.mark.parametrize("password", [None, "another"])
def test_without_the_password_it_answers_nothing(platform: Platform, password: str | None) -> None:
    assert ask(platform, "ping", password=password).startswith("NOAUTH")


def test_it_evicts_the_least_recently_used_at_three_quarters_of_its_memory(
    platform: Platform,
) -> None:
    policy = ask(platform, "config", "get", "maxmemory-policy")
    ceiling = ask(platform, "config", "get", "maxmemory")

    assert policy.split() == ["maxmemory-policy", "allkeys-lru"]
    assert ceiling.split()[1] == str(int(0.75 * 2**30))


def test_it_keeps_nothing_over_a_restart(platform: Platform) -> None:
    ask(platform, "set", "answer", "42")

    platform["redis"].stop()
    platform["redis"].start()
    platform.wait_until_ready("redis")

    assert ask(platform, "get", "answer") == ""


def test_a_second_password_is_good_at_once_and_disconnects_nobody_who_has_the_first(
    platform: Platform,
) -> None:
    second = "another's \" #1"
    with connected(platform) as application:
        before = answer(application, "client id")

        done = platform["redis"].run(guides_command(second))

        assert done.stdout.strip() == "OK", done.stderr
        assert before.isdigit()
        assert answer(application, "client id") == before
        application.kill()
    assert ask(platform, "ping", password=second) == "PONG"
    assert ask(platform, "ping") == "PONG"


def test_a_restart_knows_only_the_password_of_the_stack(platform: Platform) -> None:
    platform["redis"].run(guides_command("second"))

    platform["redis"].stop()
    platform["redis"].start()
    platform.wait_until_ready("redis")

    assert ask(platform, "ping") == "PONG"
    assert ask(platform, "ping", password="second").startswith("NOAUTH")


def guides_command(password: str) -> list[str]:
    """What docs/DEPLOYMENT.md runs inside Redis for a second ``password``."""
    page = Path("docs/DEPLOYMENT.md").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in page if line.startswith("inside redis ") and "ACL SETUSER" in line)
    hashed = hashlib.sha256(password.encode()).hexdigest()
    return [word.replace("$hash", hashed) for word in shlex.split(line)[2:]]
