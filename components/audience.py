"""Who may reach the platform from outside, and where its images come from."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from .matching import Matching
from .types import STRICT, Name, Switch

Exposure = Literal["cluster", "internal", "public"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ClientArgs:
    """An application that may reach gateway, Redis and flagd."""

    name: Name
    namespace: Name
    """Kubernetes: the namespace it runs in. Docker: the name of an existing network it is on."""
    pod_labels: Mapping[str, str] = Field(default_factory=dict)
    """Kubernetes: labels its pods carry; empty means every pod of the namespace."""


Mirror = Annotated[
    str,
    Matching(
        r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$",
        "a registry and, if any, port and path, without https://",
        example="mirror.example.com/images",
    ),
]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ImagesArgs:
    """Where images are pulled from."""

    mirror: Mirror | None = None
    """A registry (and path) that serves every image under its full name."""
    pull_secret: Switch = False
    """Pull with the credentials in the secret ``registryCredentials`` (a Docker config JSON)."""
    tag_waiver: date | None = None
    """Until this day, staging and production may name images by tag instead of digest. Goes away
    with ``rf images resolve``, which writes the digests."""


def mirrored(image: str, mirror: str | None) -> str:
    """``image`` as the mirror names it: ``redis:8`` is ``<mirror>/docker.io/library/redis:8``.

    An image on a registry with a port stays as it is: no path can hold that name.
    """
    host, slash, _ = image.partition("/")
    if mirror is None or (slash and ":" in host):
        return image
    if not slash:
        return f"{mirror}/docker.io/library/{image}"
    if "." not in host and host != "localhost":
        return f"{mirror}/docker.io/{image}"
    return f"{mirror}/{image}"
