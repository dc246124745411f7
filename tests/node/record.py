"""Writes what a real kubelet says that Prometheus keeps: ``python -m tests.node.record``, as root.

It belongs to ``tests.monitoring.record``, whose stack runs on Docker and so has no kubelet.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.cluster.control_plane.binaries import KUBERNETES, binaries
from tests.monitoring.record import write
from tests.node.conftest import load_images, make_volumes
from tests.node.machine.cluster import cluster
from tests.node.machine.programs import NODE, obstacle
from tests.node.places import pod_of
from tests.node.stack import described

if TYPE_CHECKING:
    from tests.cluster.platform import Platform
    from tests.node.machine.cluster import Cluster

PAGES = {"kubelet": "metrics", "cadvisor": "metrics/cadvisor"}
SCRAPES_SECONDS = 120
"""A kubelet looks at its volumes once a minute."""


def record(folder: Path) -> None:
    """One file for each of a kubelet's two pages."""
    (kubelet,) = (program for program in NODE.built if program.name == "kubelet")
    with cluster(binaries(NODE), folder) as node:
        platform = described(node.api)
        load_images(node)
        make_volumes(node, platform)
        platform.install()
        time.sleep(SCRAPES_SECONDS)
        for job, page in PAGES.items():
            text = node.api.client.get(f"/api/v1/nodes/node/proxy/{page}").text
            write(job, f"{KUBERNETES} {kubelet.version}", text, stored(node, platform, job))


def stored(node: Cluster, platform: Platform, job: str) -> list[dict[str, str]]:
    """The labels of every series of ``job``, by the real Prometheus."""
    url = f"http://{pod_of(node, platform, 'prometheus').address}:9090/api/v1/series"
    with node.world.entered():
        answer = httpx.get(url, params={"match[]": f'{{job="{job}"}}'}, trust_env=False)
    found: list[dict[str, str]] = answer.raise_for_status().json()["data"]
    return found


if __name__ == "__main__":
    if reason := obstacle():
        sys.exit(reason)
    with tempfile.TemporaryDirectory() as scratch:
        record(Path(scratch))
