"""Keeps what a rollout wrote in the repository's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..deploy.runner import Runner


def commit(path: Path, message: str, *, root: Path, runner: Runner, env: Mapping[str, str]) -> bool:
    """Commit ``path`` alone; whether there was anything to. BadInputError when git cannot."""
    if not _git(["status", "--porcelain", "--", str(path)], root, runner, env).strip():
        return False
    _git(["commit", "--quiet", "--message", message, "--", str(path)], root, runner, env)
    return True


def _git(arguments: list[str], root: Path, runner: Runner, env: Mapping[str, str]) -> str:
    answer = runner.ask(["git", *arguments], cwd=root, env=env)
    if answer.status:
        raise BadInputError(f"git {arguments[0]} failed: {answer.reason}")
    return answer.output
