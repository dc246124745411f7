"""Opens what a stack's target names: a Docker engine, or a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
from docker.errors import DockerException

from components.platforms.docker.container import replica_parts
from components.platforms.docker.place import Place
from components.platforms.kubernetes.cluster import Cluster

from .errors import BadInputError, first_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker import DockerClient
    from kubernetes.client import ApiClient

    from components.spec import ServiceSpec

    from .stacks import CheckedStack

KUBECONFIG = "KUBECONFIG"
TIMEOUT = 60
"""Seconds that Docker may take to answer."""


def connect(timeout: int = TIMEOUT) -> DockerClient:
    """The engine that the environment names (``DOCKER_HOST``); BadInputError when none answers.

    ``timeout``: seconds that any answer of it may take.
    """
    try:
        return docker.from_env(timeout=timeout)
    except DockerException as error:
        raise BadInputError(
            f"this stack needs a Docker engine, and none answers: {first_line(error)}"
        ) from None


def place(checked: CheckedStack) -> Place:
    """The machine as the program sees it."""
    settings = checked.stack.settings
    return Place(
        args=_target(checked),
        environment=settings.environment,
        clients=settings.clients,
        images=settings.images,
    )


def containers(checked: CheckedStack, spec: ServiceSpec) -> tuple[str, ...]:
    """What Docker calls the containers of ``spec``."""
    here = place(checked)
    return tuple(here.named(spec.instance, *parts) for parts in replica_parts(spec))


def cluster(checked: CheckedStack) -> Cluster:
    """The cluster as the program sees it."""
    settings = checked.stack.settings
    return Cluster(
        args=_target(checked),
        capacity=settings.capacity,
        environment=settings.environment,
        clients=settings.clients,
        images=settings.images,
        gpu=settings.gpu,
    )


def named_kubeconfig(environment: Mapping[str, str]) -> str | None:
    """What KUBECONFIG of ``environment`` leads to; None where it is not set."""
    path = environment.get(KUBECONFIG)
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInputError(f"{KUBECONFIG} is {path}, which cannot be read") from None


def cluster_client(kubeconfig: str, checked: CheckedStack) -> ApiClient:
    """A client for the stack's cluster; BadInputError, which quotes nothing of ``kubeconfig``."""
    # Most of a second to import, which a stack on Docker need not wait for.
    from components.platforms.kubernetes.client import (
        NoCredentialsError,
        client,
    )

    try:
        return client(kubeconfig, _target(checked).context)
    except NoCredentialsError:
        raise BadInputError(
            "the kubeconfig names a command for its credentials, and that gave none; kubectl with "
            "the same kubeconfig says why"
        ) from None
    except Exception as error:  # noqa: BLE001 whatever it is, the text may hold credentials
        raise BadInputError(f"the kubeconfig cannot be used: {type(error).__name__}") from None


def _target(checked: CheckedStack) -> Any:
    return checked.stack.settings.target
