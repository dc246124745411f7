"""Storage in Kubernetes, and volumes in memory on both platforms."""

from typing import Any

from tests.policy.cases.case import Case
from tests.policy.cases.containers import deployment

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CONTAINER = "docker:index/container:Container"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
VOLUME = "kubernetes:core/v1:PersistentVolume"


def volume(**source: Any) -> dict[str, Any]:
    return deployment(volumes=[{"name": "data", **source}])


def storage_class(provisioner: str, **parameters: str) -> dict[str, Any]:
    return {"provisioner": provisioner, "parameters": parameters}


CASES = (
    Case(
        rule="volumes/runtime-socket",
        token=DEPLOYMENT,
        red=(
            volume(hostPath={"path": "/var/run/docker.sock"}),
            volume(hostPath={"path": "/run/containerd/containerd.sock"}),
        ),
        green=(volume(hostPath={"path": "/var/log"}), volume(emptyDir={}), deployment()),
    ),
    Case(
        rule="volumes/host-path-volume",
        token=VOLUME,
        red=({"spec": {"hostPath": {"path": "/data"}}},),
        green=({"spec": {"csi": {"driver": "ebs.csi.aws.com"}}},),
    ),
    Case(
        rule="volumes/encrypted-class",
        token=CLASS,
        red=(
            storage_class("ebs.csi.aws.com"),
            storage_class("ebs.csi.eks.amazonaws.com", encrypted="false"),
        ),
        green=(
            storage_class("ebs.csi.aws.com", encrypted="true"),
            storage_class("efs.csi.aws.com"),
        ),
    ),
    Case(
        rule="volumes/scratch-size",
        token=DEPLOYMENT,
        red=(volume(emptyDir={}),),
        green=(
            volume(emptyDir={"sizeLimit": "1Gi"}),
            volume(emptyDir={"medium": "Memory"}),
            volume(configMap={"name": "a"}),
            deployment(
                {"resources": {"limits": {"ephemeral-storage": "1Gi"}}},
                volumes=[{"name": "data", "emptyDir": {}}],
            ),
        ),
    ),
    Case(
        rule="memory-volumes/size",
        token=DEPLOYMENT,
        red=(volume(emptyDir={"medium": "Memory"}),),
        green=(
            volume(emptyDir={"medium": "Memory", "sizeLimit": "64Mi"}),
            volume(emptyDir={}),
            deployment(),
        ),
    ),
    Case(
        rule="memory-volumes/size",
        token=CONTAINER,
        red=(
            {"tmpfs": {"/tmp": "mode=1777"}},
            {"tmpfs": {"/tmp": ""}},
            {"mounts": [{"type": "tmpfs", "target": "/tmp"}]},
        ),
        green=(
            {"tmpfs": {"/tmp": "size=64m,mode=1777"}},
            {"mounts": [{"type": "tmpfs", "tmpfsOptions": {"sizeBytes": 1024}}]},
            {"mounts": [{"type": "volume", "source": "data"}]},
            {},
        ),
    ),
)
