"""Vector indexes and the cache. Times are seconds since promtool's clock began, which is at 0."""

from __future__ import annotations

from tests.monitoring.promtool import Firing, Scenario

FAISS = {"job": "faiss", "instance": "f:5000"}
FAISS_SERIES = 'job="faiss", instance="f:5000"'
REDIS = 'job="redis-exporter", instance="r:9121"'
HOUR = 3600


def born(name: str, seconds_ago: int, steps: int = 400) -> dict[str, str]:
    """A time stamp that was ``seconds_ago`` when the scenario began."""
    return {f'{name}{{job="backup"}}': f"{-seconds_ago}x{steps}"}


def aged(  # noqa: PLR0913 three alike alerts, each with its own words
    alert: str, series: str, *, hours: int, last: str, then: str, says: str
) -> tuple[Scenario, ...]:
    """Silent at ``last`` and firing at ``then``, or silent when it is renewed in time."""
    return (
        Scenario(
            alert=alert,
            name=f"fires when it is older than {hours} hours",
            series=born(series, hours * HOUR - 60),
            expect={last: (), then: (Firing(says=says),)},
        ),
        Scenario(
            alert=alert,
            name="is silent when it is renewed just in time",
            series={f'{series}{{job="backup"}}': f"{60 - hours * HOUR}x3 45x400"},
            expect={then: ()},
        ),
    )


def never_told(alert: str, *, hours: int, last: str, then: str, says: str) -> Scenario:
    """The server has been there for so long, and no job has ever told anything."""
    return Scenario(
        alert=alert,
        name=f"fires when none was told of in the first {hours} hours of the server",
        series={f"up{{{FAISS_SERIES}}}": f"1x{(hours + 2) * HOUR // 15}"},
        expect={last: (), then: (Firing(says=says),)},
    )


def lookups(hits: int, misses: int) -> dict[str, str]:
    return {
        f"redis_keyspace_hits_total{{{REDIS}}}": f"0+{hits}x200",
        f"redis_keyspace_misses_total{{{REDIS}}}": f"0+{misses}x200",
    }


DATA = (
    Scenario(
        alert="FaissChecksumBad",
        name="fires a minute after the first wrong checksum",
        series={f"faiss_checksum_failures_total{{{FAISS_SERIES}}}": "0x8 1x60"},
        expect={
            "3m": (),
            "3m15s": (
                Firing(
                    labels=FAISS,
                    says="f:5000 refused a snapshot or log with a wrong checksum.",
                ),
            ),
        },
    ),
    Scenario(
        alert="FaissChecksumBad",
        name="ends after an hour, and is silent when the server restarts then",
        series={f"faiss_checksum_failures_total{{{FAISS_SERIES}}}": "1x90 0x60"},
        every="1m",
        expect={"80m": (), "95m": (), "120m": ()},
    ),
    Scenario(
        alert="FaissChecksumBad",
        name="sees what a new pod found at its start, though its counter never was 0",
        series={f"faiss_checksum_failures_total{{{FAISS_SERIES}}}": "1x100"},
        expect={
            "45s": (),
            "1m": (
                Firing(
                    labels=FAISS, says="f:5000 refused a snapshot or log with a wrong checksum."
                ),
            ),
        },
    ),
    Scenario(
        alert="FaissChecksumBad",
        name="goes on while acknowledged records cannot be read",
        series={f"faiss_log_damaged{{{FAISS_SERIES}}}": "1x200"},
        expect={
            "45m": (
                Firing(
                    labels=FAISS, says="f:5000 refused a snapshot or log with a wrong checksum."
                ),
            ),
        },
    ),
    Scenario(
        alert="FaissSnapshotOld",
        name="fires when the newest one is from days ago and something was written since",
        series={
            f"faiss_snapshot_timestamp_seconds{{{FAISS_SERIES}}}": "1x1700",
            f"faiss_wal_position{{{FAISS_SERIES}}}": "0+1x1700",
        },
        expect={
            "6h15m": (),
            "6h15m15s": (
                Firing(
                    says="It is 6h 15m 14s old; after a crash the log since then must be replayed."
                ),
            ),
        },
    ),
    Scenario(
        alert="FaissSnapshotOld",
        name="is silent when nothing was written, and on a server that has none",
        series={
            f"faiss_snapshot_timestamp_seconds{{{FAISS_SERIES}}}": "1x1700",
            f"faiss_wal_position{{{FAISS_SERIES}}}": "7x1700",
            'faiss_snapshot_timestamp_seconds{job="faiss", instance="new"}': "0x1700",
        },
        expect={"6h15m15s": (), "7h": ()},
    ),
    *aged(
        "FaissBackupOld",
        "faiss_backup_last_success_timestamp_seconds",
        hours=26,
        last="16m",
        then="16m15s",
        says="It is 1d 2h 15m 15s old; a lost volume would lose all changes since then.",
    ),
    *aged(
        "FaissRestoreUnverified",
        "faiss_backup_last_verified_restore_timestamp_seconds",
        hours=8 * 24,
        last="61m",
        then="61m15s",
        says="It is 8d 1h 0m 15s old; whether the backups can be used is not known.",
    ),
    never_told(
        "FaissBackupOld",
        hours=26,
        last="26h15m",
        then="26h15m15s",
        says="It is 1d 2h 15m 15s old; a lost volume would lose all changes since then.",
    ),
    Scenario(
        alert="FaissBackupOld",
        name="is silent when the Pushgateway has forgotten a backup that is not old",
        series={
            f"up{{{FAISS_SERIES}}}": f"1x{30 * HOUR // 15}",
            'faiss_backup_last_success_timestamp_seconds{job="backup"}': "36000+0x2400 stale",
        },
        expect={"27h": (), "29h": ()},
    ),
    Scenario(
        alert="RedisDown",
        name="fires when the exporter does not reach Redis for a minute",
        series={f"redis_up{{{REDIS}}}": "1x4 0x40"},
        expect={
            "2m": (),
            "2m15s": (
                Firing(says="The exporter reaches Redis no more; every request misses the cache."),
            ),
        },
    ),
    Scenario(
        alert="RedisDown",
        name="is silent when one question in between fails",
        series={f"redis_up{{{REDIS}}}": "1x4 0x3 1x40"},
        expect={"2m15s": (), "5m": ()},
    ),
    Scenario(
        alert="RedisEvictions",
        name="fires above ten a second in five minutes, for a quarter of an hour",
        series={f"redis_evicted_keys_total{{{REDIS}}}": "0+165x100"},
        expect={"19m": (), "20m15s": (Firing(says="11.0 keys a second are evicted."),)},
    ),
    Scenario(
        alert="RedisEvictions",
        name="is silent at ten, and when Redis restarts",
        series={f"redis_evicted_keys_total{{{REDIS}}}": "90000+150x30 0+150x70"},
        expect={"15m15s": (), "24m": ()},
    ),
    Scenario(
        alert="RedisHitRateLow",
        name="fires below half for half an hour",
        series=lookups(hits=49, misses=51),
        expect={
            "30m": (),
            "30m15s": (Firing(says="49% of the look-ups of 15 minutes were hits."),),
        },
    ),
    Scenario(
        alert="RedisHitRateLow",
        name="is silent at exactly half",
        series=lookups(hits=50, misses=50),
        expect={"30m15s": (), "45m": ()},
    ),
    Scenario(
        alert="RedisHitRateLow",
        name="is silent when hardly anybody looks anything up",
        series=lookups(hits=0, misses=1),
        expect={"30m15s": (), "45m": ()},
    ),
)
