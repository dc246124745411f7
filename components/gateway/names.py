"""The names that gateway, monitoring and rollout share.

Envoy's default tag regex breaks at a dot in a cluster name and turns a colon into an underscore
(report D §1.4), hence ``<service>_<track>``.
"""

from itertools import groupby

from ..spec import ServiceSpec, Track

TRACKS: tuple[Track, ...] = ("stable", "canary")
"""The versions that a service may have side by side, the one to fall back on first."""
USER_HEADER = "x-researchflow-user"
"""Clients name their user in it: whoever saw a version keeps it while its weight grows."""
USER_COOKIE = "researchflow-user"
"""The same for browsers. The header counts where both are there."""


def cluster_name(spec: ServiceSpec) -> str:
    """Name of the Envoy cluster of one service and track: ``ollama_stable``."""
    return f"{spec.name}_{spec.track}"


def fronted(specs: tuple[ServiceSpec, ...]) -> tuple[ServiceSpec, ...]:
    """The services that clients reach through the gateway: those that have a track."""
    return tuple(spec for spec in specs if spec.track is not None)


def versions(specs: tuple[ServiceSpec, ...]) -> tuple[tuple[ServiceSpec, ...], ...]:
    """The fronted services of ``specs`` in their order, each with its tracks, stable first.

    ValueError where a service has one track twice, an unknown one, or no stable one.
    """
    found = []
    for name, group in groupby(fronted(specs), key=lambda spec: spec.name):
        tracks = tuple(group)
        if tuple(spec.track for spec in tracks) not in (TRACKS[:1], TRACKS):
            given = ", ".join(str(spec.track) for spec in tracks)
            raise ValueError(
                f"services.{name}: it has the tracks {given}; there may be {' and '.join(TRACKS)}, "
                "in this order, and the first one has to be there"
            )
        found.append(tracks)
    return tuple(found)
