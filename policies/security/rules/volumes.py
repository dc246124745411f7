"""Storage in Kubernetes beyond the Pod Security Standards."""

from collections.abc import Iterator

from policies.framework.kubernetes import WORKLOADS, containers, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, Severity
from policies.framework.together import in_doubt, refuse_when
from policies.framework.values import Finding

from .host_paths import is_runtime_socket

EBS = ("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com", "kubernetes.io/aws-ebs")


def runtime_socket(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Whoever talks to the container runtime is root on the node, through a read-only mount too."""
    for volume in pod_spec(resource)["volumes"].items():
        yield from volume["hostPath"]["path"].refuse_if(
            is_runtime_socket, "must not be the container runtime's socket"
        )


def host_path_volume(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A claim on such a volume is a host path that no Pod Security level sees."""
    yield from resource["spec"]["hostPath"].refuse_if(
        lambda value: value is not None, "must not be a folder of a node"
    )


def encrypted_class(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """EBS volumes are in clear unless the class or the account says otherwise."""
    provisioner = resource["provisioner"]
    if not provisioner.hidden and provisioner.value not in EBS:
        return
    yield from refuse_when(
        (resource["parameters"]["encrypted"], provisioner),
        lambda encrypted, _provisioner: str(encrypted).lower() != "true",
        "must be true",
    )


def scratch_size(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """An emptyDir without a size takes the node's disk, unless the whole pod has a limit."""
    spec = pod_spec(resource)
    limits = [
        container["resources"]["limits"]["ephemeral-storage"]
        for container in containers(spec, "initContainers", "containers")
    ]
    if limits and not any(limit.absent or limit.hidden for limit in limits):
        return
    for volume in spec["volumes"].items():
        folder, medium = volume["emptyDir"], volume["emptyDir"]["medium"]
        if not folder.absent and (medium.hidden or medium.value != "Memory"):
            yield from in_doubt(folder["sizeLimit"].require("must be set"), medium, *limits)


RULES = (
    Rule(
        id="volumes/runtime-socket",
        severity=Severity.CRITICAL,
        protects="the node: the runtime's socket starts any container with any right",
        fix="remove the volume",
        reference="CKV_K8S_27; KSV-0006; Kyverno disallow-cri-sock-mount",
        kinds=WORKLOADS,
        check=runtime_socket,
    ),
    Rule(
        id="volumes/host-path-volume",
        severity=Severity.HIGH,
        protects="the node's files, which any claim on the volume reaches",
        fix="use a storage class of the cluster",
        reference="Kyverno limit-hostpath-type-pv; C-0264",
        kinds=("core/PersistentVolume",),
        check=host_path_volume,
    ),
    Rule(
        id="volumes/encrypted-class",
        severity=Severity.HIGH,
        protects="models, vectors and passwords on disks that are thrown away",
        fix='set parameters.encrypted to "true"',
        reference="guide, Data Security; EKS best practices, Data encryption",
        kinds=("storage.k8s.io/StorageClass",),
        check=encrypted_class,
    ),
    Rule(
        id="volumes/scratch-size",
        severity=Severity.LOW,
        protects="other pods on the node, which are evicted when its disk is full",
        fix="set emptyDir.sizeLimit, or limits of ephemeral-storage for all containers",
        reference="Kyverno require-emptydir-requests-limits, add-emptydir-sizelimit",
        kinds=WORKLOADS,
        check=scratch_size,
        level=Level.ADVISORY,
    ),
)
