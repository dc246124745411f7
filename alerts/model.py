"""What a rule is, and what it may know of the stack: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from components.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.thresholds import Threshold

Severity = Literal["critical", "warning", "info"]
"""critical: somebody gets up now. warning: somebody looks during the day. info: nobody is told."""
Category = Literal["inference", "data", "delivery", "gpu", "infrastructure", "cost", "monitoring"]

OPERATORS = {"above": ">", "below": "<"}


@dataclass(frozen=True, kw_only=True)
class Record:
    """A recording rule. Only gauges, rates and increases are recorded, never a summed counter."""

    name: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alerting rule.

    ``measures`` is the quantity that ``condition`` compares, for panels to show. ``needs`` are the
    jobs without which the rule could never fire: where one is missing, so is the rule.
    ``service`` is empty where the series themselves have that label.
    """

    name: str
    measures: str
    condition: str
    severity: Severity
    category: Category
    service: str
    dashboard: str
    summary: str
    description: str
    needs: frozenset[str] = frozenset()
    keep_firing_seconds: int = 300


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rules that are evaluated one after another, every ``interval_seconds`` (0: as all are)."""

    name: str
    rules: tuple[Record | Alert, ...]
    interval_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What rules depend on. ``jobs`` are the scrape jobs; memory limits in bytes, by job."""

    jobs: frozenset[str]
    memory_limits: Mapping[str, int]
    minimum_requests: int
    objective: float
    grafana_url: str
    runbooks: str
    ollama_on_gpu: bool = False
    remote_write: bool = False
    gpu_hour_usd: float = 0.0
    budget_usd: float = 0.0
    request_usd: float = 0.0
    sleepers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Services that may have no copy at all, and the Deployments that want none when they do."""
    thresholds: Mapping[str, Threshold] = field(default_factory=lambda: MappingProxyType({}))
    """Those that the stack sets itself, by alert."""

    def threshold(self, alert: str) -> Threshold:
        """What ``alert`` fires at in this stack; KeyError on an unknown alert."""
        return self.thresholds.get(alert, THRESHOLDS[alert])

    def beyond(self, alert: str, measures: str) -> str:
        """The condition that ``measures`` is beyond the threshold of ``alert``."""
        threshold = self.threshold(alert)
        return f"{measures} {OPERATORS[threshold.side]} {number(threshold.value)}"


def number(value: float) -> str:
    """A number as people write it: 5000, 0.05."""
    return f"{value:.10g}"


def duration(seconds: int) -> str:
    """Seconds as Prometheus writes them: 2m, 6h; the largest unit that divides them."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
