"""How much a service has to do, as Prometheus knows it.

The series are the gateway's own (``components.gateway.metrics``): the same requests that alerts and
rollouts count. All versions of a service are counted together, so that a canary can take everybody
at the next step, and stable can take everybody back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..gateway.metrics import ERRORS, REQUESTS

if TYPE_CHECKING:
    from ..spec import ServiceSpec
    from .args import LoadArgs

ACTIVE = "envoy_cluster_upstream_rq_active"
STEADY = "1m"
"""Four scrapes: one burst between two of them is no reason to start a server."""
RECENT = "2m"


def query(spec: ServiceSpec, args: LoadArgs) -> str:
    """PromQL for the requests of ``spec``, in flight or a second; one number, or none."""
    # All requests are the gateway's own.
    which = 'service!=""' if spec.front_door else f'service="{spec.name}"'
    if args.in_flight is None:
        return f"sum(rate({REQUESTS}{{{which}}}[{RECENT}]))"
    in_flight = f"sum(avg_over_time({ACTIVE}{{{which}}}[{STEADY}]))"
    if spec.least:
        return in_flight
    # Where nobody serves, nothing is in flight: whoever asks in vain counts as one.
    refused = f'{ERRORS}{{{which}, reason="unhealthy"}}'
    return f"{in_flight} + clamp_max(sum(increase({refused}[{RECENT}])), 1)"
