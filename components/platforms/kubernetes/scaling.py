"""What tells KEDA how many copies of a service to run.

Facts are those of KEDA v2.21.0: ``pkg/scalers/{prometheus,cron}_scaler.go``, ``pkg/fallback``,
``pkg/scaling/executor/scale_scaledobjects.go``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ...monitoring.address import PROMETHEUS
from ...scaling.load import query
from . import timing
from .manifest import Manifest
from .naming import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...scaling import LoadArgs, Scaling
    from ...schedules import ScheduleArgs
    from ...spec import ServiceSpec
    from .cluster import Cluster
    from .manifest import Body

VERSION = "keda.sh/v1alpha1"
KIND = "ScaledObject"
PINNED = "autoscaling.keda.sh/paused-replicas"
ALLOWS_ZERO = "researchflow.ai/allow-zero"
OPERATOR: Mapping[str, str] = MappingProxyType({"app": "keda-operator"})
"""Labels of KEDA's operator, as its chart and its plain manifests have them."""

POLLING = 15
"""Seconds; Prometheus has nothing newer any sooner."""
FAILURES = 3
"""How often in a row Prometheus may give no answer before the fallback holds."""


def scaled_object(spec: ServiceSpec, cluster: Cluster) -> tuple[Manifest, ...]:
    """The ScaledObject of ``spec``, if it is scaled. KEDA takes the greatest of its triggers."""
    scaling = spec.scaling
    if scaling is None:
        return ()
    body = {
        "apiVersion": VERSION,
        "kind": KIND,
        "metadata": metadata(spec, cluster, spec.instance, annotations=_annotations(scaling)),
        "spec": {
            "scaleTargetRef": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": spec.instance,
            },
            **(_asleep(spec, scaling) if scaling.sleeps else {}),
            "minReplicaCount": scaling.least,
            "maxReplicaCount": scaling.most,
            **(_fallback(spec) if scaling.load else {}),
            "triggers": [
                *([_by_load(spec, scaling.load, cluster)] if scaling.load else []),
                *(_by_the_clock(scaling.schedule) if scaling.schedule else ()),
            ],
        },
    }
    return (Manifest(suffix="scaled-object", stage="scaler", body=body),)


def _annotations(scaling: Scaling) -> dict[str, str]:
    return {
        **({} if scaling.pinned is None else {PINNED: str(scaling.pinned)}),
        **({ALLOWS_ZERO: "true"} if scaling.allow_zero else {}),
    }


def _asleep(spec: ServiceSpec, scaling: Scaling) -> Body:
    """Of the way from 0 and back to it; KEDA warns whoever sets these for a service that has none.

    Above 0 the HorizontalPodAutoscaler asks, every 15 s unless the cluster says otherwise. A server
    that was woken is not put to sleep before it is ready.
    """
    return {
        "pollingInterval": POLLING,
        "cooldownPeriod": timing.progress(spec) if scaling.load else 0,
    }


def _fallback(spec: ServiceSpec) -> Body:
    """While the load is not known: as many as there were, and no fewer than at the start."""
    return {
        "fallback": {
            "failureThreshold": FAILURES,
            "replicas": spec.replicas,
            "behavior": "currentReplicasIfHigher",
        }
    }


def _by_load(spec: ServiceSpec, load: LoadArgs, cluster: Cluster) -> Body:
    """Prometheus asks for no credentials, so there is no TriggerAuthentication.

    Who may ask it is up to its NetworkPolicy.
    """
    source = f"{PROMETHEUS.service}.{cluster.namespace}.svc.{cluster.args.dns.domain}"
    return {
        "type": "prometheus",
        "name": "load",
        "metadata": {
            "serverAddress": f"http://{source}:{PROMETHEUS.port}",
            "query": query(spec, load),
            "threshold": f"{load.in_flight or load.per_second:g}",
            # An empty answer is no load of 0: it is not knowing, and what the fallback is for.
            "ignoreNullValues": "false",
        },
    }


def _by_the_clock(schedule: ScheduleArgs) -> Iterator[Body]:
    for window in schedule.windows:
        yield {
            "type": "cron",
            "name": window.name,
            "metadata": {
                "timezone": schedule.timezone,
                "start": window.start,
                "end": window.end,
                "desiredReplicas": str(window.replicas),
            },
        }
