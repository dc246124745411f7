"""Redis: whether it answers, and whether it is of use."""

from __future__ import annotations

from dashboards.model import Panel, Query, Row, State
from dashboards.promql import rate, scraped

NO_REDIS = "Redis is not watched"
HITS = rate(scraped("redis_keyspace_hits_total"))
MISSES = rate(scraped("redis_keyspace_misses_total"))
LOOKUPS = f"({HITS} + {MISSES} > 0)"
UP = {0: State(text="down", colour="red"), 1: State(text="up", colour="green")}

REDIS = Row(
    title="Redis",
    panels=(
        Panel(
            title="Hit rate",
            description=(
                "redis_keyspace_hits_total / (hits + misses): look-ups that found something."
            ),
            unit="percentunit",
            queries=(Query(expr=f"{HITS} / {LOOKUPS}", legend="hits"),),
            no_data="No look-ups",
            alerts=("RedisHitRateLow",),
            maximum=1,
        ),
        Panel(
            title="Evictions",
            description="redis_evicted_keys_total: keys thrown out for want of memory.",
            unit="ops",
            queries=(
                Query(expr=rate(scraped("redis_evicted_keys_total")), legend="keys a second"),
            ),
            no_data=NO_REDIS,
            alerts=("RedisEvictions",),
        ),
        Panel(
            title="Memory",
            description="redis_memory_used_bytes, and redis_memory_max_bytes where it is limited.",
            unit="bytes",
            queries=(
                Query(expr=f"max({scraped('redis_memory_used_bytes')})", legend="used"),
                Query(expr=f"max({scraped('redis_memory_max_bytes')} > 0)", legend="limit"),
            ),
            no_data=NO_REDIS,
        ),
        Panel(
            title="Redis answers",
            description="redis_up: up of the exporter would say nothing about Redis.",
            queries=(Query(expr=f"max({scraped('redis_up')})", legend="redis"),),
            no_data=NO_REDIS,
            kind="states",
            height=6,
            alerts=("RedisDown",),
            states=UP,
        ),
        Panel(
            title="Commands",
            description="redis_commands_total, the five most frequent.",
            unit="ops",
            queries=(
                Query(
                    expr=f"topk(5, {rate(scraped('redis_commands_total'), by='cmd')})",
                    legend="{{cmd}}",
                ),
            ),
            no_data=NO_REDIS,
            height=6,
        ),
        Panel(
            title="Clients",
            description="redis_connected_clients.",
            unit="short",
            queries=(Query(expr=f"sum({scraped('redis_connected_clients')})", legend="connected"),),
            no_data=NO_REDIS,
            height=6,
        ),
    ),
)
