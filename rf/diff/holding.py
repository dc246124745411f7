"""What is lost with a resource that is deleted or replaced. Pure."""

from collections.abc import Mapping

from ..plan.model import Resource
from .replacing import group_kind

KUBERNETES: Mapping[str, str] = {
    "core/Namespace": "everything in it",
    "core/PersistentVolume": "its data",
    "core/PersistentVolumeClaim": "its data",
    "core/Secret": "the credentials in it",
    "apps/StatefulSet": "the identity of its pods",
    "apiextensions.k8s.io/CustomResourceDefinition": "every object of its kind",
}
DOCKER_VOLUME = "docker:index/volume:Volume"
REFILLED = "-files-"
"""In the name of a volume that a container fills with files of the program, each time it runs."""
OTHERS: Mapping[str, str] = {
    "aws:cloudwatch/logGroup:": "its logs",
    "aws:dynamodb/": "its data",
    "aws:ebs/volume:": "its data",
    "aws:ecr/repository:": "its images",
    "aws:efs/fileSystem:": "its data",
    "aws:eks/cluster:": "everything that runs in it",
    "aws:elasticache/": "its data",
    "aws:kms/key:": "whatever is encrypted with it",
    "aws:rds/": "its data",
    "aws:s3/bucket:": "its objects",
    "aws:s3/bucketV2:": "its objects",
    "aws:secretsmanager/secret:": "the credentials in it",
    "pulumi:providers:": "everything that it made, which is made anew",
}
"""By the beginning of the type."""


def loss(resource: Resource) -> str | None:
    """What goes with ``resource``; None where it can be made again from the program alone."""
    if resource.type == DOCKER_VOLUME:
        return None if REFILLED in resource.name else "its data"
    if resource.type.startswith("kubernetes:"):
        return KUBERNETES.get(group_kind(resource.type))
    for beginning, lost in OTHERS.items():
        if resource.type.startswith(beginning):
            return lost
    return None
