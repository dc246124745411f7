"""The control plane itself is gone with whoever started it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cluster.waiting import until_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.control_plane.binaries import Binaries

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

ROOT = Path(__file__).parents[2]
STARTER = """
import json, sys, time
from pathlib import Path
from tests.cluster.control_plane.binaries import binaries
from tests.cluster.control_plane.plane import control_plane

with control_plane(binaries(), Path(sys.argv[1])) as plane:
    print(json.dumps(plane.pids), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def starter(programs: Binaries, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:  # noqa: ARG001
    """Another process that starts a control plane and keeps it."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has asked how it ended does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_it_ends_with_whoever_started_it(starter: subprocess.Popen[str]) -> None:
    assert starter.stdout is not None
    pids = json.loads(starter.stdout.readline())
    assert [alive(pid) for pid in pids] == [True] * 5

    starter.kill()

    until_nothing(lambda: [f"{pid} runs" for pid in pids if alive(pid)], seconds=5)
