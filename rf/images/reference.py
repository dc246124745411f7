"""Image references, as Docker reads them."""

from __future__ import annotations

from dataclasses import dataclass

DOCKER_HUB = "docker.io"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """``registry/repository:tag@digest`` taken apart, with Docker's defaults filled in."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None


def parse(image: str) -> Reference:
    """``redis:8`` is ``library/redis`` of Docker Hub; a first part with a dot or port is a host."""
    name, _, digest = image.partition("@")
    host, slash, rest = name.partition("/")
    has_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
    registry, path = (host, rest) if has_host else (DOCKER_HUB, name)
    folder, slash, last = path.rpartition("/")
    base, _, tag = last.partition(":")
    repository = f"{folder}{slash}{base}"
    if registry == DOCKER_HUB and not slash:
        repository = f"library/{repository}"
    return Reference(
        registry=registry, repository=repository, tag=tag or None, digest=digest or None
    )


def with_digest(image: str, digest: str) -> str:
    """``image`` as the user wrote it, pinned to ``digest``; the tag stays, for people."""
    return f"{image.partition('@')[0]}@{digest}"
