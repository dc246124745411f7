"""Which way a stack's platform is reached."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .. import targets
from ..deploy import deployment
from ..errors import BadInputError
from .reach import TIMEOUT

if TYPE_CHECKING:
    from ..stacks import CheckedStack
    from .reach import Reach


def reach(checked: CheckedStack) -> Reach:
    """The platform of a stack.

    ReachError when it gives no answer, BadInputError where nothing says how to ask it.
    """
    if checked.stack.settings.target.kind == "docker":
        return _machine(checked)
    from .cluster import ClusterReach  # the other platform need not wait for it

    client = targets.cluster_client(_kubeconfig(checked), checked)
    return ClusterReach(client, targets.cluster(checked))


def _machine(checked: CheckedStack) -> Reach:
    import docker  # half a second to import
    from docker.errors import DockerException

    from .machine import MachineReach, unreachable

    try:
        client = docker.from_env(timeout=int(TIMEOUT))
    except DockerException as error:
        raise unreachable(error) from None
    return MachineReach(client, targets.place(checked))


def _kubeconfig(checked: CheckedStack) -> str:
    """KUBECONFIG of the environment where set, or else what the stack is deployed with."""
    named = targets.named_kubeconfig(os.environ)
    if named is not None:
        return named
    try:
        return deployment.kubeconfig(checked, deployment.shell_tools())
    except BadInputError as error:
        raise BadInputError(
            f"{error}\nor set {targets.KUBECONFIG} to the path of a kubeconfig"
        ) from None
