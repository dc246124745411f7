"""Who a service is to the Kubernetes API: nobody, unless its spec lists what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .manifest import Manifest
from .naming import account_name, metadata

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from ...spec.runs import Run
    from .cluster import Cluster
    from .manifest import Body

RBAC_GROUP = "rbac.authorization.k8s.io"


def access(spec: ServiceSpec, cluster: Cluster) -> tuple[Manifest, ...]:
    """ServiceAccounts and, where rules are listed, Roles with exactly these.

    One in each namespace of the platform and none beyond: Prometheus lists the pods of both.
    """
    own = {run.account: run for run in spec.runs if run.account}
    accounts = (
        _account(spec, cluster, "service-account"),
        *(_account(spec, cluster, f"{name}-service-account", run) for name, run in own.items()),
    )
    if not spec.api_access:
        return accounts
    roles = [
        each
        for prefix, namespace in (("", cluster.namespace), ("node-", cluster.node_namespace))
        for each in (
            _role(spec, cluster, prefix, namespace),
            _binding(spec, cluster, prefix, namespace),
        )
    ]
    return *accounts, *roles


def _account(spec: ServiceSpec, cluster: Cluster, suffix: str, run: Run | None = None) -> Manifest:
    return Manifest(
        suffix=suffix,
        body={
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata(spec, cluster, account_name(spec, run)),
            "automountServiceAccountToken": bool(spec.api_access) and run is None,
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
    return _rbac(spec, cluster, f"{prefix}role", namespace, {"kind": "Role", "rules": rules})


def _binding(spec: ServiceSpec, cluster: Cluster, prefix: str, namespace: str) -> Manifest:
    subject = {
        "kind": "ServiceAccount",
        "name": spec.instance,
        "namespace": cluster.namespace_of(spec),
    }
    content: Body = {
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "Role", "name": spec.instance},
        "subjects": [subject],
    }
    return _rbac(spec, cluster, f"{prefix}role-binding", namespace, content)


def _rbac(
    spec: ServiceSpec, cluster: Cluster, suffix: str, namespace: str, content: Body
) -> Manifest:
    described = metadata(spec, cluster, spec.instance) | {"namespace": namespace}
    return Manifest(
        suffix=suffix,
        body={"apiVersion": f"{RBAC_GROUP}/v1", "metadata": described, **content},
    )
