"""Buckets that keep what was overwritten, under a key of the account's, for nobody outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from .documents import tls_only
from .site import child

if TYPE_CHECKING:
    from .args import BackupsArgs
    from .site import Site

UNFINISHED_DAYS = 7
"""Days after which the parts of an upload that nobody finished are deleted."""


class Bucket(pulumi.ComponentResource):
    """An S3 bucket. Even an administrator empties it by hand before it can be deleted."""

    called: str
    """Its name, known before it is made."""

    def __init__(  # noqa: PLR0913 all but two are keyword-only
        self,
        name: str,
        site: Site,
        *,
        key_arn: pulumi.Input[str],
        keep_days: int,
        lock: BackupsArgs | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        locked = lock is not None and lock.lock is not None
        known = {"locked": locked, "keepDays": keep_days}
        super().__init__("researchflow:index:Bucket", name, known, opts)
        self.called = site.bucket(name)
        self._name = name
        self._bucket = aws.s3.Bucket(
            name,
            bucket=self.called,
            object_lock_enabled=locked,
            tags=site.tags(name),
            opts=child(self, protect=site.production),
        )
        self._close()
        self._encrypt(key_arn)
        versioning = self._keep(keep_days)
        if lock is not None and lock.lock is not None:
            self._lock(lock, versioning)
        self.register_outputs({"name": self.called})

    def _close(self) -> None:
        """No public access by any way, no lists of old, and nothing in the clear."""
        block = aws.s3.BucketPublicAccessBlock(
            f"{self._name}-public-access",
            bucket=self._bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child(self),
        )
        aws.s3.BucketOwnershipControls(
            f"{self._name}-ownership",
            bucket=self._bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child(self),
        )
        aws.s3.BucketPolicy(
            f"{self._name}-policy",
            bucket=self._bucket.bucket,
            policy=tls_only(self.called),
            # Two changes of a bucket's policies at once get in each other's way.
            opts=child(self, block),
        )

    def _encrypt(self, key_arn: pulumi.Input[str]) -> None:
        by_default = (
            aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            bucket=self._bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default(
                        sse_algorithm="aws:kms", kms_master_key_id=key_arn
                    ),
                    # A key of the bucket's own, so that not every object is a request to KMS.
                    bucket_key_enabled=True,
                )
            ],
            opts=child(self),
        )

    def _keep(self, days: int) -> aws.s3.BucketVersioning:
        """Old versions for ``days``. What is current is deleted by whoever wrote it, or never."""
        versioning = aws.s3.BucketVersioning(
            f"{self._name}-versioning",
            bucket=self._bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(
                status="Enabled"
            ),
            opts=child(self),
        )
        rule = aws.s3.BucketLifecycleConfigurationRuleArgs
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=self._bucket.bucket,
            rules=[
                rule(
                    id="old-versions",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    noncurrent_version_expiration=(
                        aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                            noncurrent_days=days
                        )
                    ),
                    abort_incomplete_multipart_upload=(
                        aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                            days_after_initiation=UNFINISHED_DAYS
                        )
                    ),
                )
            ],
            opts=child(self, versioning),
        )
        return versioning

    def _lock(self, lock: BackupsArgs, versioning: aws.s3.BucketVersioning) -> None:
        retention = aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
            mode=lock.lock, days=lock.lock_days
        )
        aws.s3.BucketObjectLockConfiguration(
            f"{self._name}-lock",
            bucket=self._bucket.bucket,
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(default_retention=retention),
            opts=child(self, versioning),
        )
