"""A gateway's statistics in Envoy's words, from plain counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components.gateway.metrics import DURATION_BUCKETS_MS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass
class Tally:
    """What a gateway has counted of one track; ``took``: requests by milliseconds."""

    requests: int = 0
    errors: int = 0
    took: dict[int, int] = field(default_factory=dict)


def statistics(
    service: str,
    tallies: Mapping[str, Tally],
    up: Mapping[str, int],
    every: Mapping[str, int],
    served: Mapping[str, str],
) -> str:
    """``/stats/prometheus?text_readouts`` of one gateway."""
    lines = [line for track, tally in tallies.items() for line in _counted(service, track, tally)]
    for track in ("stable", "canary"):
        # A canary's cluster leads to stable's servers, too.
        more = ("stable",) if track == "canary" and every["canary"] else ()
        for kind, members in (("healthy", up), ("total", every)):
            number = members[track] + sum(members[other] for other in more)
            cluster = f'envoy_cluster_name="{service}_{track}"'
            lines.append(f"envoy_cluster_membership_{kind}{{{cluster}}} {number}")
    lines += [
        f'envoy_http_rds_version_text{{envoy_rds_route_config="{name}",text_value="{version}"}} 0'
        for name, version in served.items()
    ]
    return "\n".join(lines)


def _counted(service: str, track: str, tally: Tally) -> Iterator[str]:
    cluster = f'envoy_cluster_name="{service}_{track}"'
    yield f"envoy_cluster_upstream_rq_completed{{{cluster}}} {tally.requests}"
    yield f'envoy_cluster_canary_upstream_rq{{envoy_response_code="500",{cluster}}} {tally.errors}'
    own, name = f'{cluster},served_by="own"', "envoy_cluster_zone_gateway_upstream_rq_time"
    measured = sum(tally.took.values())
    for bound in DURATION_BUCKETS_MS:
        within = sum(number for took, number in tally.took.items() if took < bound)
        yield f'{name}_bucket{{{own},le="{bound}"}} {within}'
    yield f"{name}_count{{{own}}} {measured}"
