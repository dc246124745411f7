"""What must hold for this process to serve. Each check answers None, or the reason why not."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import faiss
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from .engine import Engine
    from .settings import Settings

LINE = np.array([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]], dtype=np.float32)
QUERY = np.array([[2.2, 0]], dtype=np.float32)
NEAREST = [2, 3, 1]
"""Points on a line and, for x = 2.2, the nearest three as worked out by hand."""


class Health:
    """What /health, /ready and ``faiss_up`` say."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        """Nothing is remembered: each answer is found when it is asked for."""
        self._settings, self._engine = settings, engine

    def failures(self) -> dict[str, str]:
        """What keeps this process from serving, with reasons; empty when all is well."""
        store = self._engine.open_store
        found = {
            "search": search_failure(),
            "data_directory": directory_failure(self._settings.data_directory),
            "indexes": self._engine.failure,
            "log": store.log.failure if store else None,
        }
        return {name: reason for name, reason in found.items() if reason is not None}

    def unready(self) -> dict[str, str]:
        """The failures, and what makes answers of a follower too old."""
        found, store = self.failures(), self._engine.open_store
        if store is not None and not store.is_writer:
            lag, limit = self._engine.follower.lag_seconds, self._settings.max_lag
            if lag > limit:
                found["replication"] = (
                    f"behind its writer for {lag:.0f} seconds, and {limit} are allowed: "
                    f"{self._engine.follower.failure or 'catching up'}"
                )
        return found

    def warnings(self) -> dict[str, str]:
        """What a person should look at although the process serves."""
        store = self._engine.open_store
        if store is None:
            return {}
        found = {
            f"snapshot {version}": f"{reason}; put aside, an older one and the log serve"
            for version, reason in store.bad_snapshots.items()
        }
        for index in store.catalogue:
            if index.rebuild.state == "failed":
                found[f"rebuild {index.spec.name}"] = index.rebuild.reason
        if not store.is_writer and self._engine.follower.failure:
            found["replication"] = self._engine.follower.failure
        if store.catalogue.bytes > self._settings.cache_bytes:
            found["memory"] = "the indexes exceed FAISS_CACHE_SIZE: they serve, and take nothing in"
        return found


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


def directory_failure(directory: Path) -> str | None:
    """List ``directory`` and write a nameless file in it, as every role does: each has a log.

    Trying is the only test that knows of a full disk, a read-only mount and a failing one. The
    file has no name (or loses it at once), so a killed process leaves nothing behind.
    """
    try:
        os.scandir(directory).close()
    except OSError as error:
        return f"{directory} cannot be read: {error.strerror}"
    try:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as probe:
            probe.write(bytes(4096))
    except OSError as error:
        return f"{directory} cannot be written: {error.strerror}"
    return None
