"""A stack that has passed every check of the program, for the commands that act on one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import BadInputError
from .plan.stackfile import StackConfig, read_stack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import infrastructure
    import settings

    from .project import Project

FAR_OFF = "9999-12-31"


@dataclass(frozen=True, kw_only=True)
class CheckedStack:
    """The stack ``name`` of ``project``: what its file says, and what that comes to.

    ``platform`` is what stands below the config ``key``.
    """

    project: Project
    name: str
    config: StackConfig
    key: str
    platform: Mapping[str, Any]
    stack: settings.Stack

    @property
    def path(self) -> Path:
        """The committed stack file."""
        return self.project.root / self.config.file

    @property
    def private(self) -> bool:
        """Whether this stack belongs to one machine, so that nobody else needs its state."""
        return self.stack.settings.environment == "local"


def checked_stack(project: Project, name: str, *, allow_tags: bool = False) -> CheckedStack:
    """The stack ``name``; BadInputError with a line for each finding, never with a secret.

    ``allow_tags`` accepts images without a digest, whatever ``images.tag_waiver`` says.
    """
    # Importing the program takes a second, which the other commands and --help need not wait.
    import infrastructure
    import settings

    config, key, platform = _opened(project, name)
    if infrastructure.is_infrastructure(platform):
        raise BadInputError(
            f"{config.file} holds infrastructure, and this is for stacks of services; rf plan and "
            f"rf cost know it, and pulumi up -s {name} makes it (docs/aws.md)"
        )
    try:
        stack = settings.parse(_with_waiver(platform) if allow_tags else platform, config.file)
    except settings.SettingsError as error:
        raise BadInputError(str(error)) from None
    return CheckedStack(
        project=project, name=name, config=config, key=key, platform=platform, stack=stack
    )


def infrastructure_of(project: Project, name: str) -> infrastructure.Infrastructure | None:
    """The settings of the stack ``name`` where it is one of infrastructure; else None.

    BadInputError with a line for each finding.
    """
    import infrastructure
    import settings

    config, _, platform = _opened(project, name)
    if not infrastructure.is_infrastructure(platform):
        return None
    try:
        return infrastructure.parse(platform, config.file)
    except settings.SettingsError as error:
        raise BadInputError(str(error)) from None


def _opened(project: Project, name: str) -> tuple[StackConfig, str, Any]:
    """The stack file, the key of its settings, and what stands below that."""
    import settings

    config = read_stack(project, name)
    key = f"{project.name}:{settings.KEY}"
    secrets = [f"{project.name}:{secret}" for secret in settings.SECRETS]
    config.refuse_plain_text(secrets)
    config.refuse_unread([key], secrets, project.name)
    if key not in config.plain:
        raise BadInputError(f"{config.file}: config {key} is missing or empty")
    return config, key, _decoded(config, key)


def _decoded(config: StackConfig, key: str) -> Any:
    try:
        return json.loads(config.plain[key])
    except ValueError:
        message = f"{config.file}: {key} is text; it must be a mapping of settings"
        raise BadInputError(message) from None


def _with_waiver(platform: Any) -> Any:
    images = platform.get("images", {}) if isinstance(platform, dict) else None
    if not isinstance(images, dict):
        return platform
    return {**platform, "images": {**images, "tag_waiver": FAR_OFF}}
