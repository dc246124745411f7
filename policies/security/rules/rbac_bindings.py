"""Rights inside a cluster: whom roles are given to."""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import in_doubt
from policies.framework.values import Finding

BINDINGS = (
    "rbac.authorization.k8s.io/RoleBinding",
    "rbac.authorization.k8s.io/ClusterRoleBinding",
)
EVERYBODY = (
    "system:anonymous",
    "system:authenticated",
    "system:masters",
    "system:serviceaccounts",
    "system:unauthenticated",
)


class BindingConfig(RuleConfig):
    """ClusterRoles that may not be given to anybody."""

    refused: tuple[str, ...] = ("cluster-admin", "system:masters")


def admin_binding(resource: Resource, config: BindingConfig) -> Iterator[Finding]:
    """The role that may do everything."""
    yield from resource["roleRef"]["name"].refuse_if(
        lambda value: value in config.refused, f"must not be {' or '.join(config.refused)}"
    )


def everybody(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Groups that anybody is in, and the one that no rule holds for."""
    for subject in resource["subjects"].items():
        yield from subject["name"].refuse_if(
            lambda value: value in EVERYBODY, f"must not be one of {', '.join(EVERYBODY)}"
        )


def default_account(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A right of the default account is one of every pod that names no account."""
    for subject in resource["subjects"].items():
        kind = subject["kind"]
        if kind.hidden or kind.value == "ServiceAccount":
            found = subject["name"].refuse_if(
                lambda value: value == "default", "must not be the default service account"
            )
            yield from in_doubt(found, kind)


RULES = (
    Rule(
        id="rbac/admin-binding",
        severity=Severity.CRITICAL,
        protects="the cluster: whoever gets into this account owns it",
        fix="bind a role with the rights that are used",
        reference="CIS EKS 4.1.1; KSV-0111",
        kinds=BINDINGS,
        check=admin_binding,
        config=BindingConfig,
    ),
    Rule(
        id="rbac/everybody",
        severity=Severity.CRITICAL,
        protects="the cluster from people and pods that were never given anything",
        fix="name the service account, user or group that needs the role",
        reference="CIS EKS 4.1.7; Kyverno restrict-binding-system-groups",
        kinds=BINDINGS,
        check=everybody,
    ),
    Rule(
        id="rbac/default-account",
        severity=Severity.HIGH,
        protects="the namespace: every pod without an account of its own gets these rights",
        fix="make a service account for the workload and bind the role to it",
        reference="CIS EKS 4.1.5; CKV_K8S_42",
        kinds=BINDINGS,
        check=default_account,
    ),
)
