"""Registries of our own images: a tag is pushed once, and what is pushed is scanned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from .site import child

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .site import Site

UNTAGGED_DAYS = 14
LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "description": f"Images without a tag go after {UNTAGGED_DAYS} days",
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": UNTAGGED_DAYS,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)


class Repositories(pulumi.ComponentResource):
    """A repository in ECR for each of ``names``."""

    urls: dict[str, str]
    """What an image's reference begins with, by name."""

    def __init__(
        self,
        name: str,
        site: Site,
        names: Sequence[str],
        *,
        key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("researchflow:index:Repositories", name, {"names": list(names)}, opts)
        registry = f"{site.account}.dkr.ecr.{site.region}.amazonaws.com"
        self.urls = {each: f"{registry}/{site.named(each)}" for each in names}
        encryption = aws.ecr.RepositoryEncryptionConfigurationArgs(
            encryption_type="KMS", kms_key=key_arn
        )
        for each in names:
            logical = f"{name}-{each}"
            repository = aws.ecr.Repository(
                logical,
                name=site.named(each),
                image_tag_mutability="IMMUTABLE",
                image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(
                    scan_on_push=True
                ),
                encryption_configurations=[encryption],
                tags=site.tags(each),
                opts=child(self, protect=site.production),
            )
            aws.ecr.LifecyclePolicy(
                f"{logical}-lifecycle",
                repository=repository.name,
                policy=LIFECYCLE,
                opts=child(self),
            )
        self.register_outputs({"urls": self.urls})
