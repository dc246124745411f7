"""The Docker provider: credentials of registries are its settings, not those of an image."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi_docker as docker

if TYPE_CHECKING:
    import pulumi


def docker_provider(
    name: str, registry_credentials: pulumi.Output[str] | None = None
) -> docker.Provider:
    """A provider for the daemon that the environment names (``DOCKER_HOST``).

    ``registry_credentials`` is a Docker config JSON, and a secret.
    """
    if registry_credentials is None:
        return docker.Provider(name)
    return docker.Provider(name, registry_auth=registry_credentials.apply(registry_auth))


def registry_auth(config: str) -> list[docker.ProviderRegistryAuthArgsDict]:
    """Credentials for every registry that the Docker config JSON ``config`` names."""
    return [
        {"address": address, "config_file_content": config}
        for address in sorted(json.loads(config).get("auths", {}))
    ]
