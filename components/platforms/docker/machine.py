"""What the resources of one service are registered with: the platform's own, and its secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_docker as docker

from ...files import fill, secret_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .place import Place

IMAGE_PULL_SECONDS = 3600
"""Triton's image has more than 10 GB."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One platform on one machine, as resources."""

    place: Place
    networks: tuple[docker.Network, ...]
    writer_image: docker.RemoteImage
    secrets: Mapping[str, pulumi.Output[str]]
    provider: pulumi.ProviderResource | None

    def child_of(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child of ``parent``, on the platform's provider."""
        return pulumi.ResourceOptions(parent=parent, provider=self.provider)

    def filled(self, template: str) -> pulumi.Output[str]:
        """``template`` with its secrets in place; always a secret, whatever it is made of."""
        needed = {name: self.secrets[name] for name in secret_names(template)}
        values = pulumi.Output.all(**needed)
        return pulumi.Output.secret(values.apply(lambda given: fill(template, given)))


def pulled_image(name: str, image: str, opts: pulumi.ResourceOptions) -> docker.RemoteImage:
    """Pulls ``image`` unless the machine has it: the images that are ours are built there.

    It stays on the machine when the stack goes, as another stack may use it.
    """
    opts.custom_timeouts = pulumi.CustomTimeouts(create=f"{IMAGE_PULL_SECONDS}s")
    return docker.RemoteImage(f"{name}-image", name=image, keep_locally=True, opts=opts)
