"""One named index: what it is, what it holds, and how far its rebuilding is."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from . import planner
from .contents import Contents
from .errors import Conflict, Invalid

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from .arrays import Floats, Ids
    from .memory import Memory
    from .neighbours import Found
    from .record import Spec

SHOWN = 5
GROWTH = 4
"""An index that has grown this much since it was built is built anew, with more lists."""
MANY_DEAD = 10_000
"""Dead rows are worth a compaction when there are this many, and more than living ones."""


@dataclass
class Rebuild:
    """How far a rebuild is: ``state`` is idle, running, done or failed; ``progress`` 0 to 1."""

    state: str = "idle"
    stage: str = ""
    progress: float = 0.0
    reason: str = ""


class Index:
    """An index of ``spec``, whose rows live in a file below ``directory``."""

    def __init__(self, spec: Spec, directory: Path) -> None:
        """Empty."""
        self.spec = spec
        self.directory = directory
        self.contents = self.new_contents()
        self.rebuild = Rebuild()
        self.failed_at = 0
        self.loaded = time.time()
        self.took = math.inf
        """Seconds for each query of the last search."""

    def new_contents(self) -> Contents:
        """Empty contents in a file of their own."""
        path = self.directory / f"{uuid4().hex}.rows"
        return Contents(path, self.spec.dimension, self.spec.metric)

    def replace_contents(self, contents: Contents) -> None:
        """Let searches see other contents from here on. Only the thread that changes may do it."""
        before, self.contents = self.contents, contents
        self.loaded = time.time()
        before.rows.delete()

    def stage_add(self, ids: Ids, vectors: Floats, memory: Memory | None) -> None:
        """Write vectors where ``apply`` will find them; raises NoRoom, and OSError for the disk."""
        if memory is not None:
            contents = self.contents
            more = contents.bytes_for(len(ids)) - contents.bytes_for(0)
            memory.require(more, f"adding {len(ids)} vectors to {self.spec.name}")
        self.contents.rows.stage(vectors)

    def require_dimension(self, vectors: Floats) -> None:
        """Raise Invalid for vectors of another dimension."""
        if vectors.shape[1] != self.spec.dimension:
            raise Invalid(
                f"the vectors have dimension {vectors.shape[1]}, and {self.spec.name} has "
                f"{self.spec.dimension}"
            )

    def require_new(self, ids: Ids) -> None:
        """Raise Conflict when an id is there already."""
        there = ids[self.contents.rows_of(ids) >= 0]
        if len(there):
            raise Conflict(
                f"{len(there)} of the ids are in {self.spec.name} already, such as "
                f"{', '.join(map(str, there[:SHOWN].tolist()))}: remove them, or add with replace"
            )

    def search(self, queries: Floats, k: int, nprobe: int | None) -> Found:
        """Distances and ids; raises Invalid for a ``k`` larger than the index."""
        contents = self.contents
        if k > contents.vectors:
            raise Invalid(f"k is {k}, and {self.spec.name} holds {contents.vectors} vectors")
        return contents.search(queries, k, nprobe)

    def plan(self) -> planner.Plan:
        """How the index would be built from what it holds."""
        contents = self.contents
        return planner.plan(self.spec.type, vectors=contents.vectors, dimension=self.spec.dimension)

    @property
    def wants_rebuild(self) -> bool:
        """True when there is enough to train on for the first time, or much has changed since."""
        contents = self.contents
        if self.failed_at and contents.vectors < GROWTH * self.failed_at:
            return False
        if contents.dead > max(MANY_DEAD, contents.vectors):
            return True
        if planner.is_exact(self.spec.type):
            return False
        if contents.built is None:
            return contents.vectors >= self.plan().needed
        return contents.vectors > GROWTH * contents.built_from

    @property
    def trained(self) -> bool:
        """True when searches use what FAISS_INDEX_TYPE asks for."""
        return planner.is_exact(self.spec.type) or self.contents.built is not None

    def describe(self) -> dict[str, Any]:
        """The index as the API shows it."""
        contents, plan = self.contents, self.plan()
        built = contents.built
        return {
            "name": self.spec.name,
            "dimension": self.spec.dimension,
            "metric": self.spec.metric,
            "index_type": self.spec.type,
            "vectors": contents.vectors,
            "dead_rows": contents.dead,
            "exact_rows": contents.waiting,
            "bytes": contents.bytes_for(0),
            "trained": self.trained,
            "factory": built.origin.factory if built else None,
            "lists": built.lists if built else None,
            "nprobe": built.probes if built else None,
            "vectors_needed_to_train": 0 if self.trained else plan.needed,
            "rebuild": vars(self.rebuild).copy(),
        }
