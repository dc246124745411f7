"""What later tests lean on: names, faults, and that nothing is left behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness.platform import Platform
from tests.e2e.harness.waiting import seconds_until

pytestmark = pytest.mark.xdist_group("e2e")

HOLD = """
import sys, time
from pathlib import Path
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import SECRETS, specs
started = Platform.start([specs()["flags"]], SECRETS, Path(sys.argv[1]))
print(started.world.pid, started["flags"].pid, flush=True)
time.sleep(600)
"""


def known(platform: Platform, name: str) -> bool:
    """Whether a server can find ``name``."""
    return platform["gateway"].run(["getent", "hosts", name]).returncode == 0


def test_servers_find_each_other_by_name_and_nobody_else(platform: Platform) -> None:
    assert known(platform, "faiss-stable")
    assert not known(platform, "example.com")


def test_nothing_leads_out_of_the_network(platform: Platform) -> None:
    routes = platform["gateway"].run(["cat", "/proc/net/route"]).stdout

    assert [line.split()[0] for line in routes.splitlines()] == ["Iface", "eth0"]


def test_the_name_of_a_server_that_was_killed_is_unknown_until_it_is_back(
    platform: Platform,
) -> None:
    flags = platform["flags"]
    flags.kill()

    assert not known(platform, "flags")

    flags.start()
    assert known(platform, "flags")
    platform.wait_until_ready("flags")


def test_when_the_tests_are_killed_the_kernel_takes_all_servers_away(
    isolation: None, tmp_path: Path
) -> None:
    del isolation
    tests = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert tests.stdout is not None
    pids = tests.stdout.readline().split()

    tests.send_signal(signal.SIGKILL)
    tests.wait()

    seconds_until(lambda: not any(Path("/proc", pid).exists() for pid in pids), within=10)
    assert len(pids) == 2
