"""In how many ways the requests of a service are counted: by version, or by a feature's arms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from .core import windows
from .core.counters import total
from .subject import FeatureSubject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .core import Evidence, GateArgs
    from .subject import Subject

LineKind = Literal["versions", "all", "arms"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One way of counting the requests of a service.

    ``versions``: its two versions. For a feature ``all``: everything that the service answers, and
    ``arms``: what says by a header whether its user has the feature.
    """

    service: str
    kind: LineKind


def lines(subject: Subject) -> tuple[Line, ...]:
    """How the requests of each service are counted; where two verdicts are equal, the first's."""
    if isinstance(subject, FeatureSubject):
        kinds: tuple[LineKind, ...] = ("arms", "all")
    else:
        kinds = ("versions",)
    return tuple(Line(service=service, kind=kind) for service in subject.services for kind in kinds)


def gates_of(subject: Subject, gates: Mapping[str, GateArgs]) -> Mapping[str, GateArgs]:
    """``gates`` by service; looking in two ways, each may be wrong by chance only half as often."""
    if not isinstance(subject, FeatureSubject):
        return gates
    return {service: replace(args, alpha=args.alpha / 2) for service, args in gates.items()}


def are_told_apart(evidence: Mapping[Line, Evidence], service: str) -> bool:
    """Whether most requests of the feature's ``service`` said in this step which arm they are."""
    arms = evidence.get(Line(service=service, kind="arms"))
    everything = evidence.get(Line(service=service, kind="all"))
    if arms is None or everything is None or not arms.steps:
        return False
    booked = total(c for w in windows(arms.steps[-1]) for c in (w.candidate, w.control)).requests
    return (
        booked > 0
        and 2 * booked
        >= total(window.candidate for window in windows(everything.steps[-1])).requests
    )
