"""Images: from where, and whether it is certain what is in them. Kubernetes and Docker."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from pydantic import Field

from policies.framework import clock
from policies.framework.kubernetes import WORKLOADS, containers, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import refuse_when
from policies.framework.values import Finding, Node

DOCKER = ("docker:index/container:Container", "docker:index/remoteImage:RemoteImage")
KINDS = (*WORKLOADS, *DOCKER)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}$")
IMAGE_ID = re.compile(r"^sha256:[0-9a-f]{64}$")


class RegistryConfig(RuleConfig):
    """Registries that images may come from; ``*`` stands for any text."""

    allowed: tuple[str, ...] = (
        "docker.io",
        "gcr.io",
        "ghcr.io",
        "mcr.microsoft.com",
        "nvcr.io",
        "public.ecr.aws",
        "quay.io",
        "registry.k8s.io",
        "*-docker.pkg.dev",
        "*.azurecr.io",
        "*.dkr.ecr.*.amazonaws.com",
    )


class DigestConfig(RuleConfig):
    """Where a digest is needed, and until when a tag is enough all the same."""

    stacks: tuple[str, ...] = ("staging", "production")
    tags_until: date | None = Field(default=None, strict=False)


@dataclass(frozen=True)
class Reference:
    """An image reference, taken apart as container runtimes do it."""

    registry: str
    tag: str
    digest: str


def parse(text: str) -> Reference:
    """``redis:8`` is of the registry ``docker.io``; what is not there is empty."""
    name, _, digest = text.partition("@")
    head, slash, rest = name.partition("/")
    has_registry = bool(slash) and ("." in head or ":" in head or head == "localhost")
    path = rest if has_registry else name
    _, colon, tag = path.rpartition("/")[2].partition(":")
    registry = head if has_registry else "docker.io"
    if registry in ("index.docker.io", "registry-1.docker.io"):
        registry = "docker.io"
    return Reference(registry=registry, tag=tag if colon else "", digest=digest)


def images(resource: Resource) -> Iterator[Node]:
    """Every image that the resource names."""
    if resource.kind == "docker:index/container:Container":
        yield resource["image"]
    elif resource.kind == "docker:index/remoteImage:RemoteImage":
        yield resource["name"]
    else:
        for container in containers(pod_spec(resource)):
            yield container["image"]


def tag(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``latest``, or nothing, which is the same."""
    for image in images(resource):
        yield from image.refuse_if(_floats, "must have a tag other than latest, or a digest")


def registry(resource: Resource, config: RegistryConfig) -> Iterator[Finding]:
    """A registry that is not on the list."""
    for image in images(resource):
        yield from image.refuse_if(
            lambda value: (
                _named(value)
                and not any(
                    fnmatchcase(parse(value).registry, pattern) for pattern in config.allowed
                )
            ),
            f"must come from one of {', '.join(config.allowed)}",
        )


def digest(resource: Resource, config: DigestConfig) -> Iterator[Finding]:
    """A tag may be moved after a review; a digest may not."""
    if resource.stack not in config.stacks:
        return
    if config.tags_until is not None and clock.now().date() <= config.tags_until:
        return
    for image in images(resource):
        yield from image.refuse_if(
            lambda value: _named(value) and not DIGEST.match(parse(value).digest),
            "must end with @sha256: and a digest",
        )


def pull_policy(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A tag that moves, and nodes that never look again."""
    for container in containers(pod_spec(resource)):
        yield from refuse_when(
            (container["imagePullPolicy"], container["image"]),
            lambda policy, image: policy in ("IfNotPresent", "Never") and _floats(image),
            "must be Always where the tag is latest or missing",
        )


def _named(value: object) -> bool:
    """Whether ``value`` is a reference; a Docker image may also be named by its id."""
    return isinstance(value, str) and bool(value) and not IMAGE_ID.match(value)


def _floats(value: object) -> bool:
    if not isinstance(value, str) or not _named(value):
        return False
    found = parse(value)
    return not found.digest and found.tag in ("", "latest")


RULES = (
    Rule(
        id="images/tag",
        severity=Severity.MEDIUM,
        protects="every deployment after this one: nobody can say what latest was",
        fix="name the version as tag, or the digest",
        reference="CKV_K8S_14; KSV-0013; CIS Docker 4.2",
        kinds=KINDS,
        check=tag,
    ),
    Rule(
        id="images/registry",
        severity=Severity.HIGH,
        protects="the platform from programs that nobody chose",
        fix="take the image from a registry on the list, or put its registry there",
        reference="CIS EKS 5.1.4; KSV-0125",
        kinds=KINDS,
        check=registry,
        config=RegistryConfig,
    ),
    Rule(
        id="images/digest",
        severity=Severity.HIGH,
        protects="staging and production from an image that was exchanged after its review",
        fix="run rf images resolve, which asks the registry and writes the digests",
        reference="CKV_K8S_43; Kyverno require-image-checksum",
        kinds=KINDS,
        check=digest,
        config=DigestConfig,
    ),
    Rule(
        id="images/pull-policy",
        severity=Severity.LOW,
        protects="against nodes that run different images under one tag",
        fix="name a version as tag, or set imagePullPolicy: Always",
        reference="CKV_K8S_15",
        kinds=WORKLOADS,
        check=pull_policy,
        level=Level.ADVISORY,
    ),
)
