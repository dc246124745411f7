"""What a stack file may say about the Kubernetes cluster it deploys to."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from ...audience import Exposure
from ...matching import Matching
from ...storage_classes import DISKS, FILES
from ...types import STRICT, Name, Switch


def _network(value: str) -> str:
    """``value`` when it is an address range in CIDR notation."""
    ip_network(value)
    return value


Cidr = Annotated[str, AfterValidator(_network)]
"""A range of addresses such as 10.0.0.0/16."""
StackName = Annotated[
    str,
    Matching(
        r"^[\w.-]+/[\w.-]+/[\w.-]+$",
        "a stack with its organization and project",
        example="organization/researchflow-ai/staging-infra",
    ),
]
"""A stack with its organization and project. A backend without any calls it ``organization``."""
DomainName = Annotated[
    str,
    Matching(
        r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", "a DNS name in small letters", example="cluster.local"
    ),
]

PRIVATE_CIDRS = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
"""RFC 1918 and the shared range of RFC 6598, which clusters use for nodes and pods as well."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DnsArgs:
    """Where cluster DNS answers. Every pod may ask it; there is no name resolution elsewhere."""

    namespace: Name = "kube-system"
    pod_labels: Mapping[str, str] = Field(default_factory=lambda: {"k8s-app": "kube-dns"})
    cidrs: tuple[Cidr, ...] = ()
    """DNS servers that are not pods, as 172.20.0.10/32 or 169.254.20.10/32.

    NodeLocal DNSCache has a link-local address. EKS Auto Mode runs CoreDNS on the node, where no
    label selects it: it needs the address of the kube-dns Service (aws/containers-roadmap#2552).
    """
    domain: DomainName = "cluster.local"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class KedaArgs:
    """The KEDA that the cluster has; see docs/scaling.md for how to install it."""

    namespace: Name = "keda"
    """Where its operator runs, which asks Prometheus for the load."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class KubernetesArgs:
    """A cluster, and the place in it."""

    kind: Literal["kubernetes"] = "kubernetes"
    namespace: Name = "researchflow-ai"
    """Namespace of the platform. ``<namespace>-node`` is for agents that must see the host."""
    infrastructure: StackName | None = None
    """Stack that made the cluster, as organization/researchflow-ai/staging-infra.

    Its output ``kubeconfig`` is taken, and the secret of that name is not needed.
    """
    context: str | None = None
    """Context of the kubeconfig; the current one unless said."""
    storage_class: Name | None = None
    """Storage class of volumes. Unset: what ``infrastructure`` made, or the cluster's default."""
    shared_storage_class: Name | None = None
    """Storage class of volumes that several nodes mount at once (ReadWriteMany).

    Unset: what ``infrastructure`` made where it says ``storage.shared``, or the cluster's default.
    Take one that binds at once (``volumeBindingMode: Immediate``): while a claim waits for its
    first pod, the scheduler sends every other copy to that pod's node.
    """
    storage_encrypted: Switch = False
    """Says that these classes encrypt what they hold; nothing here can see it.

    Production needs it for every class but those that ``infrastructure`` made.
    """
    exposure: Exposure = "cluster"
    """Who may open connections to the gateway.

    ``cluster``: the declared clients only. ``internal``: whoever reaches an internal load balancer.
    ``public``: everybody.
    """
    dns: DnsArgs = Field(default_factory=DnsArgs)
    keda: KedaArgs | None = None
    """Set where the cluster has KEDA; ``scaling`` needs it. ``{}`` takes its usual namespace."""
    api_server_cidrs: tuple[Cidr, ...] = PRIVATE_CIDRS
    """Where the Kubernetes API server may be, for the services that may ask it.

    No label selects it, so a NetworkPolicy needs addresses. The exact ones, from ``kubectl get
    endpoints kubernetes``, are narrower than the default; managed clusters may change theirs.
    """
    node_cidrs: tuple[Cidr, ...] = PRIVATE_CIDRS
    """Where nodes are, for Prometheus where it reads their kubelets."""

    def class_of(self, *, shared: bool) -> str | None:
        """Storage class of a volume of one node, or of several; None is the cluster's default."""
        named = self.shared_storage_class if shared else self.storage_class
        if named is None and self.infrastructure is not None:
            return FILES if shared else DISKS
        return named

    @property
    def node_namespace(self) -> str:
        """Where agents live that cannot meet the restricted Pod Security level."""
        return f"{self.namespace}-node"
