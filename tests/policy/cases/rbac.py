"""Roles and whom they are given to."""

from typing import Any

from tests.policy.cases.case import Case

ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
CLUSTER_ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
CLUSTER_BINDING = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
METRICS = {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}


def role(verbs: str, resources: str, **more: Any) -> dict[str, Any]:
    """A role with one rule; words are apart by spaces."""
    rule = {"apiGroups": [""], "resources": resources.split(), "verbs": verbs.split()}
    return {"metadata": {"name": "it"}, "rules": [rule | more]}


def rules(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "it"}, "rules": list(listed)}


def binding(role_name: str = "view", kind: str = "ServiceAccount", name: str = "web") -> Any:
    return {
        "roleRef": {"kind": "ClusterRole", "name": role_name},
        "subjects": [{"kind": kind, "name": name}],
    }


CASES = (
    *(
        Case(
            rule="rbac/wildcard-verbs",
            token=token,
            red=(role("*", "pods"), rules(PODS, METRICS | {"verbs": ["*"]})),
            green=(rules(PODS, METRICS), rules(), role("get", "*")),
        )
        for token in (ROLE, CLUSTER_ROLE)
    ),
    Case(
        rule="rbac/wildcard-resources",
        token=ROLE,
        red=(role("get", "*"), rules(PODS, {"nonResourceURLs": ["*"], "verbs": ["get"]})),
        green=(rules(PODS, METRICS), role("*", "pods")),
    ),
    Case(
        rule="rbac/wildcard-groups",
        token=ROLE,
        red=(rules(PODS | {"apiGroups": ["*"]}),),
        green=(rules(PODS),),
    ),
    Case(
        rule="rbac/changes-rights",
        token=ROLE,
        red=(role("create", "rolebindings"), role("get patch", "roles")),
        green=(role("get list watch", "roles rolebindings"),),
    ),
    Case(
        rule="rbac/escalation",
        token=CLUSTER_ROLE,
        red=(
            role("bind", "clusterroles"),
            role("get escalate", "roles"),
            role("impersonate", "users groups"),
            role("create", "serviceaccounts/token"),
            role("create", "pods/exec"),
            role("get", "pods/attach"),
            role("create", "pods/portforward"),
            role("patch", "pods/ephemeralcontainers"),
            role("get", "nodes/proxy"),
            role("approve", "signers"),
            role("update", "certificatesigningrequests/approval"),
            role("patch", "mutatingwebhookconfigurations"),
            role("create", "persistentvolumes"),
        ),
        green=(
            rules(PODS, METRICS),
            role("get list watch", "roles rolebindings nodes nodes/metrics persistentvolumes"),
            role("create update delete", "deployments services persistentvolumeclaims"),
            role("get", "validatingwebhookconfigurations"),
            role("create", "tokenreviews subjectaccessreviews"),
        ),
    ),
    Case(
        rule="rbac/cluster-secrets",
        token=CLUSTER_ROLE,
        red=(role("get", "secrets"), role("list watch", "configmaps secrets")),
        green=(role("create", "secrets"), role("get", "secrets", resourceNames=["redis"])),
    ),
    Case(
        rule="rbac/cluster-wide",
        token=CLUSTER_ROLE,
        red=(
            role("get", "nodes/proxy"),
            role("get list", "nodes/metrics"),
            role("get", "nodes/metrics nodes"),
            rules(PODS),
            rules(METRICS),
        ),
        green=(role("get", "nodes/metrics"), rules()),
    ),
    Case(
        rule="rbac/secrets",
        token=ROLE,
        red=(role("get", "secrets"),),
        green=(role("get", "secrets", resourceNames=["redis"]), rules(PODS)),
    ),
    *(
        Case(
            rule="rbac/admin-binding",
            token=token,
            red=(binding("cluster-admin"),),
            green=(binding("view"), binding("edit")),
        )
        for token in (BINDING, CLUSTER_BINDING)
    ),
    Case(
        rule="rbac/everybody",
        token=CLUSTER_BINDING,
        red=(
            binding(kind="Group", name="system:masters"),
            binding(kind="Group", name="system:authenticated"),
            binding(kind="Group", name="system:unauthenticated"),
            binding(kind="Group", name="system:serviceaccounts"),
            binding(kind="User", name="system:anonymous"),
        ),
        green=(binding(kind="Group", name="developers"), {"roleRef": {"name": "view"}}),
    ),
    Case(
        rule="rbac/default-account",
        token=BINDING,
        red=(binding(name="default"),),
        green=(binding(), binding(kind="Group", name="default")),
    ),
)
