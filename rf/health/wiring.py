"""Which way a stack's platform is reached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..deploy import deployment
from ..deploy.engine import install_cli
from ..deploy.runner import SubprocessRunner
from ..errors import BadInputError
from ..rollout import targets
from .reach import TIMEOUT

if TYPE_CHECKING:
    from ..stacks import CheckedStack
    from .reach import Reach

KUBECONFIG = "KUBECONFIG"


def reach(checked: CheckedStack) -> Reach:
    """The platform of a stack.

    ReachError when it gives no answer, BadInputError where nothing says how to ask it.
    """
    if checked.stack.settings.target.kind == "docker":
        return _machine(checked)
    from .cluster import ClusterReach  # noqa: PLC0415 the other platform need not wait for it

    client = targets.cluster_client(_kubeconfig(checked), checked)
    return ClusterReach(client, targets.cluster(checked))


def _machine(checked: CheckedStack) -> Reach:
    import docker  # noqa: PLC0415 half a second to import
    from docker.errors import DockerException  # noqa: PLC0415

    from .machine import MachineReach, unreachable  # noqa: PLC0415

    try:
        client = docker.from_env(timeout=int(TIMEOUT))
    except DockerException as error:
        raise unreachable(error) from None
    return MachineReach(client, targets.place(checked))


def _kubeconfig(checked: CheckedStack) -> str:
    """KUBECONFIG of the environment where it is set, or else the stack's own secret."""
    path = os.environ.get(KUBECONFIG)
    if path:
        try:
            return Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise BadInputError(f"{KUBECONFIG} is {path}, which cannot be read") from None
    tools = deployment.Tools(
        runner=SubprocessRunner(),
        environment=dict(os.environ),
        install=install_cli,
        say=lambda line: typer.echo(line, err=True),
    )
    try:
        return deployment.secret(checked, tools, "kubeconfig")
    except BadInputError as error:
        raise BadInputError(f"{error}\nor set {KUBECONFIG} to the path of a kubeconfig") from None
