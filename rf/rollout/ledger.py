"""The journal and the evidence of one rollout, kept in a store that may fail for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import records
from .core import Verdict, replay
from .lease import DURATION
from .store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .core import Bundle, Judgement
    from .journal import Journal
    from .lease import Lease
    from .world import Clock, World

ATTEMPTS = 3
RETRY_SECONDS = 5
RENEW_SECONDS = DURATION.total_seconds() / 2
"""How often the lease is renewed: in half the time that it lasts."""


class Ledger:
    """What a controller writes down. StoreError when the store failed ``ATTEMPTS`` times."""

    def __init__(self, world: World, journal: Journal, lease: Lease) -> None:
        self._world = world
        self._journal = journal
        self._lease = lease
        self._renewed = world.clock.now().timestamp()

    @property
    def journal(self) -> Journal:
        """What was written so far."""
        return self._journal

    def write(self, kind: str, data: Mapping[str, Any]) -> None:
        """Append a record; when this returns, it will survive."""
        self._insist(lambda: self._journal.write(kind, data, self._world.clock.now()))

    def keep(self, bundle: Bundle) -> Judgement:
        """Keep what a verdict rests on, and journal the verdict on record that it gives."""
        judgement = replay(bundle)
        log = evidence_log(self._journal.log, judgement.sha256)
        self._insist(lambda: records.save_text(self._world.store, log, bundle.json))
        if judgement.sha256 != self.last_verdict.get("sha256"):
            self.write(records.VERDICT, records.judgement_record(judgement))
        return judgement

    @property
    def last_verdict(self) -> Mapping[str, Any]:
        """The judgement that was journaled last; empty when there is none."""
        found = records.last(self._journal.entries, records.VERDICT)
        return found.data if found else {}

    @property
    def has_failed(self) -> bool:
        """Whether that judgement was ``fail``."""
        return bool(self.last_verdict.get("judgement", {}).get("verdict") == Verdict.FAIL)

    def keep_lease(self) -> None:
        """Renew the lease when it is time; LockedError when somebody else has it."""
        now = self._world.clock.now()
        if now.timestamp() - self._renewed >= RENEW_SECONDS:
            self._insist(lambda: self._lease.renew(now))
            self._renewed = now.timestamp()

    def _insist(self, act: Callable[[], object]) -> None:
        for is_last in tries(self._world.clock):
            try:
                act()
            except StoreError:
                if is_last:
                    raise
            else:
                return


def tries(clock: Clock) -> Iterator[bool]:
    """Once for each try, after a pause but for the first: whether it is the last."""
    for attempt in range(1, ATTEMPTS + 1):
        if attempt > 1:
            clock.sleep(RETRY_SECONDS)
        yield attempt == ATTEMPTS


def evidence_log(journal: str, sha256: str) -> str:
    """Where the bundle of the verdict ``sha256`` is."""
    return f"{journal}/evidence/{sha256}"
