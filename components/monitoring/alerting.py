"""Settings of the alerts, and what the rules may know of a stack."""

from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from alerts.mapping import CADVISOR, KUBELET
from alerts.model import Facts
from alerts.rules import alerts

from ..context import Context
from ..gateway.metrics import DURATION_BUCKETS_MS
from ..thresholds import THRESHOLDS, Threshold
from ..types import STRICT, Count, HttpUrl, Seconds

GIBIBYTE = 2**30
NOT_ADJUSTABLE = {
    "Watchdog": "it fires always",
    "GpuBudgetExceeded": "it fires above cost.budget",
}
# A quantile is found between two bounds of the histogram, and never beyond the highest finite one.
BUCKETS = [str(bound) for bound in DURATION_BUCKETS_MS[:-1]]

Usd = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Objective = Annotated[float, Field(ge=50, lt=100)]
"""Per cent, short of 100: without any error allowed, one error is an infinite burn rate."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ThresholdArgs:
    """What an alert fires at, in its own unit; what is left out stays as it is."""

    value: Positive | None = None
    for_seconds: Seconds | None = None


def _adjustable(thresholds: dict[str, ThresholdArgs]) -> dict[str, ThresholdArgs]:
    for alert, args in thresholds.items():
        if alert not in THRESHOLDS:
            raise ValueError(f"there is no alert {alert}; there are {', '.join(THRESHOLDS)}")
        if alert in NOT_ADJUSTABLE:
            raise ValueError(f"{alert} has no threshold of its own: {NOT_ADJUSTABLE[alert]}")
        unit = THRESHOLDS[alert].unit
        if args.value is None:
            continue
        if unit == "ratio" and args.value > 1:
            raise ValueError(f"{alert} is a share from 0 to 1, and {args.value:g} never comes")
        if unit == "ms" and args.value not in DURATION_BUCKETS_MS[:-1]:
            raise ValueError(
                f"{alert} cannot tell {args.value:g} ms exactly; take one of {', '.join(BUCKETS)}"
            )
    return thresholds


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AlertsArgs:
    """Settings of the alert rules (guide, "Alert Rules")."""

    thresholds: Annotated[dict[str, ThresholdArgs], AfterValidator(_adjustable)] = Field(
        default_factory=dict
    )
    """Other numbers than the guide's, by alert: ``HighErrorRate: {value: 0.02}``."""
    minimum_requests: Count = 10
    """Alerts on latency and errors keep silent when a service had fewer requests in the window
    they look at. What five minutes are too short for, the hours of the burn rate find."""
    objective: Objective = 99.5
    """Per cent of requests that shall succeed over a month."""
    grafana_url: HttpUrl = "http://localhost:3000"
    """Where people open Grafana; links to dashboards begin with it."""
    runbooks_url: HttpUrl | None = None
    """Where people read ``docs/runbooks``; left out, alerts name the file in the repository."""
    request_price: Usd = 0.0001
    """What one request is taken to cost, in USD (guide, "Cost Metrics")."""


def facts(
    args: AlertsArgs, context: Context, *, remote_write: bool = False, kubelets: bool = False
) -> Facts:
    """What the rules depend on, from settings and the services described so far."""
    set_here = {
        alert: Threshold(
            value=THRESHOLDS[alert].value if found.value is None else found.value,
            unit=THRESHOLDS[alert].unit,
            for_seconds=found.for_seconds or THRESHOLDS[alert].for_seconds,
            side=THRESHOLDS[alert].side,
        )
        for alert, found in args.thresholds.items()
    }
    if context.budget_usd:
        budget = THRESHOLDS["GpuBudgetExceeded"]
        set_here["GpuBudgetExceeded"] = Threshold(
            value=context.budget_usd, unit=budget.unit, for_seconds=budget.for_seconds
        )
    peers = {spec.name: spec for spec in context.peers}
    ollama = peers.get("ollama")
    return Facts(
        jobs=frozenset(
            {
                "prometheus",
                *(spec.name for spec in context.peers if spec.scrape),
                *((KUBELET, CADVISOR) if kubelets else ()),
            }
        ),
        memory_limits={
            name: int(spec.resources.memory * GIBIBYTE) for name, spec in sorted(peers.items())
        },
        minimum_requests=args.minimum_requests,
        objective=round(args.objective / 100, 6),
        grafana_url=args.grafana_url.rstrip("/"),
        runbooks=(args.runbooks_url or "docs/runbooks").rstrip("/"),
        ollama_on_gpu=ollama is not None and ollama.resources.gpus > 0,
        remote_write=remote_write,
        gpu_hour_usd=context.gpu_hour_usd,
        budget_usd=context.budget_usd,
        request_usd=args.request_price,
        thresholds=MappingProxyType(set_here),
        sleepers=sleepers(context),
    )


def sleepers(context: Context) -> dict[str, tuple[str, ...]]:
    """Services that may have no copy, by the Deployments that say so.

    Where all that uses GPUs sleeps, so do the GPU nodes, and with them what watches GPUs.
    """
    found: dict[str, tuple[str, ...]] = {
        spec.name: (spec.instance,)
        for spec in context.peers
        if spec.scaling and spec.scaling.sleeps
    }
    on_gpus = [spec for spec in context.peers if spec.resources.gpus and not spec.per_node]
    if on_gpus and all(spec.name in found for spec in on_gpus):
        found["dcgm-exporter"] = tuple(spec.instance for spec in on_gpus)
    return found


def inputs(found: Facts) -> dict[str, Any]:
    """The alerts in force as plain values, for policies: threshold and duration of each."""
    return {
        alert.name: {
            "threshold": found.threshold(alert.name).value,
            "forSeconds": found.threshold(alert.name).for_seconds,
        }
        for alert in alerts(found)
    }
