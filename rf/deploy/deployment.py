"""What ``rf up`` and ``rf down`` do, in order. The world outside is reached through ``Tools``."""

from __future__ import annotations

import json
import os
import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

import settings
from components.audience import mirrored

from ..errors import BadInputError
from ..own_images import is_own
from . import cluster
from .engine import Engine, find_cli, install_cli
from .environment import BACKEND, names_backend, names_passphrase, pulumi_environment
from .folder import ensure_passphrase, open_folder
from .local_images import ensure_images
from .runner import SubprocessRunner
from .stack_copy import secrets_in, write_copy
from .stack_secrets import RANDOM, lacking, random_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ..stacks import CheckedStack
    from .folder import LocalFolder
    from .runner import Answer, Runner


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The world outside. ``install`` puts the Pulumi CLI below a folder or raises."""

    runner: Runner
    environment: Mapping[str, str]
    install: Callable[[Path], None]
    say: Callable[[str], None]


def shell_tools(limit: float | None = None) -> Tools:
    """The user's own machine. ``limit``: seconds that a program which is asked may take."""
    return Tools(
        runner=SubprocessRunner(limit=limit),
        environment=dict(os.environ),
        install=install_cli,
        say=lambda line: typer.echo(line, err=True),
    )


def up(checked: CheckedStack, tools: Tools, *, yes: bool) -> int:
    """Deploy ``checked``; the exit status of ``pulumi up``.

    A private stack asks nothing, has its secrets made up and starts as many services as it can.
    BadInputError says what is missing.
    """
    _require_backend(checked, tools)
    if not checked.private:
        _require_secrets(checked)
    folder = open_folder(checked.project)
    with folder.held(checked.name):
        if checked.stack.settings.target.kind == "docker":
            _ensure_images(checked, tools)
        engine = _open_engine(checked, folder, tools)
        engine.open_stack()
        if checked.private:
            _make_up_secrets(checked, engine, tools)
        cluster.require_operators(checked, engine)
        return engine.up(yes=yes or checked.private, keep_going=checked.private)


def down(checked: CheckedStack, tools: Tools, *, yes: bool) -> int:
    """Remove what ``up`` deployed; the exit status of ``pulumi destroy``. Secrets are kept."""
    _require_backend(checked, tools)
    folder = open_folder(checked.project)
    with folder.held(checked.name):
        return _open_engine(checked, folder, tools).destroy(yes=yes or checked.private)


def deploy(checked: CheckedStack, tools: Tools, *, message: str, targets: Sequence[str]) -> Answer:
    """Deploy ``checked``, or ``targets`` of it, without a word; how it ended and what it said.

    Images and secrets are there already: this changes a stack that is deployed.
    """
    _require_backend(checked, tools)
    folder = open_folder(checked.project)
    with folder.held(checked.name):
        engine = _open_engine(checked, folder, tools)
        engine.open_stack()
        return engine.deploy(message=message, targets=targets)


def secret(checked: CheckedStack, tools: Tools, name: str) -> str:
    """The secret ``name`` of ``checked``, for this process alone; BadInputError without it."""
    with _opened(checked, tools) as engine:
        answer = engine.config(f"{checked.project.name}:{name}")
    if answer.status or not answer.output.strip():
        # What the CLI says is not shown: it may hold part of the value.
        raise BadInputError(
            f"{checked.config.file}: the secret {name} ({settings.SECRETS[name]}) cannot be read"
        )
    return answer.output.strip()


def kubeconfig(checked: CheckedStack, tools: Tools) -> str:
    """The kubeconfig that ``checked`` is deployed with; BadInputError where it cannot be read."""
    with _opened(checked, tools) as engine:
        return cluster.kubeconfig(checked, engine)


def outputs(checked: CheckedStack, tools: Tools) -> dict[str, Any]:
    """What ``checked`` exported when it was deployed last; BadInputError when nobody can say."""
    with _opened(checked, tools) as engine:
        answer = engine.outputs()
    try:
        found = json.loads(answer.output) if not answer.status else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadInputError(f"the state of {checked.name} cannot be read: {answer.reason}")
    return found


@contextmanager
def _opened(checked: CheckedStack, tools: Tools) -> Iterator[Engine]:
    _require_backend(checked, tools)
    folder = open_folder(checked.project)
    with folder.held(checked.name):
        yield _open_engine(checked, folder, tools)


def _require_backend(checked: CheckedStack, tools: Tools) -> None:
    """A shared stack with its state on one machine would be created again from the next one."""
    if not checked.private and not names_backend(tools.environment):
        message = (
            f"{BACKEND} is not set; {checked.name} is shared, so its state cannot stay on this "
            f"machine: set {BACKEND} to the team's backend, such as s3://BUCKET"
        )
        raise BadInputError(message)


def _require_secrets(checked: CheckedStack) -> None:
    names = lacking(checked.stack.secrets, checked.config.secrets, checked.project.name)
    if names:
        command = ["pulumi", "config", "set", "--stack", shlex.quote(checked.name)]
        raise _not_set(checked, names, command)


def _open_engine(checked: CheckedStack, folder: LocalFolder, tools: Tools) -> Engine:
    cli = find_cli(folder, tools.environment, tools.install, tools.say)
    if checked.private and not names_passphrase(tools.environment):
        ensure_passphrase(folder)
    file = folder.stack_file(checked.name)
    write_copy(checked.path, file, keep_secrets=checked.private)
    return Engine(
        cli=cli,
        stack=checked.name,
        root=checked.project.root,
        file=file,
        environment=pulumi_environment(folder, tools.environment, private=checked.private),
        runner=tools.runner,
    )


def _ensure_images(checked: CheckedStack, tools: Tools) -> None:
    # Docker finds a local image only under the very name that the platform uses.
    mirror = checked.stack.settings.images.mirror
    images = [entry.spec.image for entry in checked.stack.entries]
    ensure_images(
        {image: mirrored(image, mirror) for image in images if is_own(image)},
        root=checked.project.root,
        env=tools.environment,
        runner=tools.runner,
        say=tools.say,
    )


def _make_up_secrets(checked: CheckedStack, engine: Engine, tools: Tools) -> None:
    """Set the secrets that are missing; BadInputError for those that nobody can make up."""
    project = checked.project.name
    names = lacking(checked.stack.secrets, secrets_in(engine.file), project)
    given = [name for name in names if name not in RANDOM]
    if given:
        raise _not_set(checked, given, _setting_command(engine, tools.environment))
    for name in names:
        engine.set_secret(f"{project}:{name}", random_value())


def _setting_command(engine: Engine, given: Mapping[str, str]) -> list[str]:
    """The CLI as ``rf up`` runs it, for a user's shell: its variables hold paths, and no secret."""
    variables = [
        f"{key}={shlex.quote(value)}"
        for key, value in engine.environment.items()
        if given.get(key) != value
    ]
    return [
        *variables,
        shlex.quote(str(engine.cli)),
        "config",
        "set",
        *map(shlex.quote, engine.which),
    ]


def _not_set(checked: CheckedStack, names: Sequence[str], command: Sequence[str]) -> BadInputError:
    what = ", ".join(f"{name} ({settings.SECRETS[name]})" for name in names)
    lines = [" ".join([*command, "--secret", name]) for name in names]
    message = f"{checked.config.file}: not set: {what}; set each, at the prompt or with < FILE:"
    return BadInputError("\n".join([message, *lines]))
