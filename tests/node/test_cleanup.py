"""However the tests end, nothing of the node stays on the machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.control_plane.binaries import binaries
from tests.e2e.harness.waiting import seconds_until
from tests.node.machine import cgroups
from tests.node.machine.cluster import cluster
from tests.node.machine.programs import NODE

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]

GONE_SECONDS = 60
HOLD = """
import sys, time
from pathlib import Path
from tests.cluster.control_plane.binaries import binaries
from tests.node.machine.cluster import cluster
from tests.node.machine.programs import NODE
with cluster(binaries(NODE), Path(sys.argv[1])) as found:
    print(found.world.pid, flush=True)
    time.sleep(600)
"""


def machine() -> dict[str, str]:
    """What a node could leave: mounts, networks, packet filters, settings of the kernel."""
    asked = {
        "mounts": ["cat", "/proc/self/mountinfo"],
        "links": ["ip", "-oneline", "link", "show", "type", "bridge"],
        "networks": ["ip", "netns", "list"],
        "rules": ["iptables", "-t", "nat", "-S"],
        "kernel": ["sysctl", "vm.overcommit_memory", "kernel.panic", "kernel.panic_on_oops"],
        "folders": ["ls", "/var/lib", "/var/log", "/run", "/opt", "/etc", "/usr/libexec"],
    }
    return {
        name: subprocess.run(command, capture_output=True, text=True, check=False).stdout
        for name, command in asked.items()
    }


def left(pid: int) -> list[str]:
    """The cgroups that a run in process ``pid`` made and that are still there."""
    parents = cgroups.hierarchies().values()
    return [str(g) for parent in parents for g in parent.glob(f"{cgroups.PREFIX}{pid}-*")]


def test_what_a_killed_run_started_is_gone_and_the_next_one_starts(tmp_path: Path) -> None:
    before = machine()
    killed = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    world = killed.stdout.readline().strip()
    assert left(killed.pid)

    killed.send_signal(signal.SIGKILL)
    killed.wait()

    seconds_until(lambda: not Path("/proc", world).exists(), within=GONE_SECONDS)
    seconds_until(lambda: not left(killed.pid), within=GONE_SECONDS)
    assert machine() == before
    (tmp_path / "again").mkdir()
    with cluster(binaries(NODE), tmp_path / "again"):
        pass
    assert machine() == before
