"""Who a service is to the Kubernetes API: nobody, unless its spec lists what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .manifest import Manifest
from .naming import account_name, labels, metadata

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from ...spec.runs import Run
    from .cluster import Cluster
    from .manifest import Body

RBAC_GROUP = "rbac.authorization.k8s.io"


def access(spec: ServiceSpec, cluster: Cluster) -> tuple[Manifest, ...]:
    """ServiceAccounts and, where rules are listed, Roles with exactly these.

    One in each namespace of the platform: Prometheus lists the pods of both. Beyond them there is
    one right, and only for who reads kubelets.
    """
    own = {run.account: run for run in spec.runs if run.account}
    accounts = (
        _account(spec, cluster, "service-account"),
        *(_account(spec, cluster, f"{name}-service-account", run) for name, run in own.items()),
    )
    kubelets = _kubelets(spec, cluster) if spec.kubelet_metrics else ()
    if not spec.api_access:
        return *accounts, *kubelets
    roles = [
        each
        for prefix, namespace in (("", cluster.namespace), ("node-", cluster.node_namespace))
        for each in (
            _role(spec, cluster, prefix, namespace),
            _binding(spec, cluster, prefix, namespace),
        )
    ]
    return *accounts, *roles, *kubelets


def _account(spec: ServiceSpec, cluster: Cluster, suffix: str, run: Run | None = None) -> Manifest:
    return Manifest(
        suffix=suffix,
        body={
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata(spec, cluster, account_name(spec, run)),
            "automountServiceAccountToken": spec.has_token and run is None,
        },
    )


def _role(spec: ServiceSpec, cluster: Cluster, prefix: str, namespace: str) -> Manifest:
    rules = [
        {
            "apiGroups": [rule.group],
            "resources": list(rule.resources),
            "verbs": list(rule.verbs),
        }
        for rule in spec.api_access
    ]
    content: Body = {"kind": "Role", "rules": rules}
    return _rbac(f"{prefix}role", _within(namespace, spec, cluster), content)


def _kubelets(spec: ServiceSpec, cluster: Cluster) -> tuple[Manifest, Manifest]:
    """The right to read kubelets' metrics, and nothing else of them or of nodes.

    Nodes are in no namespace, so only a ClusterRole can say so, and its name begins with that of
    the platform: there may be two in a cluster.
    """
    name = f"{cluster.namespace}-{spec.instance}-kubelet-metrics"
    described = {"name": name, "labels": labels(spec, cluster)}
    rule = {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]}
    role: Body = {"kind": "ClusterRole", "rules": [rule]}
    binding: Body = {
        "kind": "ClusterRoleBinding",
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": name},
        "subjects": [_subject(spec, cluster)],
    }
    return (
        _rbac("cluster-role", described, role),
        _rbac("cluster-role-binding", described, binding),
    )


def _binding(spec: ServiceSpec, cluster: Cluster, prefix: str, namespace: str) -> Manifest:
    content: Body = {
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "Role", "name": spec.instance},
        "subjects": [_subject(spec, cluster)],
    }
    return _rbac(f"{prefix}role-binding", _within(namespace, spec, cluster), content)


def _subject(spec: ServiceSpec, cluster: Cluster) -> Body:
    return {
        "kind": "ServiceAccount",
        "name": spec.instance,
        "namespace": cluster.namespace_of(spec),
    }


def _within(namespace: str, spec: ServiceSpec, cluster: Cluster) -> Body:
    return metadata(spec, cluster, spec.instance) | {"namespace": namespace}


def _rbac(suffix: str, described: Body, content: Body) -> Manifest:
    return Manifest(
        suffix=suffix,
        body={"apiVersion": f"{RBAC_GROUP}/v1", "metadata": described, **content},
    )
