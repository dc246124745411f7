"""Verbs on resources from which more follows than they say."""

from dataclasses import dataclass

CHANGES = frozenset({"create", "update", "patch"})


@dataclass(frozen=True, kw_only=True)
class Power:
    """Any of ``verbs`` on any of ``resources``, and what is wrong with it."""

    verbs: frozenset[str]
    resources: frozenset[str]
    message: str


def _power(verbs: frozenset[str], resources: set[str], message: str) -> Power:
    return Power(verbs=verbs, resources=frozenset(resources), message=message)


READS_SECRETS = _power(
    frozenset({"get", "list", "watch"}), {"secrets"}, "must not be readable as a whole"
)

CHANGES_RIGHTS = _power(
    CHANGES,
    {"roles", "clusterroles", "rolebindings", "clusterrolebindings"},
    "must not be changed by a workload",
)
BECOMES_ANOTHER = ("bind", "escalate", "impersonate")
"""Verbs that mean nothing but more rights, on whatever they are given."""

# CIS EKS 4.1 and "Role Based Access Control Good Practices" of the Kubernetes documentation.
POWERS = (
    _power(
        frozenset({"create"}),
        {"serviceaccounts/token"},
        "must not be created: a token is another account's rights",
    ),
    _power(
        frozenset({"create", "get"}),
        {"pods/exec", "pods/attach"},
        "must not be given: commands in a pod have all rights of the pod",
    ),
    _power(
        frozenset({"create", "get"}),
        {"pods/portforward"},
        "must not be given: it goes past every NetworkPolicy",
    ),
    _power(
        frozenset({"update", "patch"}),
        {"pods/ephemeralcontainers"},
        "must not be changed: a container in a pod has all rights of the pod",
    ),
    _power(
        CHANGES | {"get"},
        {"nodes/proxy"},
        "must not be given: the kubelet runs commands in every pod of its node",
    ),
    _power(
        frozenset({"approve", "sign"}),
        {"signers"},
        "must not be given: a certificate makes its owner any user",
    ),
    _power(
        frozenset({"update", "patch"}),
        {"certificatesigningrequests/approval"},
        "must not be given: a certificate makes its owner any user",
    ),
    _power(
        CHANGES,
        {"validatingwebhookconfigurations", "mutatingwebhookconfigurations"},
        "must not be changed: a webhook sees and changes whatever is created",
    ),
    _power(
        frozenset({"create"}),
        {"persistentvolumes"},
        "must not be created: a volume may be any folder of a node",
    ),
)
