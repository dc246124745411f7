"""Builds our own images where a stack on Docker needs them; no registry has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadInputError
from ..own_images import source_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .runner import Runner


def ensure_images(
    images: Mapping[str, str],
    *,
    root: Path,
    env: Mapping[str, str],
    runner: Runner,
    say: Callable[[str], None],
) -> None:
    """Build our own ``images`` that are missing; BadInputError when Docker cannot.

    ``images`` gives for each the name under which the stack uses it.
    """
    answer = runner.ask(["docker", "version", "--format", "{{.Server.Version}}"], cwd=root, env=env)
    if answer.status:
        message = f"this stack needs a Docker engine, and none answers here: {answer.reason}"
        raise BadInputError(message)
    for image, name in images.items():
        # What a digest names cannot be built again to the bit; it has to be pulled.
        if (
            "@" in name
            or not runner.ask(["docker", "image", "inspect", name], cwd=root, env=env).status
        ):
            continue
        folder = source_folder(image)
        if not (root / folder / "Dockerfile").is_file():
            raise BadInputError(f"{image} is to be built from {folder}/Dockerfile: no such file")
        say(f"Building {name} from {folder}, once ...")
        if runner.show(["docker", "build", "--tag", name, folder], cwd=root, env=env):
            raise BadInputError(f"building {name} from {folder} failed; Docker says why above")
