"""What a backup says of itself: the snapshot's manifest, and answers to compare with. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from .. import manifest as manifests
from ..manifest import BadManifestError, Manifest
from .names import is_name

FORMAT = 1


class BadRecordError(ValueError):
    """A record that cannot be believed; says why."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A search that the live server answered when the backup was made."""

    index: str
    vector: tuple[float, ...]
    found: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Record:
    """A backup: its name, the snapshot in it, and sample searches."""

    name: str
    snapshot: Manifest
    samples: tuple[Sample, ...] = ()

    def encode(self) -> bytes:
        """The content of the object that makes the backup exist."""
        body = {
            "format": FORMAT,
            "name": self.name,
            "snapshot": self.snapshot.tree(),
            "samples": [asdict(sample) for sample in self.samples],
        }
        return json.dumps({**body, "checksum": _checksum(body)}, indent=1).encode() + b"\n"


def decode(data: bytes) -> Record:
    """The record in ``data``; raises BadRecordError."""
    try:
        body = json.loads(data)
        said = body.pop("checksum")
        if _checksum(body) != said:
            raise BadRecordError("its own checksum is wrong")  # noqa: TRY301
        if body["format"] != FORMAT:
            raise BadRecordError(f"its format is {body['format']}, and {FORMAT} is known")  # noqa: TRY301
        return _record(body)
    except BadRecordError:
        raise
    except BadManifestError as error:
        raise BadRecordError(f"the snapshot's manifest in it is bad: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadRecordError(f"it is not the record of a backup: {type(error).__name__}") from error


def _record(body: dict[str, Any]) -> Record:
    if not is_name(body["name"]):
        raise BadRecordError("its name is none")
    return Record(
        name=body["name"],
        snapshot=manifests.decode(json.dumps(body["snapshot"]).encode()),
        samples=tuple(
            Sample(
                index=each["index"],
                vector=tuple(float(number) for number in each["vector"]),
                found=tuple(int(number) for number in each["found"]),
            )
            for each in body["samples"]
        ),
    )


def _checksum(body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
