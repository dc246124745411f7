"""A real Pushgateway keeps what a rollout says, a real Prometheus reads it, and boards find it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from components.monitoring.pushgateway import Pushgateway as Service
from rf.rollout.core import GateArgs, Judgement, Verdict, judge
from rf.rollout.effects.pushgateway import Pushgateway
from rf.rollout.metrics import HELP, Standing, exposition, group
from rf.rollout.subject import FeatureSubject, VersionSubject
from settings import parse
from tests.conftest import platform
from tests.e2e.harness.waiting import seconds_until
from tests.monitoring.dashboards.queries import asked
from tests.monitoring.dashboards.store import Store, serving
from tests.rollout.addresses import AddressInside
from tests.unit.rollout_evidence import at_ten, counts

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = Path(__file__).parent / "recorded" / "rollout.json"
VERSION = VersionSubject(service="triton", version="0" * 12, changes={"image": "x"})
FEATURE = FeatureSubject(feature="ai_inference", services=("ollama", "triton"))
SOURCE = "rf.rollout.metrics, read back from a Pushgateway"

pytestmark = [
    pytest.mark.xdist_group("pushgateway"),
    pytest.mark.skipif(
        not (shutil.which("prometheus-pushgateway") and shutil.which("prometheus")),
        reason="no prometheus-pushgateway and prometheus on PATH (Debian has both)",
    ),
]


def verdict() -> Judgement:
    return judge(GateArgs(), at_ten(counts(400, errors=3)))


RUNNING = Standing(
    subject=VERSION, weight=10, state="running", since=0, judgements={"triton": verdict()}
)


@dataclass
class Pushed:
    """A Pushgateway on loopback, and what it was told when it failed."""

    url: str
    said: list[str]

    @property
    def gateway(self) -> Pushgateway:
        spec = next(s for s in parse(platform("local"), "x").specs if s.name == Service.service)
        inside = AddressInside({spec.instance: self.url})
        return Pushgateway(inside, spec, say=self.said.append, now=time.monotonic)

    def push(self, standing: Standing) -> None:
        self.gateway.push(group(standing.subject), exposition(standing))

    def metrics(self) -> str:
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:  # noqa: S310 loopback
            found: str = answer.read().decode()
        return found


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def pushed() -> Iterator[Pushed]:
    port = free_port()
    # Debian's keeps what it has in a file of the system, unless it is told otherwise.
    command = [
        "prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{port}", "--persistence.file=",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            found = Pushed(url=f"http://127.0.0.1:{port}", said=[])

            def answers() -> bool:
                try:
                    return bool(found.metrics())
                except OSError:
                    return False

            seconds_until(answers, within=20)
            yield found
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def prometheus(pushed: Pushed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("prometheus")
    job = {
        "job_name": "pushgateway",
        "honor_labels": True,
        "scrape_interval": "1s",
        "static_configs": [{"targets": [pushed.url.removeprefix("http://")]}],
    }
    with serving(folder, folder / "data", [job]) as store:
        yield store


def states(store: Store, expr: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = store.ask("query", query=expr)["result"]
    return found


def shapes(text: str) -> dict[str, dict[str, Any]]:
    """Type and labels of every metric of a rollout in ``text``."""
    return {
        family.name: {
            "type": family.type,
            "labels": sorted({label for s in family.samples for label in s.labels} | {"instance"}),
        }
        for family in text_string_to_metric_families(text)
        if family.name in HELP
    }


def everything(pushed: Pushed) -> None:
    """All that a rollout of a version, and one of a feature, ever say."""
    pushed.push(RUNNING)
    pushed.push(replace(RUNNING, subject=FEATURE, judgements={"ollama": verdict()}))
    took = {name: 1.0 for name in HELP if name.endswith("_seconds") and "since" not in name}
    other = replace(VERSION, service="faiss")
    pushed.push(Standing(subject=other, weight=0, state="idle", since=0, took=took, status="x"))
    ended = replace(FEATURE, feature="vector_search")
    pushed.push(Standing(subject=ended, weight=0, state="idle", since=0, took=took, status="x"))


def test_what_boards_and_alerts_are_checked_against_is_what_is_pushed(pushed: Pushed) -> None:
    everything(pushed)

    found = shapes(pushed.metrics())

    assert pushed.said == []
    assert set(found) == set(HELP)
    assert json.loads(RECORDED.read_text()) == {
        "job": "rollout", "source": SOURCE, "metrics": found,
    }  # fmt: skip


def test_the_board_finds_a_rollout_that_runs_one_that_waits_and_their_end(
    pushed: Pushed, prometheus: Store
) -> None:
    now = time.time()
    pushed.push(replace(RUNNING, since=now - 60))
    pushed.push(replace(RUNNING, subject=FEATURE, judgements={}, state="paused", since=now - 90))
    queries = {
        each.panel: each.expr
        for each in asked()
        if each.board == "rollout" and "rollout_" in each.expr and "ai_inference" not in each.expr
    }
    assert set(queries) >= {"State", "Gates", "Weights asked", "Paused for", "Running for"}

    def seen() -> bool:
        return all(states(prometheus, expr) for expr in queries.values())

    seconds_until(seen, within=20)
    gates = states(prometheus, queries["Gates"])
    waits = states(prometheus, queries["Paused for"])
    assert {g["metric"]["gate"]: float(g["value"][1]) for g in gates} == {
        gate.gate: list(Verdict).index(gate.verdict) for gate in verdict().gates
    }
    assert {w["metric"]["service"] for w in waits} == {"ollama", "triton"}
    assert 90 <= float(waits[0]["value"][1]) < 120

    pushed.push(Standing(subject=VERSION, weight=0, state="idle", since=now))
    pushed.push(Standing(subject=FEATURE, weight=30, state="idle", since=now))

    def over() -> bool:
        said = (states(prometheus, queries[panel]) for panel in ("Gates", "Paused for"))
        return not any(said)

    seconds_until(over, within=20)
    assert states(prometheus, "rollout_gate") == []
    assert {float(s["value"][1]) for s in states(prometheus, queries["State"])} == {0}


def test_a_pushgateway_that_refuses_is_said_and_is_no_error(pushed: Pushed) -> None:
    pushed.gateway.push("job/rollout/service/triton", "this is no metric")

    assert ["answered 400" in line for line in pushed.said] == [True]
    pushed.said.clear()
