"""A drill: is this backup the data that it says it is? Only a restore can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import BackupError
from .samples import RESTORED_NEIGHBOURS, Agreement, agreement, differing_counts, living_among
from .work import restore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..manifest import Entry
    from .record import Record, Sample
    from .server import Server
    from .store import Backups


class DrillError(BackupError):
    """The backup was restored and is not what it should be."""


def drill(backups: Backups, scratch: Server, found: Record) -> dict[str, Agreement]:
    """Restore a backup into an empty server; how well each index agrees with the original.

    Raises DrillError when counts differ or sample searches do not find the same neighbours, and
    DamagedError or RefusedError when it cannot be restored at all.
    """
    restore(backups, scratch, found, accept_loss=False)
    problems = differing_counts(found.snapshot.vectors, scratch.counts())
    results = {}
    for entry in found.snapshot.indexes:
        samples = [sample for sample in found.samples if sample.index == entry.name]
        if samples and entry.name in scratch.counts():
            results[entry.name] = _agreement(backups, scratch, found, entry, samples)
    problems += [
        f"{name} finds {each.again} of {each.expected} neighbours again"
        for name, each in results.items()
        if not each.good
    ]
    if problems:
        raise DrillError(f"{found.name} is not what was backed up: {'; '.join(problems)}")
    return results


def _agreement(
    backups: Backups, scratch: Server, found: Record, entry: Entry, samples: Sequence[Sample]
) -> Agreement:
    ids, alive = (
        b"".join(backups.file(found.name, file))
        for name in ("ids.i64", "alive.u8")
        for file in found.snapshot.files
        if file.path == f"indexes/{entry.name}/{name}"
    )
    recorded = [sample.found for sample in samples]
    held = living_among((number for each in recorded for number in each), ids, alive)
    k = min(RESTORED_NEIGHBOURS, entry.vectors)
    restored = scratch.search(entry.name, [sample.vector for sample in samples], k)
    return agreement(recorded, restored or [() for _ in samples], held)
