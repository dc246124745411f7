"""What runs: a Deployment, or a DaemonSet with a pod on every node."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import timing
from .files import secret_templates
from .manifest import Manifest
from .naming import metadata, selector
from .pod import server_template

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from .cluster import Cluster
    from .manifest import Body

REASON = "researchflow.ai/privileged-reason"


def workload(spec: ServiceSpec, cluster: Cluster) -> Manifest:
    """The server itself."""
    return _daemon_set(spec, cluster) if spec.per_node else _deployment(spec, cluster)


def _deployment(spec: ServiceSpec, cluster: Cluster) -> Manifest:
    found = _workload(
        "Deployment",
        spec,
        cluster,
        {
            "replicas": spec.replicas,
            "strategy": _strategy(spec),
            # The default, ten minutes, is less than a large image and a large model take.
            "progressDeadlineSeconds": timing.progress(spec),
        },
    )
    # Left out, it would become 1 at the next change; set again, it would fight the scaler.
    return replace(found, ignored=("spec.replicas",)) if spec.scaling else found


def _daemon_set(spec: ServiceSpec, cluster: Cluster) -> Manifest:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    return _workload("DaemonSet", spec, cluster, {"updateStrategy": rolling})


def _workload(kind: str, spec: ServiceSpec, cluster: Cluster, how: Body) -> Manifest:
    reason = {REASON: spec.privileged_reason} if spec.privileged_reason else {}
    return Manifest(
        suffix=kind.lower(),
        stage="server",
        timeout_seconds=timing.rollout(spec),
        templates=secret_templates(spec),
        body={
            "apiVersion": "apps/v1",
            "kind": kind,
            "metadata": metadata(spec, cluster, spec.instance, annotations=reason),
            "spec": {
                "selector": {"matchLabels": selector(spec)},
                **how,
                "template": server_template(spec, cluster),
            },
        },
    )


def _strategy(spec: ServiceSpec) -> Body:
    """A pod more before a pod less, except where old and new cannot run side by side."""
    if spec.recreate:
        return {"type": "Recreate"}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def disruption_budget(spec: ServiceSpec, cluster: Cluster) -> Manifest:
    """At most one pod at a time goes when a node is drained.

    Also for a single pod: a budget that keeps it would block every drain, and with it node
    upgrades and the end of spot nodes. A pod that is not ready anyway may always go.
    """
    return Manifest(
        suffix="disruption-budget",
        body={
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata(spec, cluster, spec.instance),
            "spec": {
                "maxUnavailable": 1,
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
                "selector": {"matchLabels": selector(spec)},
            },
        },
    )
