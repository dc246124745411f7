"""A real Prometheus that holds a made-up day: what dashboards are drawn from.

The samples become blocks, the recording rules are evaluated over them by promtool, one layer after
another, as a rule sees only what was there before.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

from alerts.model import Record
from alerts.rules import EVERYTHING, groups
from tests.monitoring.dashboards.series import platform
from tests.monitoring.promql import selections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.monitoring.dashboards.shapes import Series

HOURS = 49
STEP = 60
"""Seconds between two samples: enough for pictures."""
FIRING = {
    "RolloutPaused": {"severity": "warning", "service": "triton", "category": "delivery"},
    "FailoversHigh": {"severity": "warning", "service": "triton", "category": "inference"},
    "OllamaModelOnCpu": {"severity": "warning", "service": "ollama", "category": "gpu"},
}
"""Alerts that the made-up day would make fire; alerts cannot be evaluated after the fact."""


class Store:
    """A Prometheus on a port of its own."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, **parameters: object) -> Any:
        """The data of an answer; urllib's errors when there is none."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self._url}/api/v1/{path}?{query}") as answer:  # noqa: S310
            return json.load(answer)["data"]

    @property
    def url(self) -> str:
        """Where promtool finds it."""
        return self._url


@contextmanager
def day(folder: Path, now: int) -> Iterator[Store]:
    """A store with everything that was scraped and recorded in the ``HOURS`` before ``now``."""
    data = folder / "data"
    import_samples(folder, data, openmetrics(platform(float(now)), now))
    for number, layer in enumerate(layers()):
        rules = folder / f"rules-{number}.yml"
        rules.write_text(yaml.safe_dump({"groups": [{"name": "layer", "rules": layer}]}))
        with serving(folder, data) as store:
            begin = now - HOURS * 3600
            command = ["promtool", "tsdb", "create-blocks-from", "rules", "--output-dir", data]
            window = ["--start", begin, "--end", now, "--eval-interval", f"{STEP}s"]
            _run(*command, *window, "--url", store.url, rules)
    with serving(folder, data) as store:
        yield store


def openmetrics(series: Iterable[Series], now: int) -> str:
    """All samples as promtool imports them; the type is of no consequence there."""
    minutes = [minute * STEP / 60 for minute in range(-HOURS * 3600 // STEP, 1)]
    lines = defaultdict(list)
    for each in series:
        for minute, value in zip(minutes, each.samples(minutes), strict=True):
            if value is not None:
                lines[each.name].append(f"{_text(each)} {value:.10g} {now + int(60 * minute)}")
    for alert, labels in FIRING.items():
        inside = {"alertname": alert, "alertstate": "firing", **labels}
        text = ",".join(f'{label}="{value}"' for label, value in inside.items())
        lines["ALERTS"] += [f"ALERTS{{{text}}} 1 {now - 60 * back}" for back in range(18, -1, -1)]
    blocks = ["\n".join([f"# TYPE {name} unknown", *found]) for name, found in lines.items()]
    return "\n".join([*blocks, "# EOF", ""])


def _text(series: Series) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in series.labels.items())
    return f"{series.name}{{{inside}}}"


def layers() -> list[list[dict[str, Any]]]:
    """The recording rules; each layer reads only what earlier ones recorded."""
    waiting = {
        (rule.name, *rule.labels.values()): rule
        for group in groups(EVERYTHING)
        for rule in group.rules
        if isinstance(rule, Record)
    }
    found = []
    while waiting:
        names = {key[0] for key in waiting}
        ready = {
            key: rule
            for key, rule in waiting.items()
            if not names & {each.name for each in selections(rule.expr)}
        }
        waiting = {key: rule for key, rule in waiting.items() if key not in ready}
        found.append(
            [
                {"record": rule.name, "expr": rule.expr, "labels": dict(rule.labels)}
                for rule in ready.values()
            ]
        )
    return found


def import_samples(folder: Path, data: Path, text: str) -> None:
    """Blocks below ``data`` from ``text`` in the OpenMetrics format."""
    samples = folder / "samples.om"
    samples.write_text(text)
    _run("promtool", "tsdb", "create-blocks-from", "openmetrics", samples, data)


@contextmanager
def serving(folder: Path, data: Path, jobs: Sequence[Mapping[str, Any]] = ()) -> Iterator[Store]:
    """A Prometheus over ``data`` that scrapes ``jobs``, or nothing."""
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump({"scrape_configs": list(jobs)}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=10y",
        "--log.level=error",
    ]  # fmt: skip
    with subprocess.Popen(command, env={**os.environ, "GOMAXPROCS": "2"}) as process:
        try:
            store = Store(port)
            _until_ready(store)
            yield store
        finally:
            process.terminate()


def _until_ready(store: Store, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while True:
        try:
            store.ask("query", query="vector(1)")
        except urllib.error.URLError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)
        else:
            return


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
