"""Which targets Prometheus scrapes, and how it finds them: pure functions from specs to YAML.

Every service with a ``scrape`` has one job, named after the service. On Docker, DNS gives the
addresses of all replicas of a name; on Kubernetes, Prometheus watches the pods.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ..context import Context
from ..gateway.metrics import relabelling
from ..internal_tls.names import AUTHORITY
from ..spec import ServiceSpec
from ..spec.network import Scrape
from ..text import to_yaml

INTERVAL = "15s"

# Their labels say whom a series is about; those of the scrape would only say who told it.
KEEPS_ITS_LABELS = frozenset({"pushgateway", "kube-state-metrics"})

# Services whose own names for metrics are not the platform's.
RELABELLED: Mapping[str, Callable[[], list[dict[str, Any]]]] = {"gateway": relabelling}

# Of some hundreds that Envoy has.
SIDECAR_METRICS = r"^server\.days_until_first_cert_expiring$|ssl\.connection_error$"

POD = "__meta_kubernetes_pod"

Target = tuple[ServiceSpec, Scrape]
RemoteWrite = Mapping[str, Any]
"""One entry of ``remote_write``, as Prometheus spells it."""
Job = Mapping[str, Any]
"""One entry of ``scrape_configs``."""


def config(
    context: Context,
    *,
    rule_files: Sequence[str] = (),
    remote_write: Sequence[RemoteWrite] = (),
    more: Sequence[Job] = (),
) -> str:
    """``prometheus.yml`` for the services described so far, and ``more`` jobs."""
    targets = [(spec, spec.scrape) for spec in context.peers if spec.scrape is not None]
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
    if rule_files:
        document["rule_files"] = list(rule_files)
    document["scrape_configs"] = [
        itself(),
        *jobs(targets, context),
        *sidecars(context),
        *more,
    ]
    if remote_write:
        document["remote_write"] = list(remote_write)
    return to_yaml(document)


def itself() -> dict[str, Any]:
    """Prometheus' own metrics; no discovery, for it is here."""
    return {"job_name": "prometheus", "static_configs": [{"targets": ["localhost:9090"]}]}


def jobs(targets: Iterable[Target], context: Context) -> list[dict[str, Any]]:
    """One job for each service, by name; the tracks of a service share it."""
    ordered = sorted(targets, key=lambda target: target[0].name)
    found = []
    for name, group in groupby(ordered, key=lambda target: target[0].name):
        tracks = tuple(group)
        spec, scrape = tracks[0]
        job: dict[str, Any] = {"job_name": name, "metrics_path": scrape.path}
        job |= secured(spec, scrape)
        if name in KEEPS_ITS_LABELS:
            job["honor_labels"] = True
        if name in RELABELLED:
            job["metric_relabel_configs"] = RELABELLED[name]()
        if context.kubernetes:
            job["kubernetes_sd_configs"] = pod_discovery(ordered, context.node_namespace)
            job["relabel_configs"] = pod_rules(spec, scrape)
        else:
            job["dns_sd_configs"] = dns_discovery([spec for spec, _ in tracks], scrape)
            if spec.track is not None:
                job["relabel_configs"] = [track_rule(spec)]
        found.append(job)
    return found


def secured(spec: ServiceSpec, scrape: Scrape) -> dict[str, Any]:
    """How a port with TLS is asked: by the one name that all tracks of a service have."""
    names = [port.tls for port in spec.ports if port.number == scrape.port and port.tls]
    if not names:
        return {}
    return {"scheme": "https", "tls_config": {"ca_file": AUTHORITY, "server_name": names[0]}}


def sidecars(context: Context) -> list[dict[str, Any]]:
    """One job for what speaks TLS in front of servers: how long its certificates are good."""
    found = {spec.sidecar.scrape for spec in context.peers if spec.sidecar}
    return [
        {
            "job_name": "tls",
            "metrics_path": scrape.path,
            "params": {"filter": [SIDECAR_METRICS]},
            "kubernetes_sd_configs": pod_discovery((), context.node_namespace),
            "relabel_configs": [
                pod_rule("container_port_number", regex=str(scrape.port), action="keep"),
                pod_rule("container_init", regex="true", action="keep"),
                pod_rule("phase", regex="Succeeded|Failed", action="drop"),
                pod_rule("label_app_kubernetes_io_name", target_label="service"),
                pod_rule("name", target_label="pod"),
            ],
        }
        for scrape in found
    ]


def dns_discovery(tracks: Sequence[ServiceSpec], scrape: Scrape) -> list[dict[str, Any]]:
    """Every address behind the names of the instances."""
    names = [spec.instance for spec in tracks]
    return [{"names": names, "type": "A", "port": scrape.port, "refresh_interval": INTERVAL}]


def track_rule(spec: ServiceSpec) -> dict[str, Any]:
    """The label ``track``, from the name that was looked up."""
    source = ["__meta_dns_name"]
    return {"source_labels": source, "regex": f"{spec.name}-(.+)", "target_label": "track"}


def pod_discovery(targets: Sequence[Target], node_namespace: str) -> list[dict[str, Any]]:
    """The same for every job: Prometheus then watches the pods once, not once for each job."""
    namespaces: dict[str, Any] = {"own_namespace": True}
    if any(spec.privileged_reason for spec, _ in targets):
        namespaces["names"] = [node_namespace]
    return [{"role": "pod", "namespaces": namespaces}]


def pod_rules(spec: ServiceSpec, scrape: Scrape) -> list[dict[str, Any]]:
    """Running pods of the service, on the port that has metrics.

    A copy on every node is told apart by its node, any other by its pod. (The DCGM exporter has a
    label ``pod`` of its own: the one that uses the GPU.)
    """
    source, place = ("node_name", "node") if spec.per_node else ("name", "pod")
    rules: list[dict[str, Any]] = [
        pod_rule("label_app_kubernetes_io_name", regex=spec.name, action="keep"),
        pod_rule("container_port_number", regex=str(scrape.port), action="keep"),
        # A pod that was evicted stays listed, and would be down for ever.
        pod_rule("phase", regex="Succeeded|Failed", action="drop"),
        pod_rule(source, target_label=place),
    ]
    if spec.track is not None:
        rules.append(pod_rule("label_researchflow_ai_track", target_label="track"))
    return rules


def pod_rule(source: str, **rule: str) -> dict[str, Any]:
    """A relabelling rule on what Kubernetes says of a pod."""
    return {"source_labels": [f"{POD}_{source}"], **rule}
