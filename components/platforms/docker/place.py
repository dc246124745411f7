"""What containers depend on besides the spec they are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...audience import ImagesArgs, mirrored

if TYPE_CHECKING:
    from ...audience import ClientArgs
    from .args import DockerArgs

Kwargs = dict[str, Any]
"""Arguments of a resource, spelt as ``pulumi_docker`` spells them."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One platform on one machine, as plain data."""

    args: DockerArgs
    environment: str
    clients: tuple[ClientArgs, ...] = ()
    images: ImagesArgs = field(default_factory=ImagesArgs)
    syslog_port: int | None = None
    """Where a log collector hears what containers write; None: there is none."""

    def named(self, *parts: str) -> str:
        """The name Docker knows a thing by: ``<prefix>-<environment>-<parts>``."""
        return "-".join((self.args.prefix, self.environment, *parts))

    def image(self, image: str) -> str:
        """``image`` as it is pulled here."""
        return mirrored(image, self.images.mirror)
