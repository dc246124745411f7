"""A file system of EFS, which every node of the VPC's private subnets can mount."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from .documents import mounted_over_tls
from .security_group import one_port
from .site import child

if TYPE_CHECKING:
    from .network import Network
    from .site import Site

NFS = 2049
# A model that nobody loads for a month costs little to keep; loading it once brings it back.
LIFECYCLE = (
    aws.efs.FileSystemLifecyclePolicyArgs(transition_to_ia="AFTER_30_DAYS"),
    aws.efs.FileSystemLifecyclePolicyArgs(transition_to_primary_storage_class="AFTER_1_ACCESS"),
)


class SharedFiles(pulumi.ComponentResource):
    """The file system, with an address in every zone for the nodes and for nobody else.

    Nobody mounts it in the clear or as root.
    """

    id: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 all but two are keyword-only
        self,
        name: str,
        site: Site,
        *,
        network: Network,
        nodes: pulumi.Input[str],
        key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """``nodes``: the security group that they are in."""
        super().__init__("researchflow:index:SharedFiles", name, {"encrypted": True}, opts)
        files = aws.efs.FileSystem(
            name,
            encrypted=True,
            kms_key_id=key_arn,
            # The throughput of "bursting" grows with what is stored: a small model loads slowly.
            throughput_mode="elastic",
            lifecycle_policies=LIFECYCLE,
            tags=site.tags(name),
            opts=child(self, protect=site.production),
        )
        aws.efs.BackupPolicy(
            f"{name}-backups",
            file_system_id=files.id,
            backup_policy=aws.efs.BackupPolicyBackupPolicyArgs(status="ENABLED"),
            opts=child(self),
        )
        aws.efs.FileSystemPolicy(
            f"{name}-policy",
            file_system_id=files.id,
            policy=files.arn.apply(mounted_over_tls),
            opts=child(self),
        )
        self._mount_targets(name, site, files, network, nodes)
        self.id, self.arn = files.id, files.arn
        self.register_outputs({"id": self.id})

    def _mount_targets(
        self,
        name: str,
        site: Site,
        files: aws.efs.FileSystem,
        network: Network,
        nodes: pulumi.Input[str],
    ) -> None:
        group = one_port(
            f"{name}-group",
            site,
            vpc_id=network.vpc_id,
            port=NFS,
            who="NFS from the nodes",
            what="the shared file system",
            groups=[nodes],
            parent=self,
        )
        for letter, subnet in network.private_subnets.items():
            aws.efs.MountTarget(
                f"{name}-{letter}",
                file_system_id=files.id,
                subnet_id=subnet,
                security_groups=[group.id],
                opts=child(self),
            )
