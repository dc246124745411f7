"""The cluster that a stack is deployed to, asked before anything is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadInputError

if TYPE_CHECKING:
    from ..stacks import CheckedStack
    from .engine import Engine

KUBECONFIG = "kubeconfig"
"""Name of the secret, and of the output of an infrastructure stack."""


def require_operators(checked: CheckedStack, engine: Engine) -> None:
    """BadInputError where the cluster lacks an operator that services need, or does not say."""
    from ..operators import lacking, needed  # most of a second
    from ..targets import cluster_client

    specs = checked.stack.specs
    if not needed(specs):
        return
    client = cluster_client(kubeconfig(checked, engine), checked)
    if problems := lacking(client, specs):
        lines = (f"{checked.config.file}: nothing was deployed; {each}" for each in problems)
        raise BadInputError("\n".join(lines))


def kubeconfig(checked: CheckedStack, engine: Engine) -> str:
    """What the program deploys with: the stack's own secret, or its infrastructure's output.

    BadInputError where it cannot be read.
    """
    target = checked.stack.settings.target
    made_by = target.infrastructure if target.kind == "kubernetes" else None
    if made_by is None:
        what = f"the secret {KUBECONFIG}"
        answer = engine.config(f"{checked.project.name}:{KUBECONFIG}")
    else:
        what = f"the output {KUBECONFIG} of {made_by}"
        answer = engine.output(KUBECONFIG, of=made_by)
    if answer.status or not answer.output.strip():
        # What the CLI says is not shown: it may hold part of the value.
        raise BadInputError(f"{checked.config.file}: {what} cannot be read")
    return answer.output.strip()
