"""Where a rollout's records are kept, so that another machine can go on with it.

Everything is an append-only log of numbered records, and a record is created once: of two that
write the same number, one is told that it came too late. The journal, the lock and the evidence are
built from nothing else, so a folder, a bucket and a cluster can each hold them.
"""

from collections.abc import Sequence
from typing import Protocol

MAX_RECORD = 900_000
"""Bytes of the largest record: a Kubernetes object holds a mebibyte at most."""


class StoreError(Exception):
    """The store cannot be read or written; the message says which, where and why."""


class Store(Protocol):
    """Logs of numbered records. ``log`` is a path such as ``rollouts/2026-11-22-ollama``."""

    def add(self, log: str, number: int, record: bytes) -> bool:
        """Create record ``number`` (from 1) of ``log``, durably; False when there is one already.

        StoreError when it cannot be known that the record is there.
        """

    def read(self, log: str, after: int = 0) -> Sequence[bytes]:
        """The records of ``log`` from ``after`` + 1 on, in order, up to the first that is missing.

        StoreError when the store cannot be asked.
        """

    def logs(self, under: str) -> Sequence[str]:
        """The logs whose path begins with the folder ``under``, sorted."""
