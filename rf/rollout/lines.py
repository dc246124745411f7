"""In how many ways the requests of a service are counted: by version, or by a feature's arms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from .subject import FeatureSubject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .core import GateArgs
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


def are_told_apart(counted: Iterable[Line], requests: Callable[[Line], int]) -> bool:
    """Whether most requests of a feature's service said in this step which arm they are.

    ``counted``: the ways in which the service is counted; ``requests``: how many each counted.
    """
    found = {line.kind: requests(line) for line in counted}
    booked, everything = found.get("arms", 0), found.get("all", 0)
    return booked > 0 and 2 * booked >= everything
