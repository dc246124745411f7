"""Scaling as a part of a spec: plain data that a platform turns into what it has for that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..schedules import ScheduleArgs
    from ..spec import ServiceSpec
    from .args import LoadArgs, ScalingArgs


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """From ``least`` to ``most`` replicas. ``pinned``: exactly so many, as somebody has said."""

    least: int
    most: int
    load: LoadArgs | None = None
    schedule: ScheduleArgs | None = None
    pinned: int | None = None
    allow_zero: bool = False

    @property
    def peak(self) -> int:
        """The most that may ever run, pinned or not."""
        return max(self.most, self.pinned or 0)

    @property
    def sleeps(self) -> bool:
        """Whether there may be none at all."""
        return self.least == 0


def scaled(spec: ServiceSpec, args: ScalingArgs | None) -> ServiceSpec:
    """``spec`` with what the settings say of its scaling; as it is without any."""
    if args is None:
        return spec
    scaling = Scaling(
        least=args.least,
        most=args.most,
        load=args.load,
        schedule=args.schedule,
        pinned=args.override.replicas if args.override else None,
        allow_zero=args.allow_zero,
    )
    return replace(spec, scaling=scaling)
