"""All indexes by name, and what a record of the log does to them.

Only one thread stages and applies; any thread may read. ``stage`` does whatever can fail, before
the log has the record; ``apply`` cannot fail.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, assert_never
from uuid import uuid4

from .errors import Conflict, Unknown
from .index import Index
from .record import Add, Create, Drop, NewEpoch, Remove, Restored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .memory import Memory
    from .record import Record, Spec


class Catalogue:
    """The indexes of one server; their rows live in a new directory below ``live``."""

    def __init__(self, live: Path) -> None:
        """No index yet."""
        self.directory = live / uuid4().hex
        self.directory.mkdir(parents=True)
        self._indexes: dict[str, Index] = {}

    def __iter__(self) -> Iterator[Index]:
        return iter(list(self._indexes.values()))

    def get(self, name: str) -> Index:
        """The index called ``name``; raises Unknown with the names there are."""
        index = self._indexes.get(name)
        if index is None:
            names = ", ".join(sorted(self._indexes)) or "none"
            raise Unknown(f"there is no index {name!a}; there are: {names}")
        return index

    def find(self, name: str) -> Index | None:
        """The index called ``name``, if there is one."""
        return self._indexes.get(name)

    def put(self, spec: Spec) -> Index:
        """A new, empty index of ``spec``, which a recovery fills."""
        index = Index(spec, self.directory)
        self._indexes[spec.name] = index
        return index

    @property
    def bytes(self) -> int:
        """Memory of all indexes, by the model."""
        return sum(index.contents.bytes_for(0) for index in self)

    def stage(self, record: Record, memory: Memory | None = None) -> None:
        """Check ``record`` and prepare what it needs.

        Raises Refused. With a ``memory``, its ceiling is obeyed: a follower and a recovery give
        none, because what the log holds is already promised.
        """
        match record:
            case Create(spec):
                self._require_same(spec)
            case Drop(name):
                self.get(name)
            case Add(name, ids, vectors):
                index = self.get(name)
                index.require_dimension(vectors)
                index.stage_add(ids, vectors, memory)
            case Remove(name, _):
                self.get(name)
            case NewEpoch() | Restored(_):
                pass
            case _:
                assert_never(record)

    def unstage(self) -> None:
        """Forget what was staged since the last ``apply``."""
        for index in self:
            index.contents.rows.unstage()

    def apply(self, record: Record) -> int:
        """Do what ``record`` says; answers how many ids it removed or replaced."""
        match record:
            case Create(spec):
                if spec.name not in self._indexes:
                    self.put(spec)
            case Drop(name):
                self._indexes.pop(name).contents.rows.delete()
            case Add(name, ids, _):
                return self._indexes[name].contents.add(ids)
            case Remove(name, ids):
                return self._indexes[name].contents.remove(ids)
            case NewEpoch() | Restored(_):
                pass
            case _:
                assert_never(record)
        return 0

    def delete(self) -> None:
        """Take the files away; searches that still run keep what they read."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _require_same(self, spec: Spec) -> None:
        there = self._indexes.get(spec.name)
        if there is not None and there.spec != spec:
            raise Conflict(
                f"{spec.name} exists with dimension {there.spec.dimension}, metric "
                f"{there.spec.metric} and type {there.spec.type}: drop it first"
            )
