"""Tokens with which pods speak to the Kubernetes API, and the namespaces they live in."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from policies.framework.kubernetes import WORKLOADS, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import refuse_when
from policies.framework.values import Finding

SHARED_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
ACCOUNT = ("core/ServiceAccount",)
ENFORCE = "pod-security.kubernetes.io/enforce"
LEVELS = ("baseline", "restricted")


class NamespaceConfig(RuleConfig):
    """Namespaces that belong to nobody in particular."""

    shared: tuple[str, ...] = SHARED_NAMESPACES


class LevelConfig(RuleConfig):
    """Namespaces of agents that must see the host; ``*`` stands for any text."""

    privileged: tuple[str, ...] = ("*-node",)


def token(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Whether a token is there should be a decision. Unset, it is."""
    spec = pod_spec(resource)
    yield from spec["automountServiceAccountToken"].refuse_if(
        lambda value: value is None, "must be set: false, or true where the pod asks the API"
    )


def default_account(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """What one pod is allowed through the default account, all pods of the namespace are."""
    if resource.kind in ACCOUNT:
        yield from refuse_when(
            (resource["automountServiceAccountToken"], resource["metadata"]["name"]),
            lambda mounted, name: name == "default" and mounted is not False,
            "must be false for the default account",
        )
        return
    spec = pod_spec(resource)
    if spec["automountServiceAccountToken"].value is False:
        return
    account = spec["serviceAccountName"]
    if account.absent:
        account = spec["serviceAccount"]
    yield from refuse_when(
        (account, spec["automountServiceAccountToken"]),
        lambda name, mounted: name in (None, "", "default") and mounted is not False,
        "must be an account of this workload's own where a token is mounted",
    )


def lasting_token(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A token in a Secret never expires; those in pods do, and are renewed."""
    yield from resource["type"].refuse_if(
        lambda value: value == "kubernetes.io/service-account-token",
        "must not be a token without end",
    )


def shared_namespace(resource: Resource, config: NamespaceConfig) -> Iterator[Finding]:
    """Rules, quotas and closed networks are a namespace's."""
    yield from resource["metadata"]["namespace"].refuse_if(
        lambda value: value in config.shared,
        f"must be a namespace other than {', '.join(config.shared)}",
    )


def pod_security_label(resource: Resource, config: LevelConfig) -> Iterator[Finding]:
    """The cluster itself refuses unsafe pods where the namespace says so."""
    level, name = resource["metadata"]["labels"][ENFORCE], resource["metadata"]["name"]
    message = f"must be {' or '.join(LEVELS)}"
    if level.value != "privileged":
        yield from level.refuse_if(lambda value: value not in LEVELS, message)
    else:
        yield from refuse_when(
            (level, name),
            lambda _level, text: (
                not any(fnmatchcase(str(text), each) for each in config.privileged)
            ),
            message,
        )


RULES = (
    Rule(
        id="service-accounts/token",
        severity=Severity.LOW,
        protects="the cluster's API from whoever gets into a pod that never needed it",
        fix="set automountServiceAccountToken: false in the pod's spec",
        reference="CIS EKS 4.1.6; CKV_K8S_38",
        kinds=WORKLOADS,
        check=token,
        level=Level.ADVISORY,
    ),
    Rule(
        id="service-accounts/default",
        severity=Severity.MEDIUM,
        protects="rights given to one pod from being those of its whole namespace",
        fix="name a service account of its own, or set automountServiceAccountToken: false",
        reference="CIS EKS 4.1.5; CKV_K8S_41",
        kinds=(*WORKLOADS, *ACCOUNT),
        check=default_account,
        level=Level.ADVISORY,
    ),
    Rule(
        id="service-accounts/lasting-token",
        severity=Severity.HIGH,
        protects="the cluster from a token that was copied once and works for ever",
        fix="remove the Secret and ask for a token when one is needed (TokenRequest)",
        reference="Kyverno deny-secret-service-account-token-type; Kubernetes 1.24 release notes",
        kinds=("core/Secret",),
        check=lasting_token,
    ),
    Rule(
        id="namespaces/shared",
        severity=Severity.LOW,
        protects="what else is in a namespace that everybody uses",
        fix="give the platform a namespace of its own",
        reference="CIS EKS 4.5.2; CKV_K8S_21",
        kinds=(*WORKLOADS, "core/Service", "core/ConfigMap", "core/Secret"),
        check=shared_namespace,
        config=NamespaceConfig,
        level=Level.ADVISORY,
    ),
    Rule(
        id="namespaces/pod-security",
        severity=Severity.MEDIUM,
        protects="the nodes from unsafe pods that come by another way than this program",
        fix=f"label the namespace {ENFORCE}: restricted",
        reference="CIS EKS 4.2; KSV-0039",
        kinds=("core/Namespace",),
        check=pod_security_label,
        config=LevelConfig,
        level=Level.ADVISORY,
    ),
)
