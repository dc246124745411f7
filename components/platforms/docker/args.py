"""What a stack file may say about the machine it deploys to."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator
from pydantic.dataclasses import dataclass

from ...matching import Matching
from ...types import STRICT, ImageReference, Name


def _one_address(value: str) -> str:
    """Refuse what is no IP address, and the addresses that mean every interface."""
    if ip_address(value).is_unspecified:
        message = "would publish on every interface; use 127.0.0.1 or one address of the machine"
        raise ValueError(message)
    return value


ListenAddress = Annotated[str, AfterValidator(_one_address)]
LogSize = Annotated[
    str, Matching(r"^[1-9][0-9]*[kmg]$", "a whole number with k, m or g", example="10m")
]
"""A size as Docker's log driver writes it: 10m."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DockerArgs:
    """One machine with Docker."""

    kind: Literal["docker"] = "docker"
    prefix: Name = "researchflow"
    """First part of the name of every container, network and volume."""
    address: ListenAddress = "127.0.0.1"
    """Address of the machine on which published ports listen."""
    writer_image: ImageReference = "busybox:1.37.0"
    """Image with a POSIX shell and busybox's tools, for the containers that fill volumes."""
    log_max_size: LogSize = "10m"
    """Size at which a container's log is rotated; 30 compressed files are kept."""
