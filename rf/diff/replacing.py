"""Which changed properties make a provider replace a resource, and which the API refuses. Pure.

Kubernetes: the table ``forceNew`` and ``DiffConfig`` of pulumi-kubernetes
(``provider/pkg/provider/{diff,provider}.go``, v4). Docker: the attributes without ``ForceNew`` in
kreuzwerker/terraform-provider-docker (``internal/provider/resource_docker_*.go``, v4), which
pulumi-docker bridges. AWS: ``ForceNew`` in hashicorp/terraform-provider-aws
(``internal/service/{eks/cluster,kms/key,ecr/repository}.go``). Of everything else it is not known.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from ..plan.model import Resource
from .properties import Difference, Path


class Effect(Enum):
    """What a changed property does."""

    UPDATE = "changes in place"
    REPLACE = "forces the replacement"
    MAYBE = "may replace"
    REFUSED = "is refused by the API"


SELECTOR = (("spec", "selector"),)
KUBERNETES: Mapping[str, tuple[Path, ...]] = {
    "apps/Deployment": SELECTOR,
    "apps/DaemonSet": SELECTOR,
    "apps/StatefulSet": (
        *SELECTOR,
        ("spec", "podManagementPolicy"),
        ("spec", "revisionHistoryLimit"),
        ("spec", "serviceName"),
        ("spec", "volumeClaimTemplates"),
    ),
    "batch/Job": (
        *SELECTOR,
        ("spec", "completions"),
        ("spec", "parallelism"),
        ("spec", "template"),
    ),
    "core/PersistentVolumeClaim": (
        *SELECTOR,
        ("spec", "accessModes"),
        ("spec", "storageClassName"),
        ("spec", "volumeName"),
    ),
    "core/Pod": (("spec",),),
    "core/ResourceQuota": (("spec", "scopes"),),
    "core/Secret": (("type",),),
    "core/Service": (("spec", "clusterIP"),),
    "rbac.authorization.k8s.io/RoleBinding": (("roleRef",),),
    "rbac.authorization.k8s.io/ClusterRoleBinding": (("roleRef",),),
    "storage.k8s.io/StorageClass": (("parameters",), ("provisioner",)),
}
"""Properties that cannot be changed, by group and kind; besides name and namespace of all."""
IDENTITY: tuple[Path, ...] = (("metadata", "name"), ("metadata", "namespace"))
REFUSED: Mapping[str, tuple[Path, ...]] = {
    "core/PersistentVolumeClaim": (
        ("spec", "dataSource"),
        ("spec", "dataSourceRef"),
        ("spec", "volumeMode"),
    )
}
CONTENTS = {
    "core/ConfigMap": ("enableConfigMapMutable", (("data",), ("binaryData",))),
    "core/Secret": ("enableSecretMutable", (("data",), ("stringData",), ("type",))),
}
"""What is replaced when the object is immutable, or the provider is not told to change it."""

CLAIM = "core/PersistentVolumeClaim"
STORAGE: Path = ("spec", "resources", "requests", "storage")
UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "G": 10**9, "T": 10**12}

IN_PLACE: Mapping[str, frozenset[str]] = {
    "docker:index/container:Container": frozenset(
        {
            *("attach", "cpuPeriod", "cpuQuota", "cpuSet", "cpuShares", "destroyGraceSeconds"),
            *("healthcheck", "init", "logs", "maxRetryCount", "memory", "memoryReservation"),
            *("memorySwap", "mustRun", "removeVolumes", "restart", "rm", "start", "tmpfs"),
            *("wait", "waitTimeout", "containerReadRefreshTimeoutMilliseconds"),
        }
    ),
    "docker:index/volume:Volume": frozenset({"cluster"}),
    "docker:index/network:Network": frozenset(),
    "docker:index/remoteImage:RemoteImage": frozenset({"build", "forceRemove", "keepLocally"}),
    "pulumi:providers:docker": frozenset({"registryAuth"}),
}
"""All that Docker's provider changes without making the thing anew."""
AWS_IN_PLACE: Mapping[str, frozenset[str]] = {
    "aws:ecr/repository:Repository": frozenset(
        {"forceDelete", "imageScanningConfiguration", "imageTagMutability"}
    ),
    "aws:eks/cluster:Cluster": frozenset(
        {
            *("enabledClusterLogTypes", "storageConfig", "upgradePolicy", "version"),
            *("vpcConfig", "zonalShiftConfig"),
        }
    ),
    "aws:kms/key:Key": frozenset(
        {
            *("bypassPolicyLockoutSafetyCheck", "deletionWindowInDays", "description"),
            *("enableKeyRotation", "isEnabled", "policy", "rotationPeriodInDays"),
        }
    ),
}
AWS_FIXED: Mapping[str, tuple[Path, ...]] = {
    "aws:ecr/repository:Repository": (("encryptionConfigurations",), ("name",)),
    "aws:eks/cluster:Cluster": (
        ("accessConfig", "bootstrapClusterCreatorAdminPermissions"),
        ("bootstrapSelfManagedAddons",),
        ("kubernetesNetworkConfig", "ipFamily"),
        ("kubernetesNetworkConfig", "serviceIpv4Cidr"),
        ("name",),
        ("remoteNetworkConfig",),
        ("roleArn",),
    ),
    "aws:kms/key:Key": (
        ("customKeyStoreId",),
        ("customerMasterKeySpec",),
        ("keyUsage",),
        ("multiRegion",),
        ("xksKeyId",),
    ),
}
TAGS = frozenset({"tags", "tagsAll"})
CLUSTER = frozenset({"cluster", "context", "kubeconfig"})
"""Where a provider's cluster is. Another one means that everything is made anew there."""


def effect(difference: Difference, resource: Resource, provider: Resource | None) -> Effect:
    """What ``difference`` does to ``resource``, which ``provider`` makes."""
    package = resource.type.partition(":")[0]
    top = difference.path[0]
    if any(_listed(difference, option) for option in resource.options.replace_on_changes):
        return Effect.REPLACE
    if resource.type == "pulumi:providers:kubernetes":
        return _of_cluster(difference)
    if package == "kubernetes":
        return _of_object(difference, resource, provider)
    if resource.type in IN_PLACE:
        return Effect.UPDATE if top in IN_PLACE[resource.type] else Effect.REPLACE
    if any(_below(difference.path, each) for each in AWS_FIXED.get(resource.type, ())):
        return Effect.REPLACE
    in_place = AWS_IN_PLACE.get(resource.type, frozenset()) | TAGS
    return Effect.UPDATE if top in in_place else Effect.MAYBE


def ignored(difference: Difference, resource: Resource) -> bool:
    """Whether the program says that the engine is not to look at it."""
    return any(_listed(difference, option) for option in resource.options.ignore_changes)


def group_kind(type_: str) -> str:
    """``apps/Deployment`` of ``kubernetes:apps/v1:Deployment``."""
    api_version, _, kind = type_.removeprefix("kubernetes:").rpartition(":")
    return f"{api_version.rpartition('/')[0] or 'core'}/{kind}"


def _of_cluster(difference: Difference) -> Effect:
    match difference.path[0]:
        case "clusterIdentifier" | "renderYamlToDirectory":
            return Effect.REPLACE
        case key if key in CLUSTER:
            return Effect.MAYBE
    return Effect.UPDATE


def _of_object(difference: Difference, resource: Resource, provider: Resource | None) -> Effect:
    kind, path = group_kind(resource.type), difference.path
    fixed = (*IDENTITY, *KUBERNETES.get(kind, ()))
    if kind in CONTENTS:
        option, contents = CONTENTS[kind]
        changeable = provider is not None and provider.inputs.get(option) in ("true", True)
        if not changeable or resource.inputs.get("immutable") is True:
            fixed = (*fixed, *contents)
    if any(_below(path, each) for each in fixed):
        return Effect.REPLACE
    if any(_below(path, each) for each in REFUSED.get(kind, ())):
        return Effect.REFUSED
    if kind == CLAIM and path == STORAGE and _shrinks(difference):
        return Effect.REFUSED
    return Effect.UPDATE


def _below(path: Path, top: Path) -> bool:
    """Whether ``path`` is ``top``, lies in it or holds it."""
    length = min(len(path), len(top))
    return path[:length] == top[:length]


def _listed(difference: Difference, option: str) -> bool:
    """Whether a resource option such as ``spec.replicas`` is about the property."""
    text = difference.text
    return option in ("*", text) or text.startswith((f"{option}.", f"{option}["))


def _shrinks(difference: Difference) -> bool:
    before, after = _bytes(difference.before), _bytes(difference.after)
    return before is not None and after is not None and after < before


def _bytes(quantity: Any) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", str(quantity))
    if found is None or found[2] not in UNITS:
        return None
    return float(found[1]) * UNITS[found[2]]
