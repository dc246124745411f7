"""What must hold for this process to serve. Each check answers None, or the reason why not."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import faiss
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from .settings import Settings

LINE = np.array([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]], dtype=np.float32)
QUERY = np.array([[2.2, 0]], dtype=np.float32)
NEAREST = [2, 3, 1]
"""Points on a line and, for x = 2.2, the nearest three as worked out by hand."""


def failures(settings: Settings) -> dict[str, str]:
    """The checks that fail at this moment, with their reasons; empty when all is well."""
    found = {
        "search": search_failure(),
        "data_directory": directory_failure(
            settings.data_directory, writable=settings.role == "writer"
        ),
    }
    return {name: reason for name, reason in found.items() if reason is not None}


def search_failure() -> str | None:
    """Search a tiny exact index, and compare with the neighbours that are known."""
    try:
        index = faiss.IndexFlatL2(LINE.shape[1])
        index.add(LINE)
        _, labels = index.search(QUERY, len(NEAREST))
        neighbours = labels[0].tolist()
    except (RuntimeError, MemoryError) as error:
        return f"faiss cannot search: {str(error)!a}"
    if neighbours != NEAREST:
        return f"faiss finds the wrong neighbours: {neighbours} instead of {NEAREST}"
    return None


def directory_failure(directory: Path, *, writable: bool) -> str | None:
    """List ``directory`` and, where the role writes, write a nameless file in it.

    Trying is the only test that knows of a full disk, a read-only mount and a failing one. The
    file has no name (or loses it at once), so a killed process leaves nothing behind.
    """
    try:
        os.scandir(directory).close()
    except OSError as error:
        return f"{directory} cannot be read: {error.strerror}"
    if not writable:
        return None
    try:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as probe:
            probe.write(bytes(4096))
    except OSError as error:
        return f"{directory} cannot be written: {error.strerror}"
    return None
