"""The slow lane: ``pulumi up``, of everything or of what the Rollout component owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..deploy.deployment import deploy
from ..errors import BadInputError
from .world import DeployError

if TYPE_CHECKING:
    from ..deploy.deployment import Tools
    from .settings_file import StackFile

TYPE = "researchflow:index:Rollout"


class PulumiDeployer:
    """Deploys the stack of ``file`` with the Pulumi CLI. ``rollout`` goes into the history."""

    def __init__(self, file: StackFile, tools: Tools, rollout: str) -> None:
        self._file = file
        self._tools = tools
        self._rollout = rollout

    def up(self, message: str, *, only_weights: bool) -> None:
        """See ``world.Deployer``. An edit that somebody made elsewhere waits for a deployment."""
        checked = self._file.checked()
        targets = weight_targets(checked.name, checked.project.name) if only_weights else ()
        try:
            answer = deploy(
                checked, self._tools, message=f"{self._rollout}: {message}", targets=targets
            )
        except BadInputError as error:
            raise DeployError(str(error)) from None
        if answer.status:
            raise DeployError(f"pulumi up ({message}) failed: {answer.reason}")


def weight_targets(stack: str, project: str) -> tuple[str, ...]:
    """The component and its children: naming it alone would update its record and no file."""
    urn = f"urn:pulumi:{stack}::{project}::{TYPE}"
    return f"{urn}::rollout", f"{urn}$**"
