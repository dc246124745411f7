"""Alerts, retention, schedules and spend."""

from typing import Any

from policies.thresholds.rules.alerts import GUIDE
from tests.policy.cases.case import Case

SCALED = "kubernetes:keda.sh/v1alpha1:ScaledObject"
CRON = "kubernetes:batch/v1:CronJob"
PROMETHEUS = "researchflow:index:Prometheus"


def alerts(**changed: dict[str, float] | None) -> dict[str, Any]:
    """The guide's alerts, some of them changed or (None) gone."""
    guide = {
        name: {"threshold": bound.threshold, "forSeconds": bound.seconds}
        for name, bound in GUIDE.items()
    }
    found = {name: guide[name] | (changed.get(name, {}) or {}) for name in guide}
    return {
        "alerts": {name: each for name, each in found.items() if changed.get(name, {}) is not None}
    }


def scaled(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "it", "annotations": annotations or {}}, "spec": spec}


def clocked(zone: str) -> dict[str, Any]:
    return scaled(triggers=[{"type": "cron", "metadata": {"timezone": zone}}])


def asking(fallback: dict[str, Any] | None, **metadata: str) -> dict[str, Any]:
    """An object that is scaled by what Prometheus says."""
    found = scaled(triggers=[{"type": "prometheus", "metadata": metadata}])
    found["spec"] |= {} if fallback is None else {"fallback": fallback}
    return found


def estimate(expected: float, high: float, budget: float | None = 1000) -> dict[str, Any]:
    limit = {} if budget is None else {"monthlyUsd": budget}
    return {"estimateUsd": {"low": 1, "expected": expected, "high": high}, **limit}


def kept(**changed: str) -> dict[str, Any]:
    """The writer of the indexes, backed up every night and drilled every week."""
    backup = {"schedule": "0 3 * * *", "drillSchedule": "0 5 * * sun", "timezone": "UTC"}
    return {"track": "stable", "backup": backup | changed}


SCALING = (
    Case(
        rule="scaling/ceiling",
        token=SCALED,
        red=(scaled(minReplicaCount=1),),
        green=(scaled(maxReplicaCount=3),),
    ),
    Case(
        rule="scaling/metrics",
        token=SCALED,
        red=(
            asking({"replicas": 2}),
            asking({"replicas": 2}, ignoreNullValues="true"),
            asking(None, ignoreNullValues="false"),
        ),
        green=(asking({"replicas": 2}, ignoreNullValues="false"), clocked("UTC")),
    ),
)


CASES = (
    *SCALING,
    Case(
        rule="alerts/bounds",
        token=PROMETHEUS,
        red=(
            {},
            alerts(HighErrorRate=None),
            alerts(HighInferenceLatency={"threshold": 5001}),
            alerts(CriticalErrorRate={"threshold": 0.2}),
            alerts(DiskSpaceLow={"forSeconds": 900}),
            alerts(ServiceDown={"threshold": 0.5}),
        ),
        green=(
            alerts(),
            alerts(HighErrorRate={"threshold": 0.01, "forSeconds": 60}),
            alerts() | {"replicas": 1},
        ),
    ),
    Case(
        rule="retention/metrics",
        token=PROMETHEUS,
        red=({"retentionDays": 29}, {}),
        green=({"retentionDays": 30}, {"retentionDays": 90}),
    ),
    Case(
        rule="backups/scheduled",
        token="researchflow:index:Faiss",
        red=(
            {},
            kept(schedule=""),
            kept(schedule="0 3 * * mon-sat"),
            kept(schedule="* * * * *"),
            kept(drillSchedule=""),
            kept(timezone="Europe/Berlln"),
        ),
        green=(
            kept(),
            kept(drillSchedule="0 5 * * mon,thu", timezone="Europe/Berlin"),
            {"track": "canary"},
        ),
    ),
    Case(
        rule="backups/scheduled",
        token="researchflow:index:Faiss",
        red=(kept(schedule="0 3 * * mon"),),
        green=(kept(schedule="0 3 * * mon,wed,fri"),),
        config={"backup_hours": 72},
        stack="staging",
    ),
    Case(
        rule="schedules/zones",
        token=SCALED,
        red=(clocked("Europe/Berlln"), clocked("")),
        green=(
            clocked("Europe/Berlin"),
            clocked("UTC"),
            scaled(triggers=[{"type": "prometheus", "metadata": {}}]),
            scaled(),
        ),
    ),
    Case(
        rule="schedules/zones",
        token=CRON,
        red=({"spec": {"timeZone": "Berlin"}},),
        green=({"spec": {"timeZone": "Europe/Berlin"}}, {"spec": {}}),
    ),
    Case(
        rule="schedules/zero",
        token=SCALED,
        red=(scaled(), scaled(minReplicaCount=0), scaled(minReplicaCount=1, idleReplicaCount=0)),
        green=(
            scaled(minReplicaCount=1),
            scaled({"researchflow.ai/allow-zero": "true"}, minReplicaCount=0),
        ),
    ),
    Case(
        rule="schedules/zero",
        token=SCALED,
        red=(scaled(minReplicaCount=0),),
        green=(scaled(minReplicaCount=2),),
        config={"stacks": ["staging"]},
        stack="staging",
    ),
    Case(
        rule="spend/expected",
        token="researchflow:index:Budget",
        red=(estimate(1000.01, 2000),),
        green=(estimate(1000, 2000), estimate(9999, 9999, None), {"monthlyUsd": 10}),
    ),
    Case(
        rule="spend/highest",
        token="researchflow:index:Budget",
        red=(estimate(900, 1001),),
        green=(estimate(900, 1000), estimate(9999, 9999, None)),
    ),
    Case(
        rule="spend/budget",
        token="researchflow:index:Budget",
        red=(estimate(900, 1000, None),),
        green=(estimate(900, 1000), {"notCounted": ["a machine of one's own"]}),
    ),
)
