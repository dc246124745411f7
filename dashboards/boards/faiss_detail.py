"""FAISS Detail: searches, indexes, and how much of them would survive a lost machine."""

from __future__ import annotations

from dashboards.model import Board, Panel, Query, Row, State
from dashboards.promql import quantile, rate, scraped
from dashboards.rows.gateway import traffic

NO_SEARCHES = "No searches yet"
NO_INDEX = "No index yet"
NO_SERVER = "No server"
NOT_PUSHED = "No job has told of one"
SEARCHES = scraped("faiss_search_total")
NOT_OK = scraped("faiss_search_total", 'outcome!="ok"')
WRITERS = scraped("faiss_role", 'role="writer"')
YES = {0: State(text="no", colour="green"), 1: State(text="yes", colour="red")}
TRAINED = {0: State(text="exact search", colour="blue"), 1: State(text="trained", colour="green")}


def age(series: str) -> str:
    """Seconds since the youngest of some times."""
    return f"time() - max({series})"


def number(title: str, description: str, expr: str, unit: str, no_data: str) -> Panel:
    """A small number at the top."""
    return Panel(
        title=title,
        description=description,
        unit=unit,
        queries=(Query(expr=expr),),
        no_data=no_data,
        kind="stat",
        width=4,
        height=4,
    )


def over_time(title: str, description: str, metric: str, unit: str, *, by: str) -> Panel:
    """The greatest value of a gauge over the servers, ``by`` a label."""
    return Panel(
        title=title,
        description=f"{metric}: {description}",
        unit=unit,
        queries=(Query(expr=f"max by ({by}) ({scraped(metric)})", legend=f"{{{{{by}}}}}"),),
        no_data=NO_INDEX if by == "index" else NO_SERVER,
    )


NOW = Row(
    title="Now",
    panels=(
        number(
            "Servers", "Servers whose health checks pass.", f"sum({scraped('faiss_up')})",
            "short", NO_SERVER,
        ),
        number(
            "Vectors", "That can be found, on the fullest server.",
            f"max(sum by (instance) ({scraped('faiss_index_vectors')}))", "short", NO_INDEX,
        ),
        number("Searches", "All indexes together.", rate(SEARCHES), "reqps", NO_SEARCHES),
        number(
            "Searches that failed", "All outcomes but ok.",
            f"{rate(NOT_OK)} / ({rate(SEARCHES)} > 0)",
            "percentunit", NO_SEARCHES,
        ),
        number(
            "Memory of indexes", "By the server's own model, of the fullest server.",
            f"max(sum by (instance) ({scraped('faiss_index_bytes')}))", "bytes", NO_INDEX,
        ),
        number(
            "Writers", "More or fewer than 1 is a fault.",
            f"sum({WRITERS})", "short", NO_SERVER,
        ),
    ),
)  # fmt: skip

SEARCH = Row(
    title="Search",
    panels=(
        Panel(
            title="Searches by outcome",
            description="faiss_search_total. busy: the queue was full, so the client was refused.",
            unit="reqps",
            queries=(Query(expr=rate(SEARCHES, by="outcome"), legend="{{outcome}}"),),
            no_data=NO_SEARCHES,
            kind="stacked",
        ),
        Panel(
            title="Search time",
            description="faiss_search_duration_seconds: within the server, queue included.",
            unit="s",
            queries=tuple(
                Query(
                    expr=quantile(per_cent / 100, scraped("faiss_search_duration_seconds_bucket")),
                    legend=f"P{per_cent}",
                )
                for per_cent in (50, 95, 99)
            ),
            no_data=NO_SEARCHES,
            log=True,
        ),
        Panel(
            title="P95 by index",
            description="faiss_search_duration_seconds.",
            unit="s",
            queries=(
                Query(
                    expr=quantile(
                        0.95, scraped("faiss_search_duration_seconds_bucket"), by="index"
                    ),
                    legend="{{index}}",
                ),
            ),
            no_data=NO_SEARCHES,
            log=True,
        ),
    ),
)

INDEXES = Row(
    title="Indexes",
    panels=(
        over_time("Vectors", "that can be found.", "faiss_index_vectors", "short", by="index"),
        over_time("Memory", "by the server's model.", "faiss_index_bytes", "bytes", by="index"),
        over_time(
            "Dead rows", "removed, and in memory until the next rebuild.",
            "faiss_index_dead_rows", "short", by="index",
        ),
        over_time(
            "Rows searched exactly", "added since the index was trained; slower.",
            "faiss_index_exact_rows", "short", by="index",
        ),
        over_time(
            "Rebuild", "progress of the last one.",
            "faiss_rebuild_progress_ratio", "percentunit", by="index",
        ),
        over_time("Queues", "requests that wait or run.", "faiss_queue_depth", "short", by="queue"),
        Panel(
            title="Trained",
            description="faiss_index_trained: whether searches use the type that was asked for.",
            queries=(
                Query(
                    expr=f"min by (index) ({scraped('faiss_index_trained')})", legend="{{index}}"
                ),
            ),
            no_data=NO_INDEX,
            kind="states",
            width=12,
            height=6,
            states=TRAINED,
        ),
        Panel(
            title="Rebuild failed",
            description="faiss_rebuild_failed: the old index goes on answering.",
            queries=(
                Query(
                    expr=f"max by (index) ({scraped('faiss_rebuild_failed')})", legend="{{index}}"
                ),
            ),
            no_data=NO_INDEX,
            kind="states",
            width=12,
            height=6,
            states=YES,
        ),
    ),
)  # fmt: skip

SAFETY = Row(
    title="Would it survive",
    panels=(
        Panel(
            title="Age of the last snapshot",
            description=(
                "faiss_snapshot_timestamp_seconds. It may be older while nothing is written."
            ),
            unit="s",
            queries=(
                Query(
                    expr=age(f"{scraped('faiss_snapshot_timestamp_seconds')} > 0"), legend="age"
                ),
            ),
            no_data="No snapshot yet",
            alerts=("FaissSnapshotOld",),
        ),
        Panel(
            title="Age of the last backup",
            description="Pushed by the backup job when it is done.",
            unit="s",
            queries=(
                Query(expr=age("faiss_backup_last_success_timestamp_seconds"), legend="age"),
            ),
            no_data=NOT_PUSHED,
            alerts=("FaissBackupOld",),
        ),
        Panel(
            title="Age of the last restore that was tried",
            description="Pushed by the drill, which restores a backup and compares answers.",
            unit="s",
            queries=(
                Query(
                    expr=age("faiss_backup_last_verified_restore_timestamp_seconds"), legend="age"
                ),
            ),
            no_data=NOT_PUSHED,
            alerts=("FaissRestoreUnverified",),
        ),
        Panel(
            title="Damage found",
            description=(
                "Snapshots and log records with a wrong checksum within 15 minutes, and a log of "
                "which acknowledged records cannot be read."
            ),
            unit="short",
            queries=(
                Query(
                    expr=f"sum(increase({scraped('faiss_checksum_failures_total')}[15m]))",
                    legend="wrong checksums",
                ),
                Query(expr=f"max({scraped('faiss_log_damaged')})", legend="log damaged"),
            ),
            no_data=NO_SERVER,
            alerts=("FaissChecksumBad",),
        ),
        over_time(
            "Behind the writer", "time since a follower held all that the writer has.",
            "faiss_replication_lag_seconds", "s", by="instance",
        ),
        over_time(
            "Write-ahead log", "it is replayed at a start, and shortened by a snapshot.",
            "faiss_wal_bytes", "bytes", by="instance",
        ),
    ),
)  # fmt: skip

BOARD = Board(
    uid="faiss-detail",
    description="Searches, indexes, and how much of them would survive a lost machine.",
    jobs=("gateway", "faiss"),
    service="faiss",
    rows=(NOW, traffic(), SEARCH, INDEXES, SAFETY),
)
