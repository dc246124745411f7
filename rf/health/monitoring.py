"""What Prometheus says of the platform: targets that are up, and alerts that fire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .rows import Row, Verdict
from .verdicts import page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.spec import ServiceSpec

TARGETS = "/api/v1/targets?state=active"
ALERTS = "/api/v1/alerts"
WATCHDOG = "Watchdog"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One answer of Prometheus' API."""

    data: dict[str, Any]
    seconds: float
    runbooks: str


def data(body: bytes) -> dict[str, Any]:
    """``data`` of an answer of Prometheus' API; ValueError when it is none."""
    answer = json.loads(body)
    match answer:
        case {"data": dict(found)}:
            return found
    raise ValueError("not an answer of Prometheus")


def jobs(specs: Sequence[ServiceSpec]) -> tuple[str, ...]:
    """The jobs that Prometheus has for ``specs``: one for each service with metrics, and itself.

    One that may have no copy may have no target.
    """
    scraped = {spec.name for spec in specs if spec.scrape is not None and spec.least}
    return tuple(sorted(scraped | {"prometheus"}))


def targets(told: Told, specs: Sequence[ServiceSpec]) -> Iterator[Row]:
    """A row for each job that lacks something, or one for all."""
    by_job: dict[str, list[dict[str, Any]]] = {job: [] for job in jobs(specs)}
    for target in told.data.get("activeTargets", []):
        by_job.setdefault(target["labels"]["job"], []).append(target)
    lacking = list(filter(None, (_job(name, found, told) for name, found in by_job.items())))
    yield from lacking
    if not lacking:
        number = sum(map(len, by_job.values()))
        yield Row(
            subject="scrape targets",
            asked=f"GET {TARGETS}",
            answer=f"{number} up, {len(by_job)} jobs",
            verdict=Verdict.OK,
            seconds=told.seconds,
        )


def _job(name: str, found: Sequence[dict[str, Any]], told: Told) -> Row | None:
    """What is wrong with one job, if anything."""
    down = [target for target in found if target["health"] == "down"]
    unknown = [target for target in found if target["health"] == "unknown"]
    if found and not down and not unknown:
        return None
    runbook = "TargetMissing" if not found else "ServiceDown"
    answer = "no target is known"
    if down:
        answer = f"{len(down)} of {len(found)} down: {down[0].get('lastError', '')}"
    elif unknown:
        answer = "not scraped yet"
    verdict = Verdict.FAILED if down or not found else Verdict.NOTE
    return Row(
        subject=f"scrape of {name}",
        asked=f"GET {TARGETS}",
        answer=answer,
        verdict=verdict,
        seconds=told.seconds,
        advice=f"see {page(told.runbooks, runbook)}",
    )


def alerts(told: Told) -> Iterator[Row]:
    """A row for each alert that fires, and one that says whether alerts are evaluated at all.

    Critical ones make the platform unhealthy; the others are notes.
    """
    firing = [alert for alert in told.data.get("alerts", []) if alert["state"] == "firing"]
    names = {alert["labels"]["alertname"] for alert in firing}
    watched = WATCHDOG in names
    others = [alert for alert in firing if alert["labels"]["alertname"] != WATCHDOG]
    yield Row(
        subject="alerts",
        asked=f"GET {ALERTS}",
        answer=f"{len(others)} firing" if watched else f"{WATCHDOG} does not fire",
        verdict=Verdict.OK if watched else Verdict.FAILED,
        seconds=told.seconds,
        advice=""
        if watched
        else f"no rule is evaluated; within a minute of its start that is nothing, then see "
        f"{page(told.runbooks, WATCHDOG)}",
    )
    yield from (_alert(alert, told) for alert in others)


def _alert(alert: dict[str, Any], told: Told) -> Row:
    labels, notes = alert["labels"], alert.get("annotations", {})
    name, severity = labels["alertname"], labels.get("severity", "critical")
    where = notes.get("runbook_url") or page(told.runbooks, name)
    return Row(
        subject=name,
        asked=f"GET {ALERTS}",
        answer=f"{severity}: {notes.get('description') or labels.get('service', 'firing')}",
        verdict=Verdict.FAILED if severity == "critical" else Verdict.NOTE,
        seconds=told.seconds,
        advice=f"see {where}",
    )
