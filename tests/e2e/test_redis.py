"""A real Redis with the files that its spec says, asked from another place of the network."""

import subprocess

import pytest

from tests.e2e.harness.needs import needs
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import PASSWORD

pytestmark = [pytest.mark.xdist_group("e2e"), needs("redis")]


def ask(platform: Platform, *command: str, password: str | None = PASSWORD) -> str:
    env = {"PATH": "/usr/bin"} | ({"REDISCLI_AUTH": password} if password else {})
    redis = platform["redis"]
    with platform.world.entered():
        done = subprocess.run(
            ["redis-cli", "-h", redis.address, "-p", "6379", *command],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stdout.strip()


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
