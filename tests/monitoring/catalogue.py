"""Every series that there is: what was recorded of real servers, and what is only said to be.

``recorded/*.json`` come from ``python -m tests.monitoring.record``; ``unverified.yaml`` says of
each of its names where it is said to exist.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A name, its type, its labels, and the finite bounds of a histogram's buckets."""

    name: str
    kind: str
    labels: frozenset[str]
    source: str
    verified: bool
    bounds: tuple[float, ...] = ()


@cache
def catalogue() -> dict[str, tuple[Metric, ...]]:
    """What exists, by name; a name that several jobs have is there once for each."""
    found: dict[str, list[Metric]] = {}
    for metric in (*_recorded(), *_unverified()):
        found.setdefault(metric.name, []).append(metric)
    return {name: tuple(metrics) for name, metrics in found.items()}


def _recorded() -> list[Metric]:
    files = [json.loads(path.read_text()) for path in sorted((FOLDER / "recorded").glob("*.json"))]
    return [
        Metric(
            name=name,
            kind=facts["type"],
            # Pods have one of these two besides, on Kubernetes.
            labels=frozenset(facts["labels"]) | {"pod", "node"},
            source=file["source"],
            verified=True,
            bounds=tuple(facts.get("le", ())),
        )
        for file in files
        for name, facts in file["metrics"].items()
    ]


def _unverified() -> list[Metric]:
    entries = yaml.safe_load((FOLDER / "unverified.yaml").read_text())
    return [
        Metric(
            name=name,
            kind=kind,
            labels=frozenset(entry["labels"]),
            source=entry["source"],
            verified=False,
        )
        for entry in entries
        for name, kind in entry["metrics"].items()
    ]
