"""Builds an index anew in the background, from its own rows, and swaps it in.

What is built holds only the living: a rebuild is also the compaction. The log knows nothing of it,
because nothing that is stored changes.
"""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from . import planner
from .built import Built, Origin
from .errors import Busy, Conflict, Refused
from .index import Rebuild

if TYPE_CHECKING:
    from collections.abc import Callable

    from .arrays import Ids
    from .committer import Committer
    from .contents import Contents
    from .index import Index
    from .memory import Memory

SLICE = 4096
NICE = 10
FEW = 8192
"""Rows that may be left for the moment of the swap, during which no change is taken."""
TRAINING_COPIES = 3
"""Memory of training, in samples: the sample, its residuals, and what clustering sorts."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Copy:
    """New contents, and the rows of the old ones that they were made from."""

    old: Contents
    new: Contents
    sources: list[Ids] = field(default_factory=list)

    @property
    def copied(self) -> Ids:
        return np.concatenate(self.sources) if self.sources else np.empty(0, np.int64)

    def take(self, start: int, end: int) -> None:
        """Copy the living rows of the old contents from ``start`` to before ``end``."""
        for low in range(start, end, SLICE):
            rows = self.old.living(min(low + SLICE, end), low)
            self.new.rows.stage(self.old.rows.take(rows))
            self.sources.append(rows)


class Builder:
    """Rebuilds one index at a time: two would train in memory that was promised once."""

    def __init__(
        self, committer: Committer, memory: Callable[[], Memory], finished: Callable[[], None]
    ) -> None:
        """``finished`` runs after each swap: a snapshot then keeps what was built."""
        self._committer, self._memory, self._finished = committer, memory, finished
        self._one = threading.Lock()

    def start(self, index: Index) -> None:
        """Begin in the background. Raises Conflict, or Busy while another index is rebuilt."""
        plan, vectors = index.plan(), index.contents.vectors
        if not planner.is_exact(index.spec.type) and vectors < plan.needed:
            raise Conflict(
                f"training {plan.factory} takes {plan.needed} vectors at least, and "
                f"{index.spec.name} has {vectors}: until then it is searched exactly"
            )
        if not self._one.acquire(blocking=False):
            raise Busy("a rebuild is running", retry_after=10)
        index.rebuild = Rebuild(state="running", stage="copying")
        threading.Thread(target=self._run, args=(index, plan), name="builder", daemon=True).start()

    def _run(self, index: Index, plan: planner.Plan) -> None:
        # On Linux this is the thread's own, and that of the threads that faiss starts from it:
        # searches go first.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        try:
            self._rebuild(index, plan)
        except (RuntimeError, OSError, MemoryError, Refused) as error:
            reason = " ".join(str(error).split())
            index.rebuild = Rebuild(state="failed", reason=reason)
            index.failed_at = index.contents.vectors
            log.warning(
                "a rebuild failed", extra={"fields": {"index": index.spec.name, "reason": reason}}
            )
        else:
            index.rebuild = Rebuild(state="done", progress=1.0)
            log.info("rebuilt", extra={"fields": index.describe()})
            self._finished()
        finally:
            self._one.release()

    def _rebuild(self, index: Index, plan: planner.Plan) -> None:
        copy = _Copy(index.contents, index.new_contents())
        try:
            end = copy.old.rows.count
            copy.take(0, end)
            count = sum(map(len, copy.sources))
            built = None
            if not planner.is_exact(index.spec.type):
                built = self._build(index, plan, copy, count)
            while copy.old.rows.count - end > FEW:
                start, end = end, copy.old.rows.count
                copy.take(start, end)
            done = self._committer.call(lambda: _swap(index, copy, (end, count), built))
            done.result()
        except BaseException:
            copy.new.rows.delete()
            raise

    def _build(self, index: Index, plan: planner.Plan, copy: _Copy, count: int) -> Built:
        """Train on a sample and take in the first ``count`` rows of the new contents."""
        spec, rows = index.spec, copy.new.rows
        memory, what = self._memory(), f"rebuilding {spec.name}"
        with memory.reserve(TRAINING_COPIES * plan.sample * spec.dimension * 4, what):
            index.rebuild.stage = "training"
            chosen = np.random.default_rng(0).permutation(count)[: plan.sample]
            sample = rows.take(np.sort(chosen))
            origin = Origin(build=uuid4().hex, factory=plan.factory)
            built = Built.train(spec.dimension, spec.metric, sample, origin)
        with memory.reserve(built.bytes_for(count), what):
            index.rebuild.stage = "adding"
            for low in range(0, count, SLICE):
                high = min(low + SLICE, count)
                numbers = np.arange(low, high)
                built.add(rows.take(numbers), numbers)
                index.rebuild.progress = high / count
        return built


def _swap(index: Index, copy: _Copy, taken: tuple[int, int], built: Built | None) -> None:
    """On the committer's thread: take what came meanwhile, and let searches see the new contents.

    ``taken``: the old rows that were looked at, and how many of the new ones were built on.
    """
    old, new = copy.old, copy.new
    if index.contents is not old or old.rows.deleted:
        raise Conflict("the index was replaced or dropped while it was rebuilt")
    copy.take(taken[0], old.rows.count)
    sources = copy.copied
    alive = np.unpackbits(old.alive(old.rows.count), bitorder="little")[sources]
    new.resume(old.ids(old.rows.count)[sources], np.packbits(alive, bitorder="little"))
    new.built, new.boundary = built, taken[1] if built else 0
    new.built_from = taken[1]
    index.replace_contents(new)
