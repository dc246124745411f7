"""A revision of the repository as files of its own."""

from __future__ import annotations

import io
import subprocess
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ..errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A commit, and the project's folder as it was in it."""

    name: str
    commit: str
    folder: Path


@contextmanager
def revision(root: Path, name: str) -> Iterator[Revision]:
    """The project in ``root`` as a branch, a tag or a commit has it, in a folder that is removed.

    BadInputError when git does not know ``name``. The repository itself is only read.
    """
    # A name that begins with a dash would be an option.
    wanted = ("--end-of-options", f"{name}^{{commit}}")
    commit = _git(root, "rev-parse", "--verify", "--quiet", *wanted).strip()
    with TemporaryDirectory(prefix="rf-plan-") as folder:
        archive = _archive(root, commit)
        # Git wrote it from its own objects; Python before 3.11.4 knows no filters.
        archive.extraction_filter = getattr(tarfile, "tar_filter", None)
        archive.extractall(folder)  # noqa: S202
        yield Revision(name=name, commit=commit, folder=Path(folder).resolve())


def differs(root: Path, since: Revision, path: str) -> bool:
    """Whether anything below ``path`` is not as it was, uncommitted files included."""
    changed = _git(root, "diff", "--name-only", since.commit, "--", path)
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "--", path)
    return bool(changed.strip() or untracked.strip())


def _archive(root: Path, commit: str) -> tarfile.TarFile:
    """The folder ``root`` in ``commit``, and nothing of the repository around it."""
    packed = _run(root, "archive", "--format=tar", commit)
    return tarfile.open(fileobj=io.BytesIO(packed))


def _git(root: Path, *arguments: str) -> str:
    return _run(root, *arguments).decode(errors="replace")


def _run(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607
            cwd=root,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise BadInputError("git is not on PATH; --diff reads the revision with it") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        what = said.removeprefix("fatal: ") or f"there is no revision {arguments[-1][:-9]!r} here"
        raise BadInputError(f"{root}: {what}")
    return done.stdout
