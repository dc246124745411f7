"""What lasts on AWS: disks, file systems, keys, images, logs, stored secrets."""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import in_doubt
from policies.framework.values import Finding, Node

from .aws_documents import allows_everybody, refuse_statement

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE = "aws:ec2/instance:Instance"
DISKS = (
    "aws:ebs/volume:Volume",
    "aws:efs/fileSystem:FileSystem",
    INSTANCE,
    TEMPLATE,
)
REPOSITORY = ("aws:ecr/repository:Repository",)
ROTATING = (None, "", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")


class KeyConfig(RuleConfig):
    """Fewest days between asking for a key's deletion and losing all it has encrypted."""

    deletion_days: int = 14


class LogConfig(RuleConfig):
    """How long logs are kept, in days."""

    days: int = 30


def encryption(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Every disk that the resource makes."""
    for disk in _disks(resource):
        yield from disk["encrypted"].refuse_if(
            lambda value: str(value).lower() != "true", "must be true"
        )


def metadata_tokens(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Without a token any page that fetches addresses for users can fetch credentials."""
    options = resource["metadataOptions"]
    endpoint = options["httpEndpoint"]
    if endpoint.hidden or endpoint.value != "disabled":
        found = options["httpTokens"].refuse_if(
            lambda value: value != "required", "must be required"
        )
        yield from in_doubt(found, endpoint)


def immutable_tags(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A tag that was reviewed stays what it was."""
    yield from resource["imageTagMutability"].refuse_if(
        lambda value: value not in ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"), "must be IMMUTABLE"
    )


def scanning(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Known holes are named when an image arrives."""
    yield from resource["imageScanningConfiguration"]["scanOnPush"].refuse_if(
        lambda value: value is not True, "must be true"
    )


def public_images(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A repository that everybody may pull from, or push to."""
    yield from refuse_statement(
        resource["policy"], allows_everybody, "must name the accounts that may use the repository"
    )


def key_rotation(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A new key every year; old data stays readable. Only symmetric keys rotate by themselves."""
    kinds = [resource[name] for name in ("customerMasterKeySpec", "keyUsage")]
    if any(not kind.hidden and kind.value not in ROTATING for kind in kinds):
        return
    found = resource["enableKeyRotation"].refuse_if(lambda value: value is not True, "must be true")
    yield from in_doubt(found, *kinds)


def key_deletion(resource: Resource, config: KeyConfig) -> Iterator[Finding]:
    """Time to notice. Unset is 30 days."""
    yield from resource["deletionWindowInDays"].refuse_if(
        lambda value: isinstance(value, int | float) and value < config.deletion_days,
        f"must be {config.deletion_days} or more",
    )


def log_retention(resource: Resource, config: LogConfig) -> Iterator[Finding]:
    """Unset is for ever, which is long enough but has a price."""
    yield from resource["retentionInDays"].refuse_if(
        lambda value: isinstance(value, int | float) and 0 < value < config.days,
        f"must be {config.days} or more",
    )


def _disks(resource: Resource) -> Iterator[Node]:
    if resource.type == TEMPLATE:
        for mapping in resource["blockDeviceMappings"].items():
            if not mapping["ebs"].absent:
                yield mapping["ebs"]
    elif resource.type == INSTANCE:
        yield resource["rootBlockDevice"]
        yield from resource["ebsBlockDevices"].items()
    else:
        yield resource.root


RULES = (
    Rule(
        id="aws-storage/encryption",
        severity=Severity.HIGH,
        protects="models, vectors and passwords on disks and in their snapshots",
        fix="set encrypted: true",
        reference="CKV_AWS_3, 8, 42; AWS-0026, 0037, 0131; guide, Data Security",
        kinds=DISKS,
        check=encryption,
    ),
    Rule(
        id="aws-storage/metadata-tokens",
        severity=Severity.HIGH,
        protects="the node's cloud credentials from requests that a service makes for others",
        fix="set metadataOptions.httpTokens: required",
        reference="CKV_AWS_79; AWS-0130; EKS best practices, Identity and access management",
        kinds=(INSTANCE, TEMPLATE),
        check=metadata_tokens,
    ),
    Rule(
        id="aws-storage/immutable-tags",
        severity=Severity.MEDIUM,
        protects="reviewed versions from being pushed over",
        fix="set imageTagMutability: IMMUTABLE",
        reference="CKV_AWS_51; AWS-0031; CIS EKS 5.1.1",
        kinds=REPOSITORY,
        check=immutable_tags,
    ),
    Rule(
        id="aws-storage/scanning",
        severity=Severity.MEDIUM,
        protects="the platform from holes that are known already",
        fix="set imageScanningConfiguration.scanOnPush: true",
        reference="CKV_AWS_163; AWS-0030; CIS EKS 5.1.1",
        kinds=REPOSITORY,
        check=scanning,
    ),
    Rule(
        id="aws-storage/public-images",
        severity=Severity.HIGH,
        protects="images, and what is in them, from everybody",
        fix="name accounts or roles in Principal",
        reference="CKV_AWS_32; AWS-0032; CIS EKS 5.1.2",
        kinds=("aws:ecr/repositoryPolicy:RepositoryPolicy",),
        check=public_images,
    ),
    Rule(
        id="aws-storage/key-rotation",
        severity=Severity.LOW,
        protects="data from a key that leaked long ago",
        fix="set enableKeyRotation: true",
        reference="CKV_AWS_7; AWS-0065; CIS AWS 3.6",
        kinds=("aws:kms/key:Key",),
        check=key_rotation,
        level=Level.ADVISORY,
    ),
    Rule(
        id="aws-storage/key-deletion",
        severity=Severity.MEDIUM,
        protects="all that the key has encrypted, which is gone with it",
        fix="set deletionWindowInDays to 30, or leave it out",
        reference="CKV_AWS_227; KMS documentation, Deleting keys",
        kinds=("aws:kms/key:Key",),
        check=key_deletion,
        config=KeyConfig,
        level=Level.ADVISORY,
    ),
    Rule(
        id="aws-storage/log-retention",
        severity=Severity.LOW,
        protects="the answer to who did what last month",
        fix="set retentionInDays to 30 or more",
        reference="CKV_AWS_66, 338; guide, Log Rotation",
        kinds=("aws:cloudwatch/logGroup:LogGroup",),
        check=log_retention,
        config=LogConfig,
        level=Level.ADVISORY,
    ),
)
