"""From the data directory to the state that was last acknowledged."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import segments
from .catalogue import Catalogue
from .errors import Refused
from .record import NewEpoch, Restored
from .roles import current
from .segments import LogDamagedError, Torn
from .snapshot_files import BadSnapshotError, load, verify

if TYPE_CHECKING:
    from pathlib import Path

    from .manifest import Manifest
    from .record import Header, Record
    from .roles import Epochs
    from .snapshots import Snapshots

log = logging.getLogger(__name__)


@dataclass
class Recovered:
    """What was found. ``bad`` are the snapshots that were put aside, with reasons."""

    catalogue: Catalogue
    position: int = 0
    epochs: Epochs = ()
    snapshot: Manifest | None = None
    bad: dict[str, str] = field(default_factory=dict)
    torn_bytes: int = 0


def recover(snapshots: Snapshots, log_directory: Path, live: Path) -> Recovered:
    """The newest good snapshot and the log after it.

    Bad snapshots are put aside and a torn end of the log is cut off; both are said. Raises
    LogDamagedError where acknowledged records are missing: half of the truth is never served.
    """
    segments.settle(log_directory)
    state = _from_snapshot(snapshots, live)
    try:
        for item in segments.replay(log_directory, state.position):
            if isinstance(item, Torn):
                state.torn_bytes = segments.cut(item, snapshots.aside)
                log.warning(
                    "the log ended in the middle of a write that was never acknowledged",
                    extra={"fields": {"bytes": state.torn_bytes, "reason": item.reason}},
                )
            else:
                _apply(state, *item)
    except LogDamagedError:
        state.catalogue.delete()
        raise
    except Refused as error:
        state.catalogue.delete()
        raise LogDamagedError(
            f"record {state.position} of the log cannot be applied: {error}. Restore a backup"
        ) from error
    return state


def _from_snapshot(snapshots: Snapshots, live: Path) -> Recovered:
    bad: dict[str, str] = {}
    for version in snapshots.versions():
        catalogue = Catalogue(live)
        try:
            manifest = snapshots.manifest(version)
            verify(snapshots.directory / version, manifest)
            load(snapshots.directory / version, manifest, catalogue)
        except BadSnapshotError as error:
            log.exception("a bad snapshot is put aside")
            catalogue.delete()
            bad[version] = str(error)
            snapshots.put_aside(version)
            continue
        return Recovered(catalogue, manifest.position, manifest.epochs, manifest, bad)
    return Recovered(Catalogue(live), bad=bad)


def _apply(state: Recovered, header: Header, record: Record) -> None:
    state.position += 1
    if isinstance(record, Restored):
        raise LogDamagedError(
            f"record {state.position} of the log restored the snapshot {record.version}, which is "
            "bad or gone: restore a backup"
        )
    if current(state.epochs) != header.epoch:
        if state.epochs and not isinstance(record, NewEpoch):
            raise LogDamagedError(
                f"record {state.position} of the log is of epoch {header.epoch}, and the record "
                f"before it, in a snapshot, of {current(state.epochs)}: they are two histories. "
                "Restore a backup"
            )
        state.epochs += ((header.epoch, state.position),)
    if not isinstance(record, NewEpoch):
        state.catalogue.stage(record)
        state.catalogue.apply(record)
