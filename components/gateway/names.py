"""The names that gateway, monitoring and rollout share.

Envoy's default tag regex breaks at a dot in a cluster name and turns a colon into an underscore
(report D §1.4), hence ``<service>_<track>``.
"""

from ..spec import ServiceSpec

DURATION_BUCKETS_MS = (
    10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000,
)  # fmt: skip
"""Bounds of the request-duration histogram. ``histogram_quantile`` never answers more than the
highest finite bound, so the alert thresholds of 5000 and 10000 ms are bounds themselves and the
scale goes far beyond them."""


def cluster_name(spec: ServiceSpec) -> str:
    """Name of the Envoy cluster of one service and track: ``ollama_stable``."""
    return f"{spec.name}_{spec.track}"


def fronted(specs: tuple[ServiceSpec, ...]) -> tuple[ServiceSpec, ...]:
    """The services that clients reach through the gateway: those that have a track."""
    return tuple(spec for spec in specs if spec.track is not None)
