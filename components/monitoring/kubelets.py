"""Kubelets as targets: how full volumes are, and the memory of containers that do not tell it.

A node's kubelet knows both and says them to whoever may ``get`` ``nodes/metrics``. Which kubelets
there are, the pods of the platform tell: each has the address of its node. So no right on the list
of nodes is needed, and no node is asked on which nothing of the platform runs.
"""

from collections.abc import Iterable
from typing import Any

from pydantic.dataclasses import dataclass

from alerts.mapping import CADVISOR, KUBELET, OF_CONTAINERS, OF_VOLUMES, SILENT

from ..context import Context
from ..spec.network import KUBELET_PORT
from ..types import STRICT
from .scraping import pod_discovery, pod_rule

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class KubeletMetricsArgs:
    """How kubelets are asked for the fill level of volumes and the memory of containers."""

    self_signed: bool = False
    """Whether kubelets sign their serving certificates themselves, as kubeadm sets them up.

    Nothing then proves who answers, and who takes over a node's address gets Prometheus' token:
    the metrics of kubelets and the list of the platform's pods.
    """


def kubelet_jobs(args: KubeletMetricsArgs, context: Context) -> tuple[dict[str, Any], ...]:
    """The two scrape jobs; of thousands of series they keep what rules and panels read."""
    namespace = ("namespace", context.namespace)
    containers = ("container", "|".join(SILENT))
    return (
        _job(KUBELET, "/metrics", args, [("__name__", _any(OF_VOLUMES)), namespace]),
        _job(
            CADVISOR,
            "/metrics/cadvisor",
            args,
            [("__name__", _any(OF_CONTAINERS)), namespace, containers],
        ),
    )


def _job(
    name: str, path: str, args: KubeletMetricsArgs, kept: list[tuple[str, str]]
) -> dict[str, Any]:
    proof = {"insecure_skip_verify": True} if args.self_signed else {"ca_file": f"{ACCOUNT}/ca.crt"}
    return {
        "job_name": name,
        "scheme": "https",
        "metrics_path": path,
        "authorization": {"credentials_file": f"{ACCOUNT}/token"},
        "tls_config": proof,
        # The agents' own namespace would add nodes on which nothing else of ours runs.
        "kubernetes_sd_configs": pod_discovery((), ""),
        "relabel_configs": [
            pod_rule("phase", regex="Succeeded|Failed", action="drop"),
            pod_rule("host_ip", regex=".+", action="keep"),
            # The pods of a node have one kubelet: targets that come out alike are one target.
            pod_rule("host_ip", replacement=f"$1:{KUBELET_PORT}", target_label="__address__"),
            pod_rule("node_name", target_label="node"),
        ],
        "metric_relabel_configs": [
            {"source_labels": [label], "regex": regex, "action": "keep"} for label, regex in kept
        ],
    }


def _any(names: Iterable[str]) -> str:
    return "|".join(names)
