"""Who may speak to whom inside a cluster.

Whether every pod is covered takes all resources of a stack, and such a rule can only advise. What
stops a deployment is said of the platform's own component: each of its namespaces is closed by
default, so a pod that no policy names reaches nobody and is reached by nobody.
"""

import ipaddress
from collections.abc import Iterator

from policies.framework.kubernetes import WORKLOADS, pod
from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, Severity, StackRule
from policies.framework.selectors import means
from policies.framework.together import in_doubt
from policies.framework.values import Finding, Node

POLICY = ("networking.k8s.io/NetworkPolicy",)
PLATFORM = ("researchflow:index:KubernetesPlatform",)
METADATA = tuple(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254")))
METADATA_PORT = 80


def open_namespace(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """One rule without sources, for all pods, and the namespace has no policy at all."""
    selector = _parts(resource["spec"]["podSelector"])
    if any(part.value for part in selector if not part.hidden):
        return
    for rule in resource["spec"]["ingress"].items():
        yield from in_doubt(
            _if_everything(rule, "must not let everybody reach every pod"),
            *selector,
        )


def open_rule(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A rule that names neither peers nor ports."""
    for direction in ("ingress", "egress"):
        for rule in resource["spec"][direction].items():
            yield from _if_everything(rule, "must name peers or ports")


def metadata_service(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """The address at which a node gives its cloud credentials to any process."""
    for rule in resource["spec"]["egress"].items():
        if _allows_port(rule["ports"], METADATA_PORT):
            for peer in rule["to"].items():
                yield from in_doubt(_reaches_metadata(peer["ipBlock"]), *_numbers(rule["ports"]))


def closed_by_default(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Every namespace that the platform makes is among those it closes."""
    closed = resource["closedNamespaces"]
    names = list(closed.items())
    for key in ("namespace", "nodeNamespace"):
        namespace = resource[key]
        message = "must be among closedNamespaces, whose pods reach nobody unless a policy says so"
        unclear = next((node for node in (namespace, *names) if node.hidden), None)
        if unclear:
            yield unclear.undecided(message)
        elif namespace.value not in [name.value for name in names]:
            yield namespace.violation(message)


def pods_covered(
    resources: tuple[Resource, ...], _config: NoConfig
) -> Iterator[tuple[Resource, Finding]]:
    """Every pod is selected by at least one NetworkPolicy of its namespace."""
    policies = [each for each in resources if each.kind in POLICY]
    for workload in resources:
        if workload.kind not in WORKLOADS:
            continue
        labels = pod(workload)["metadata"]["labels"]
        verdicts = {means(each, each["spec"]["podSelector"], workload) for each in policies}
        message = "must be selected by a NetworkPolicy"
        if True in verdicts:
            continue
        yield (
            workload,
            (labels.undecided(message) if None in verdicts else labels.violation(message)),
        )


def is_everything(value: object) -> bool:
    """An empty selector or rule: everybody, everywhere."""
    return value is None or (isinstance(value, dict) and not any(value.values()))


def _if_everything(rule: Node, message: str) -> Iterator[Finding]:
    """A violation where ``rule`` is empty; undecided where what it holds may turn out to be."""
    parts = [rule, *_parts(rule)]
    hidden = next((part for part in parts if part.hidden), None)
    if hidden and not any(part.value for part in parts[1:] if not part.hidden):
        yield hidden.undecided(message)
    elif not hidden:
        yield from rule.refuse_if(is_everything, message)


def _parts(node: Node) -> list[Node]:
    return [part for _key, part in node.entries()]


def _allows_port(ports: Node, number: int) -> bool:
    """Whether ``number`` may be among ``ports``; none named is all of them."""
    return not ports.value or any(_may_be(port, number) for port in ports.items())


def _numbers(ports: Node) -> Iterator[Node]:
    """What says which ports are meant."""
    for port in ports.items():
        yield from (port["port"], port["endPort"])


def _may_be(port: Node, number: int) -> bool:
    first, last = port["port"].value, port["endPort"].value
    if not isinstance(first, int) or not isinstance(last, int | None):
        return True
    return first <= number <= (last or first)


def _reaches_metadata(block: Node) -> Iterator[Finding]:
    message = "must except 169.254.169.254, where nodes keep their credentials"
    excepted = list(block["except"].items())
    known = [str(item.value) for item in excepted if not item.hidden]
    cidr = block["cidr"]
    if block.absent or (not cidr.hidden and not _holds(str(cidr.value), known)):
        return
    unclear = next((node for node in (cidr, *excepted) if node.hidden), None)
    yield unclear.undecided(message) if unclear else cidr.violation(message)


def _holds(cidr: str, excepted: list[str]) -> bool:
    """Whether an address of the metadata service is in ``cidr`` and not in ``excepted``."""
    return any(
        _within(address, cidr) and not any(_within(address, each) for each in excepted)
        for address in METADATA
    )


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, cidr: str) -> bool:
    try:
        return address in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False


RULES = (
    Rule(
        id="network-policies/open-namespace",
        severity=Severity.HIGH,
        protects="every pod of the namespace from every other pod of the cluster",
        fix="select the pods that serve everybody, or name the peers in from",
        reference="CIS EKS 4.3.2; Kyverno restrict-networkpolicy-empty-podselector",
        kinds=POLICY,
        check=open_namespace,
    ),
    Rule(
        id="network-policies/open-rule",
        severity=Severity.LOW,
        protects="the selected pods: an empty rule is no rule",
        fix="name peers and ports",
        reference="EKS best practices, Network security",
        kinds=POLICY,
        check=open_rule,
        level=Level.ADVISORY,
    ),
    Rule(
        id="network-policies/metadata-service",
        severity=Severity.HIGH,
        protects="the cloud account, whose credentials a node gives to any process that asks",
        fix="add 169.254.0.0/16 to except",
        reference="EKS best practices, Restrict access to the instance profile",
        kinds=POLICY,
        check=metadata_service,
    ),
    Rule(
        id="network-policies/closed-by-default",
        severity=Severity.HIGH,
        protects="pods that no policy names: in an open namespace everybody reaches them",
        fix="add a NetworkPolicy that selects all pods and allows nothing to each namespace",
        reference="CIS EKS 4.3.2; guide, Network Security",
        kinds=PLATFORM,
        check=closed_by_default,
    ),
    StackRule(
        id="network-policies/pods-covered",
        severity=Severity.MEDIUM,
        protects="pods that no policy speaks of",
        fix="add a NetworkPolicy that selects the pod, or one that closes the namespace",
        reference="CIS EKS 4.3.2; CKV2_K8S_6",
        kinds=(*POLICY, *WORKLOADS),
        check=pods_covered,
    ),
)
