"""Which targets Prometheus scrapes, and how it finds them: pure functions from specs to YAML.

Every service with a ``scrape`` has one job, named after the service. Docker's DNS gives the
addresses of all replicas of a name; Kubernetes lists the pods.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import yaml

from ..context import Context
from ..spec import ServiceSpec

INTERVAL = "15s"

PRIVILEGED_NAMESPACE = "researchflow-node-agents"
"""Where Kubernetes runs what cannot meet the restricted Pod Security level."""

# Its labels say who pushed; those of the scrape would only say that it came through here.
KEEPS_ITS_LABELS = frozenset({"pushgateway"})

POD = "__meta_kubernetes_pod"
NAME_LABEL = f"{POD}_label_app_kubernetes_io_name"
TRACK_LABEL = f"{POD}_label_researchflow_ai_track"


def config(context: Context) -> str:
    """``prometheus.yml`` for the services described so far."""
    targets = [spec for spec in context.peers if spec.scrape]
    document: dict[str, Any] = {
        "global": {
            "scrape_interval": INTERVAL,
            "evaluation_interval": INTERVAL,
            "external_labels": {"environment": context.environment},
        },
    }
    managers = [spec for spec in context.peers if spec.name == "alertmanager"]
    if managers:
        addresses = [f"{spec.instance}:{spec.port('http').number}" for spec in managers]
        document["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": addresses}]}]}
    document["scrape_configs"] = [itself(), *jobs(targets, kubernetes=context.kubernetes)]
    return yaml.safe_dump(document, sort_keys=False)


def itself() -> dict[str, Any]:
    """Prometheus' own metrics; no discovery, for it is here."""
    return {"job_name": "prometheus", "static_configs": [{"targets": ["localhost:9090"]}]}


def jobs(targets: Iterable[ServiceSpec], *, kubernetes: bool) -> list[dict[str, Any]]:
    """One job for each service, by name; the tracks of a service share it."""
    ordered = sorted(targets, key=lambda spec: spec.name)
    discovery = kubernetes_discovery(ordered) if kubernetes else {}
    found = []
    for name, group in groupby(ordered, key=lambda spec: spec.name):
        tracks = tuple(group)
        scrape = tracks[0].scrape
        assert scrape is not None
        job: dict[str, Any] = {"job_name": name, "metrics_path": scrape.path}
        if name in KEEPS_ITS_LABELS:
            job["honor_labels"] = True
        job |= (
            pod_job(tracks[0], scrape.port, discovery)
            if kubernetes
            else dns_job(tracks, scrape.port)
        )
        found.append(job)
    return found


def dns_job(tracks: Sequence[ServiceSpec], port: int) -> dict[str, Any]:
    """Docker: every address behind the instances' names."""
    names = [spec.instance for spec in tracks]
    job: dict[str, Any] = {
        "dns_sd_configs": [
            {"names": names, "type": "A", "port": port, "refresh_interval": INTERVAL}
        ]
    }
    if tracks[0].track is not None:
        job["relabel_configs"] = [
            {
                "source_labels": ["__meta_dns_name"],
                "regex": f"{tracks[0].name}-(.+)",
                "target_label": "track",
            }
        ]
    return job


def kubernetes_discovery(targets: Sequence[ServiceSpec]) -> dict[str, Any]:
    """The same for every job: Prometheus then watches the pods once, not once for each job."""
    namespaces: dict[str, Any] = {"own_namespace": True}
    if any(spec.privileged_reason for spec in targets):
        namespaces["names"] = [PRIVILEGED_NAMESPACE]
    return {"kubernetes_sd_configs": [{"role": "pod", "namespaces": namespaces}]}


def pod_job(spec: ServiceSpec, port: int, discovery: dict[str, Any]) -> dict[str, Any]:
    """Kubernetes: the running pods of the service, on the port that has metrics.

    A copy on every node is told apart by its node, any other by its pod. (The DCGM exporter has a
    label ``pod`` of its own: the one that uses the GPU.)
    """
    place = "node" if spec.per_node else "pod"
    rules: list[dict[str, Any]] = [
        {"source_labels": [NAME_LABEL], "regex": spec.name, "action": "keep"},
        {
            "source_labels": [f"{POD}_container_port_number"],
            "regex": str(port),
            "action": "keep",
        },
        # Pods of finished jobs keep their labels.
        {"source_labels": [f"{POD}_phase"], "regex": "Succeeded|Failed", "action": "drop"},
        {
            "source_labels": [f"{POD}_{'node_name' if spec.per_node else 'name'}"],
            "target_label": place,
        },
    ]
    if spec.track is not None:
        rules.append({"source_labels": [TRACK_LABEL], "target_label": "track"})
    return discovery | {"relabel_configs": rules}
