"""Writes what real servers expose: ``python -m tests.monitoring.record``, as root, on Linux.

It starts the local stack as the e2e tier does, sends some traffic (good, failing and stateful),
lets the real Prometheus scrape it and writes one file for each job whose server is real. The names
and labels are those that Prometheus stores, so they include what relabelling makes of them.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from alerts.model import Record
from alerts.rules import EVERYTHING, groups
from components.gateway.metrics import SERIES
from tests.e2e.conftest import MODELS
from tests.e2e.harness.layout import volume
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import SECRETS, specs
from tests.e2e.harness.traffic import Traffic
from tests.e2e.harness.world import obstacle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.harness.container import Container

FOLDER = Path(__file__).with_name("recorded")
SCRAPES_SECONDS = 40
# The runtime of Go and Python servers; no rule and no panel is about it.
NOT_OURS = ("go_", "python_", "scrape_", "net_conntrack_")
RECORDED = {
    rule.name for group in groups(EVERYTHING) for rule in group.rules if isinstance(rule, Record)
}
RENAMED = {series.native: series.name for series in SERIES}
HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")


def record(folder: Path) -> None:
    """One file for each job of a real server, and none for stand-ins."""
    shutil.copytree(MODELS, volume(specs()["triton"], "models", folder))
    with Platform.start(specs().values(), SECRETS, folder) as platform:
        exercise(platform)
        time.sleep(SCRAPES_SECONDS)
        for container in platform.containers.values():
            if container.stands_in or container.spec.scrape is None:
                continue
            job = container.spec.name
            text = container.get(container.spec.scrape.port, container.spec.scrape.path).text
            assert container.image is not None
            write(job, version(container), text, stored(platform, job))
        text = platform["prometheus"].get(9090, "/metrics").text
        write("prometheus", version(platform["prometheus"]), text, stored(platform, "prometheus"))


def version(container: Container) -> str:
    """What was started; a program built from a Go module says its version only to ``go``."""
    image = container.image
    assert image is not None
    for bind in image.binds:
        told = subprocess.run(
            ["go", "version", "-m", bind.source], capture_output=True, text=True, check=False
        ).stdout
        for line in told.splitlines():
            if line.strip().startswith("mod\t"):
                _, module, number, *_ = line.strip().split("\t")
                return f"{module} {number.replace('(devel)', 'built from source')}"
    return f"{container.spec.name} {image.version}"


def exercise(platform: Platform) -> None:
    """Requests that succeed, fail and are refused, so that counters born late exist."""
    gateway = platform["gateway"]
    for port, path in ((11434, "/api/tags"), (8000, "/v2/health/ready"), (5000, "/health")):
        with Traffic(world=platform.world, url=gateway.url(port, path)):
            time.sleep(1)
    for behaviour in ({"status": 503}, {"status": 500}, {"delay": 0.2}):
        platform.behave("ollama", **behaviour)
        with Traffic(world=platform.world, url=gateway.url(11434, "/api/tags")):
            time.sleep(1)
    platform.behave("ollama", status=0, delay=0.0)
    infer = {
        "inputs": [{"name": "NUMBERS", "shape": [1, 1], "datatype": "FP32", "data": [1.0]}],
    }
    with platform.world.entered():
        url = gateway.url(8000, "/v2/models/double/infer")
        httpx.post(url, json=infer, trust_env=False).raise_for_status()
        index = gateway.url(5000, "/indexes/documents")
        vector = {"vectors": [[1.0, 2.0]]}
        for answer in (
            httpx.put(index, json={"dimension": 2}, trust_env=False),
            httpx.post(f"{index}/vectors", json={"ids": [1], **vector}, trust_env=False),
            httpx.post(f"{index}/search", json={"k": 1, **vector}, trust_env=False),
        ):
            answer.raise_for_status()


def stored(platform: Platform, job: str) -> list[dict[str, str]]:
    """The labels of every series of ``job``, by the real Prometheus."""
    prometheus = platform["prometheus"]
    with platform.world.entered():
        answer = httpx.get(
            prometheus.url(9090, "/api/v1/series"),
            params={"match[]": f'{{job="{job}"}}'},
            trust_env=False,
        )
    found: list[dict[str, str]] = answer.raise_for_status().json()["data"]
    return found


def types(text: str) -> dict[str, str]:
    """The type of every sample's name, as the server states it."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            parts = HISTOGRAM_PARTS if kind in ("histogram", "summary") else ("",)
            found |= {f"{name}{part}": kind for part in (*parts, "")}
    return found | {new: found[old] for old, new in RENAMED.items() if old in found}


def write(job: str, source: str, text: str, series: Iterable[dict[str, str]]) -> None:
    """The file of one job: each name with its type, labels, and bounds where it has any."""
    known = types(text)
    labels: defaultdict[str, set[str]] = defaultdict(set)
    bounds: defaultdict[str, set[float]] = defaultdict(set)
    for each in series:
        name = each["__name__"]
        if name in RECORDED or name.startswith(NOT_OURS):
            continue
        labels[name] |= each.keys() - {"__name__"}
        if "le" in each:
            bounds[name] |= {float(each["le"])} - {math.inf}
    metrics: dict[str, Any] = {}
    for name in sorted(labels):
        metrics[name] = {"type": known.get(name, "gauge"), "labels": sorted(labels[name])}
        if bounds[name]:
            metrics[name]["le"] = sorted(bounds[name])
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(metrics[name])}" for name in metrics)
    head = f'{{"job": {json.dumps(job)}, "source": {json.dumps(source)}, "metrics": {{\n'
    (FOLDER / f"{job}.json").write_text(f"{head}{lines}\n}}}}\n")


if __name__ == "__main__":
    if reason := obstacle():
        sys.exit(reason)
    with tempfile.TemporaryDirectory() as scratch:
        record(Path(scratch))
