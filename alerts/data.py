"""Alerts on what holds data: the vector indexes and the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mapping import KUBE_STATE
from .model import Alert, Group, number

if TYPE_CHECKING:
    from .model import Facts

FAISS_BOARD = "faiss-detail"
REDIS_BOARD = "infrastructure-health"
FAISS = frozenset({"faiss"})
PUSHED = frozenset({"faiss", "pushgateway"})
REDIS = frozenset({"redis-exporter"})

WRITES_WINDOW = "6h"
"""A snapshot may be older than that as long as nothing was written."""

PUSHES_WINDOW = "15d"
"""Longer than any of the alerts on pushed times waits."""

# Fewer look-ups a second than this say nothing about how good a cache is.
LOOKUPS = 0.1


def faiss(facts: Facts) -> Group:
    """Indexes that are damaged or not saved."""
    return Group(
        name="faiss",
        rules=(
            checksum(facts),
            old(
                facts,
                "FaissSnapshotOld",
                # 0 is a server without one, which has nothing to save yet.
                "faiss_snapshot_timestamp_seconds > 0",
                summary="The last snapshot of the vector indexes is too old.",
                consequence="after a crash the log since then must be replayed",
                needs=FAISS,
                while_=f"max(delta(faiss_wal_position[{WRITES_WINDOW}])) > 0",
            ),
            old(
                facts,
                "FaissBackupOld",
                pushed(facts, "faiss_backup_last_success_timestamp_seconds"),
                summary="The last backup of the vector indexes is too old.",
                consequence="a lost volume would lose all changes since then",
                needs=PUSHED,
            ),
            old(
                facts,
                "FaissRestoreUnverified",
                pushed(facts, "faiss_backup_last_verified_restore_timestamp_seconds"),
                summary="No backup of the vector indexes was restored as a drill for too long.",
                consequence="whether the backups can be used is not known",
                needs=PUSHED,
            ),
        ),
    )


def redis(facts: Facts) -> Group:
    """A cache that is gone, too small, or of no use."""
    return Group(name="redis", rules=(down(facts), evictions(facts), hit_rate(facts)))


def checksum(facts: Facts) -> Alert:
    """A stored index is not what was written.

    Most is read at a start, so a new pod's counter may begin above 0, where ``increase`` is blind.
    """
    name = "FaissChecksumBad"
    counter = "faiss_checksum_failures_total"
    measures = f"(({counter} unless {counter} offset 15m) or increase({counter}[15m]))"
    return Alert(
        name=name,
        measures=measures,
        condition=f"{facts.beyond(name, measures)} or faiss_log_damaged > 0",
        severity="critical",
        category="data",
        service="faiss",
        dashboard=FAISS_BOARD,
        summary="A stored vector index is damaged.",
        description="{{ $labels.instance }} refused a snapshot or log with a wrong checksum.",
        needs=FAISS,
        keep_firing_seconds=3600,
    )


def old(  # noqa: PLR0913 the words of three alike alerts
    facts: Facts,
    name: str,
    series: str,
    *,
    summary: str,
    consequence: str,
    needs: frozenset[str],
    while_: str = "",
) -> Alert:
    """An alert on the age of ``series``, times in seconds since 1970, ``while_`` that holds."""
    measures = f"time() - max({series})"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures) + (f" and {while_}" if while_ else ""),
        severity="warning",
        category="data",
        service="faiss",
        dashboard=FAISS_BOARD,
        summary=summary,
        description="It is {{ $value | humanizeDuration }} old; " + consequence + ".",
        needs=needs,
    )


def pushed(facts: Facts, series: str) -> str:
    """``series`` as it was last told: the Pushgateway forgets it in a restart.

    In a cluster jobs push it by the clock. Where they never have, the age counts from when the
    server was first seen, or a backup that never worked would be one that nobody misses.
    """
    told = f"last_over_time({series}[{PUSHES_WINDOW}])"
    if KUBE_STATE not in facts.jobs:
        return told
    first_seen = f'min(min_over_time(timestamp(up{{job="faiss"}})[{PUSHES_WINDOW}:1h]))'
    return f"{told} or on () {first_seen}"


def down(facts: Facts) -> Alert:
    """``up`` of the exporter says nothing about Redis."""
    name = "RedisDown"
    return Alert(
        name=name,
        measures="max(redis_up)",
        condition=facts.beyond(name, "max(redis_up)"),
        severity="critical",
        category="data",
        service="redis",
        dashboard=REDIS_BOARD,
        summary="Redis does not answer.",
        description="The exporter reaches Redis no more; every request misses the cache.",
        needs=REDIS,
    )


def evictions(facts: Facts) -> Alert:
    """It throws out what it was asked to keep."""
    name = "RedisEvictions"
    measures = "sum(rate(redis_evicted_keys_total[5m]))"
    return Alert(
        name=name,
        measures=measures,
        condition=facts.beyond(name, measures),
        severity="warning",
        category="data",
        service="redis",
        dashboard=REDIS_BOARD,
        summary="Redis evicts many keys for want of memory.",
        description='{{ $value | printf "%.1f" }} keys a second are evicted.',
        needs=REDIS,
    )


def hit_rate(facts: Facts) -> Alert:
    """Most look-ups are for nothing."""
    name = "RedisHitRateLow"
    hits = "sum(rate(redis_keyspace_hits_total[15m]))"
    lookups = f"({hits} + sum(rate(redis_keyspace_misses_total[15m])))"
    return Alert(
        name=name,
        measures=f"{hits} / {lookups}",
        condition=f"{facts.beyond(name, f'{hits} / {lookups}')} and {lookups} > {number(LOOKUPS)}",
        severity="warning",
        category="data",
        service="redis",
        dashboard=REDIS_BOARD,
        summary="Few look-ups in Redis find anything.",
        description="{{ $value | humanizePercentage }} of the look-ups of 15 minutes were hits.",
        needs=REDIS,
    )
