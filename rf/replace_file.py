"""Writes a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator


def replace_file(path: Path, text: str, *, mode: int) -> None:
    """Give ``path`` the content ``text`` and the permissions ``mode``, in one step.

    A reader, or a crash at any moment, meets the old file or the new one, never a part. The file
    has its final permissions before it has content. BadInputError where it cannot be written.
    """
    try:
        with _beside(path) as (descriptor, draft):
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                os.fchmod(file.fileno(), mode)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
    except OSError as error:
        raise BadInputError(f"{path} cannot be written: {error.strerror}") from None


@contextmanager
def _beside(path: Path) -> Iterator[tuple[int, Path]]:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        yield descriptor, draft
    finally:
        draft.unlink(missing_ok=True)
