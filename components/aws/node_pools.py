"""NodePools of Karpenter and NodeClasses of EKS Auto Mode, as the Kubernetes API spells them. Pure.

The definition of NodePool is Karpenter's own. NodeClass has none in public: its fields are those of
the EKS user guide, "Create a Node Class for Amazon EKS".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..platforms.kubernetes.pod import GPU, POOL_LABEL
from ..platforms.kubernetes.quantity import cpu, memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from .args import PoolArgs

Body = dict[str, Any]

GROUP = "eks.amazonaws.com"
NODES_LIVE = 21
"""Days after which EKS ends a node, whatever its pool says."""
GRACE_HOURS = 24
"""What pods of a node that goes have at most, however long they ask for."""
# A node that is empty for a moment, between two jobs or versions, is not worth a new one.
EMPTY_FOR = "10m"


@dataclass(frozen=True, kw_only=True)
class NodeSite:
    """Where nodes come to be. Ids and the key are those of resources, and unknown in a plan."""

    role: str
    subnets: Sequence[pulumi.Input[str]]
    security_group: pulumi.Input[str]
    key: pulumi.Input[str]


def node_pool(name: str, args: PoolArgs, labels: Mapping[str, str]) -> Body:
    """The NodePool called ``name``, whose nodes carry it as their pool's label."""
    taints = [{"key": GPU, "value": "true", "effect": "NoSchedule"}] if args.gpus else None
    spec = {
        "nodeClassRef": {"group": GROUP, "kind": "NodeClass", "name": name},
        "requirements": requirements(args),
        "expireAfter": f"{args.lifetime_days * 24}h",
        "terminationGracePeriod": f"{GRACE_HOURS}h",
        **({"taints": taints} if taints else {}),
    }
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {
            "template": {"metadata": {"labels": {POOL_LABEL: name}}, "spec": spec},
            "limits": limits(args),
            "disruption": disruption(args),
        },
    }


def requirements(args: PoolArgs) -> list[Body]:
    """What a node must be. Auto Mode's own labels stand for Karpenter's ``karpenter.k8s.aws/``."""
    capacity = [*args.capacity, *(["reserved"] if args.reservations else [])]
    wanted: list[tuple[str, Sequence[str]]] = [
        ("kubernetes.io/arch", ["amd64"]),
        ("karpenter.sh/capacity-type", capacity),
    ]
    if args.instance_types:
        wanted.append(("node.kubernetes.io/instance-type", args.instance_types))
    else:
        wanted.append((f"{GROUP}/instance-family", args.families))
    if args.gpus:
        wanted.append((f"{GROUP}/instance-gpu-manufacturer", ["nvidia"]))
    return [{"key": key, "operator": "In", "values": list(values)} for key, values in wanted]


def limits(args: PoolArgs) -> dict[str, str]:
    """Where a pool stops growing, however many pods wait."""
    found = {}
    if args.gpus is not None:
        found[GPU] = str(args.gpus)
    if args.cpus is not None:
        found["cpu"] = cpu(args.cpus)
    if args.memory is not None:
        found["memory"] = memory(args.memory)
    return found


def disruption(args: PoolArgs) -> Body:
    """When nodes go. One with GPUs goes when it is empty, and for nothing else but its age.

    Moving a pod to fill nodes better loads its model anew, for minutes, and would do so while it is
    still loading (report A, P10). No budget holds a node back from its end by age.
    """
    if args.gpus:
        return {
            "consolidationPolicy": "WhenEmpty",
            "consolidateAfter": EMPTY_FOR,
            "budgets": [
                {"nodes": "100%", "reasons": ["Empty"]},
                {"nodes": "0", "reasons": ["Underutilized", "Drifted"]},
            ],
        }
    return {
        "consolidationPolicy": "WhenEmptyOrUnderutilized",
        "consolidateAfter": EMPTY_FOR,
        "budgets": [{"nodes": "10%"}],
    }


def node_class(name: str, args: PoolArgs, site: NodeSite, labels: Mapping[str, str]) -> Body:
    """The NodeClass called ``name``. Its nodes have no public address and answer no SSH.

    Auto Mode sets the hop limit of the metadata service to 1 and offers no other: pods cannot take
    the node's credentials, and have to have a role of their own.
    """
    terms = [{"id": each} for each in args.reservations]
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "NodeClass",
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {
            "role": site.role,
            "subnetSelectorTerms": [{"id": each} for each in site.subnets],
            "securityGroupSelectorTerms": [{"id": site.security_group}],
            "networkPolicy": "DefaultAllow",
            "networkPolicyEventLogs": "Enabled",
            "ephemeralStorage": {"size": f"{args.disk}Gi", "kmsKeyID": site.key},
            **({"capacityReservationSelectorTerms": terms} if terms else {}),
        },
    }
