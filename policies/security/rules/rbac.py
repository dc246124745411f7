"""Rights inside a cluster: what roles hold."""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.values import Finding, Node

from .rbac_powers import BECOMES_ANOTHER, CHANGES_RIGHTS, POWERS, READS_SECRETS, Power

ROLES = ("rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/ClusterRole")


class ClusterWideConfig(RuleConfig):
    """What a ClusterRole may hold, each a verb and a resource."""

    allowed: tuple[str, ...] = ("get nodes/metrics",)


def wildcard_verbs(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Every verb there is, ``escalate`` and ``impersonate`` among them."""
    yield from _wildcards(resource, "verbs")


def wildcard_resources(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Every resource there is and every one that an operator adds later."""
    yield from _wildcards(resource, "resources", "nonResourceURLs")


def wildcard_groups(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """The same name in another group may be another thing."""
    yield from _wildcards(resource, "apiGroups")


def escalation(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Rights from which all others follow."""
    for rule in resource["rules"].items():
        for verb in rule["verbs"].items():
            yield from verb.refuse_if(
                lambda value: value in BECOMES_ANOTHER,
                "must not be given: it gives any other right",
            )
        for power in POWERS:
            yield from held(rule, power)


def changes_rights(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """The API refuses what is more than one's own rights, but not what is more than needed."""
    for rule in resource["rules"].items():
        yield from held(rule, CHANGES_RIGHTS)


def secrets(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Reading Secrets that are not named one by one."""
    for rule in resource["rules"].items():
        named = rule["resourceNames"]
        if named.hidden:
            yield named.undecided(READS_SECRETS.message)
        elif not named.value:
            yield from held(rule, READS_SECRETS)


def cluster_wide(resource: Resource, config: ClusterWideConfig) -> Iterator[Finding]:
    """Rights in every namespace, or on what is in none."""
    message = f"must be no more than {', '.join(config.allowed)}"
    for rule in resource["rules"].items():
        for url in rule["nonResourceURLs"].items():
            yield url.undecided(message) if url.hidden else url.violation(message)
        verbs = list(rule["verbs"].items())
        for item in rule["resources"].items():
            unclear = next((node for node in (item, *verbs) if node.hidden), None)
            if any(
                f"{verb.value} {item.value}" not in config.allowed
                for verb in verbs
                if not (verb.hidden or item.hidden)
            ):
                yield item.violation(message)
            elif unclear:
                yield unclear.undecided(message)


def held(rule: Node, power: Power) -> Iterator[Finding]:
    """A violation for each resource in ``rule`` that gives ``power``; undecided where unclear.

    Wildcards are another rule's.
    """
    verbs = list(rule["verbs"].items())
    certain = any(_is_one_of(verb, power.verbs) for verb in verbs)
    unclear = next((verb for verb in verbs if verb.hidden), None)
    if not certain and unclear is None:
        return
    for item in rule["resources"].items():
        if item.hidden:
            yield item.undecided(power.message)
        elif _is_one_of(item, power.resources):
            if certain or unclear is None:
                yield item.violation(power.message)
            else:
                yield unclear.undecided(power.message)


def _wildcards(resource: Resource, *keys: str) -> Iterator[Finding]:
    for rule in resource["rules"].items():
        for key in keys:
            for item in rule[key].items():
                yield from item.refuse_if(lambda value: value == "*", "must not be *")


def _is_one_of(node: Node, words: frozenset[str]) -> bool:
    return isinstance(node.value, str) and node.value in words


RULES = (
    Rule(
        id="rbac/wildcard-verbs",
        severity=Severity.HIGH,
        protects="the cluster: a wildcard holds rights that nobody has thought of yet",
        fix="name the verbs that are used",
        reference="CIS EKS 4.1.3; CKV_K8S_49; KSV-0045",
        kinds=ROLES,
        check=wildcard_verbs,
    ),
    Rule(
        id="rbac/wildcard-resources",
        severity=Severity.HIGH,
        protects="the cluster: a wildcard holds Secrets, roles and nodes too",
        fix="name the resources that are used",
        reference="CIS EKS 4.1.3; CKV_K8S_49; KSV-0046",
        kinds=ROLES,
        check=wildcard_resources,
    ),
    Rule(
        id="rbac/wildcard-groups",
        severity=Severity.LOW,
        protects="resources of the same name in groups that nobody has thought of",
        fix="name the API groups that are used",
        reference="CIS EKS 4.1.3; CKV_K8S_49",
        kinds=ROLES,
        check=wildcard_groups,
        level=Level.ADVISORY,
    ),
    Rule(
        id="rbac/escalation",
        severity=Severity.CRITICAL,
        protects="the cluster: this right is enough to get every other",
        fix="remove the verb or the resource; leave such work to an administrator",
        reference="CIS EKS 4.1.8 to 4.1.12; Kubernetes documentation, RBAC good practices",
        kinds=ROLES,
        check=escalation,
    ),
    Rule(
        id="rbac/changes-rights",
        severity=Severity.MEDIUM,
        protects="the cluster: who changes roles can give away all that he has",
        fix="leave roles and bindings to an administrator",
        reference="KSV-0051; Kubernetes documentation, RBAC good practices",
        kinds=ROLES,
        check=changes_rights,
        level=Level.ADVISORY,
    ),
    Rule(
        id="rbac/cluster-secrets",
        severity=Severity.HIGH,
        protects="every password in the cluster",
        fix="use a Role in one namespace, with resourceNames",
        reference="CIS EKS 4.1.2; KSV-0041",
        kinds=ROLES[1:],
        check=secrets,
    ),
    Rule(
        id="rbac/cluster-wide",
        severity=Severity.HIGH,
        protects="namespaces of others: what is given here is given in all of them",
        fix="use a Role in the namespaces that are meant, or allow it in policies/rules.yaml",
        reference="CIS EKS 4.1.3; Kubernetes documentation, RBAC good practices",
        kinds=ROLES[1:],
        check=cluster_wide,
        config=ClusterWideConfig,
    ),
    Rule(
        id="rbac/secrets",
        severity=Severity.MEDIUM,
        protects="every password in the namespace",
        fix="list the Secrets that are read in resourceNames, or mount them",
        reference="CIS EKS 4.1.2; KSV-0113",
        kinds=ROLES[:1],
        check=secrets,
        level=Level.ADVISORY,
    ),
)
