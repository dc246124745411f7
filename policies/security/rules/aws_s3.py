"""S3 buckets as pulumi-aws 7 describes them: a bucket, and a resource for each of its settings.

A bucket made today refuses public access and encrypts with a key of S3's by itself, so these rules
look at what is switched off. That a bucket lacks a setting can only be seen beside all others of a
stack: ``incomplete`` advises.
"""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, Severity, StackRule
from policies.framework.values import Finding, Node

from .aws_documents import allows_everybody, refuse_statement

BUCKET = "aws:s3/bucket:Bucket"
BUCKETS = (BUCKET, "aws:s3/bucketV2:BucketV2")
ACLS = ("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2")
BLOCKS = (
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
)
VERSIONING = (
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketVersioningV2:BucketVersioningV2",
)
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
POLICY = ("aws:s3/bucketPolicy:BucketPolicy",)
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read", "website")
SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def public_acl(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Old lists of who may read, with words for everybody."""
    yield from resource["acl"].refuse_if(lambda value: value in PUBLIC_ACLS, "must not be public")


def public_policy(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A policy that allows everybody something, without any condition."""
    yield from refuse_statement(
        resource["policy"], allows_everybody, "must name the principals that it allows something"
    )


def public_access(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Each of four switches; unset is off."""
    for switch in SWITCHES:
        yield from resource[switch].refuse_if(lambda value: value is not True, "must be true")


def versioning(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """What is overwritten or deleted can be had back."""
    yield from resource["versioningConfiguration"]["status"].refuse_if(
        lambda value: value != "Enabled", "must be Enabled"
    )


def own_key(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A key of the account's can be taken away from a reader; S3's own cannot."""
    for rule in resource["rules"].items():
        yield from rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"].refuse_if(
            lambda value: value not in ("aws:kms", "aws:kms:dsse"), "must be aws:kms"
        )


def destroyed_with_content(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A bucket that is deleted though it is full."""
    yield from resource["forceDestroy"].refuse_if(lambda value: value is True, "must not be true")


def incomplete(
    resources: tuple[Resource, ...], _config: NoConfig
) -> Iterator[tuple[Resource, Finding]]:
    """Buckets without versioning, or without the four switches."""
    for bucket in resources:
        if bucket.type not in BUCKETS:
            continue
        name = bucket["bucket"]
        for kinds, what in ((VERSIONING, "versioning"), (BLOCKS[:1], "a public access block")):
            settings = [each["bucket"] for each in resources if each.type in kinds]
            message = f"is the name of a bucket without {what}"
            if settings and name.hidden:
                yield bucket, name.undecided(message)
            elif not any(_may_be(setting, name) for setting in settings):
                yield bucket, name.violation(message)


def _may_be(setting: Node, name: Node) -> bool:
    """A bucket that is still to be made has no name yet: then any setting may be its own."""
    return bool(setting.hidden or name.absent or setting.value == name.value)


RULES = (
    Rule(
        id="aws-s3/public-acl",
        severity=Severity.CRITICAL,
        protects="backups and models from everybody",
        fix="remove acl",
        reference="CKV_AWS_20, 57; AWS-0092",
        kinds=(*BUCKETS, *ACLS),
        check=public_acl,
    ),
    Rule(
        id="aws-s3/public-policy",
        severity=Severity.CRITICAL,
        protects="backups and models from everybody",
        fix="name roles or services in Principal, or add a condition",
        reference="CKV_AWS_70; AWS-0087",
        kinds=(*BUCKETS, *POLICY),
        check=public_policy,
    ),
    Rule(
        id="aws-s3/public-access-block",
        severity=Severity.HIGH,
        protects="backups and models from a later mistake in a policy or an ACL",
        fix=f"set {', '.join(SWITCHES)} to true",
        reference="CKV_AWS_53 to 56; AWS-0086 to 0093",
        kinds=BLOCKS,
        check=public_access,
    ),
    Rule(
        id="aws-s3/versioning",
        severity=Severity.HIGH,
        protects="backups from being overwritten or deleted, by whomever",
        fix="set versioningConfiguration.status: Enabled",
        reference="CKV_AWS_21; AWS-0090; guide, Backup and Recovery",
        kinds=VERSIONING,
        check=versioning,
    ),
    Rule(
        id="aws-s3/own-key",
        severity=Severity.LOW,
        protects="backups from readers whose rights on the bucket are too wide",
        fix="set sseAlgorithm: aws:kms with a key of the account's and bucketKeyEnabled: true",
        reference="CKV_AWS_145; AWS-0132; guide, Data Security",
        kinds=ENCRYPTION,
        check=own_key,
        level=Level.ADVISORY,
    ),
    Rule(
        id="aws-s3/force-destroy",
        severity=Severity.HIGH,
        protects="backups from a destroy of the stack that wrote them",
        fix="remove forceDestroy",
        reference="guide, Backup and Recovery",
        kinds=BUCKETS,
        check=destroyed_with_content,
        level=Level.ADVISORY,
    ),
    StackRule(
        id="aws-s3/incomplete",
        severity=Severity.MEDIUM,
        protects="backups and models: a bucket is not versioned unless a resource says so",
        fix="add BucketVersioning and BucketPublicAccessBlock for the bucket",
        reference="CKV_AWS_21; CKV2_AWS_6",
        kinds=(*BUCKETS, *BLOCKS, *VERSIONING),
        check=incomplete,
    ),
)
