"""Volumes that several nodes mount at once: EFS, its driver and a storage class.

Auto Mode brings the driver of disks only. That of EFS is an add-on of EKS. No version is named: it
is the default for the cluster's when the add-on is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from ..storage_classes import FILES
from .cluster_objects import labels
from .documents import allow
from .pod_roles import PodRole
from .shared_files import SharedFiles
from .site import child

if TYPE_CHECKING:
    from .cluster import Cluster
    from .cluster_objects import Pools
    from .documents import Statement
    from .keys import Key
    from .network import Network
    from .site import Site

DRIVER = "aws-efs-csi-driver"
CONTROLLER = "efs-csi-controller-sa"
"""Service account of the part of the driver that makes volumes, as the add-on calls it."""
OWN_TAG = "efs.csi.aws.com/cluster"
"""Tag of what the driver has made."""
USER = 1000
"""Whom every file of a volume belongs to, whoever writes it: the user of Ollama and Triton."""


def shared_storage(  # noqa: PLR0913 all but one are keyword-only
    site: Site,
    *,
    network: Network,
    cluster: Cluster,
    pools: Pools,
    key: Key,
    aws_opts: pulumi.ResourceOptions,
    kubernetes_opts: pulumi.ResourceOptions,
) -> str:
    """Register all of it; the name of the storage class."""
    files = SharedFiles(
        "shared-files",
        site,
        network=network,
        nodes=cluster.security_group_id,
        key_arn=key.arn,
        opts=aws_opts,
    )
    role = PodRole("pod-shared-files", site, provisioning(site, files.arn), aws_opts)
    storage = SharedStorage(
        "shared-storage",
        site,
        cluster.name,
        files=files,
        role=role,
        pools=pools,
        opts=pulumi.ResourceOptions.merge(aws_opts, kubernetes_opts),
    )
    return storage.storage_class


class SharedStorage(pulumi.ComponentResource):
    """The driver, and the class whose volumes are folders of a file system."""

    storage_class: str

    def __init__(  # noqa: PLR0913 all but three are keyword-only
        self,
        name: str,
        site: Site,
        cluster: pulumi.Input[str],
        *,
        files: SharedFiles,
        role: PodRole,
        pools: Pools,
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("researchflow:index:SharedStorage", name, {"driver": DRIVER}, opts)
        self.storage_class = FILES
        driver = aws.eks.Addon(
            f"{name}-driver",
            cluster_name=cluster,
            addon_name=DRIVER,
            pod_identity_associations=[
                aws.eks.AddonPodIdentityAssociationArgs(
                    service_account=CONTROLLER, role_arn=role.arn
                )
            ],
            tags=site.tags(name),
            # It is ready when its pods are, and those need a node.
            opts=child(self, role, pools),
        )
        k8s.storage.v1.StorageClass(
            f"{name}-class",
            metadata={"name": FILES, "labels": labels(site)},
            provisioner="efs.csi.aws.com",
            parameters={
                "provisioningMode": "efs-ap",
                "fileSystemId": files.id,
                "directoryPerms": "700",
                "uid": str(USER),
                "gid": str(USER),
            },
            reclaim_policy="Retain",
            # A file system is in every zone: which one the pod goes to makes no difference.
            volume_binding_mode="Immediate",
            opts=child(self, driver, files),
        )
        self.register_outputs({"storageClass": self.storage_class})


def provisioning(site: Site, files: pulumi.Input[str]) -> tuple[Statement, ...]:
    """Make access points of the file system whose ARN is ``files``, and take back one's own."""
    points = f"arn:aws:elasticfilesystem:{site.region}:{site.account}:access-point/*"
    service = "elasticfilesystem"
    describe = [f"{service}:DescribeAccessPoints", f"{service}:DescribeFileSystems"]
    creating = {"StringEquals": {f"{service}:CreateAction": "CreateAccessPoint"}}
    return (
        allow("Look", describe, [files, points]),
        allow(
            "Make",
            [f"{service}:CreateAccessPoint"],
            [files],
            conditions={"StringEquals": {f"aws:RequestTag/{OWN_TAG}": "true"}},
        ),
        allow("Tag", [f"{service}:TagResource"], [files, points], conditions=creating),
        allow(
            "TakeBack",
            [f"{service}:DeleteAccessPoint"],
            [points],
            conditions={"StringEquals": {f"aws:ResourceTag/{OWN_TAG}": "true"}},
        ),
    )
