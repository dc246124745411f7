"""Evidence as the gates look at it: windows by step, events by outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .counters import Window, settled, windows
from .dispersion import DesignEffect, design_effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .evidence import Counts, Evidence
    from .sequential import Arms
    from .settings import GateArgs


class Outcome(Protocol):
    """What may happen to a request."""

    def of(self, counts: Counts) -> tuple[int, int]:
        """Requests that it happened to, and requests that it could have happened to."""
        ...


@dataclass(frozen=True, slots=True)
class Failed:
    """The request failed."""

    def of(self, counts: Counts) -> tuple[int, int]:
        return counts.failed, counts.requests


@dataclass(frozen=True, slots=True)
class Slow:
    """The request took longer than ``bound`` ms."""

    bounds_ms: tuple[int, ...]
    bound: int

    def of(self, counts: Counts) -> tuple[int, int]:
        return counts.slower_than(self.bounds_ms, self.bound), counts.timed


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Evidence of one service, prepared once for all gates."""

    args: GateArgs
    evidence: Evidence
    steps: tuple[tuple[Window, ...], ...]
    fresh: tuple[Window, ...]
    """What counts for promotion: the current step's windows after it settled."""
    effects: dict[Outcome, DesignEffect] = field(default_factory=dict, compare=False, repr=False)
    """Those that were worked out already; every gate asks several times."""

    @property
    def weight(self) -> int:
        """Per cent asked for at the current step."""
        return self.evidence.steps[-1].weight

    def since(self, start: int) -> tuple[Window, ...]:
        """All windows from step ``start``, counted from 0, until now."""
        return tuple(window for step in self.steps[start:] for window in step)

    def effect(self, outcome: Outcome) -> DesignEffect:
        """How far ``outcome`` comes in groups, by the control's history."""
        if outcome not in self.effects:
            minutes = [outcome.of(counts) for counts in self.evidence.history]
            self.effects[outcome] = design_effect(minutes, self.args.design_effect)
        return self.effects[outcome]


def view(args: GateArgs, evidence: Evidence) -> View:
    """Prepare ``evidence``, which has at least one step."""
    steps = tuple(windows(step) for step in evidence.steps)
    current = steps[-1]
    fresh = settled(current, args.settle) if current else ()
    return View(args=args, evidence=evidence, steps=steps, fresh=fresh)


def candidate(outcome: Outcome, found: Sequence[Window]) -> tuple[int, int]:
    """Events and requests of the candidate in ``found``."""
    return _added(outcome.of(window.candidate) for window in found)


def control(outcome: Outcome, found: Sequence[Window]) -> tuple[int, int]:
    """Events and requests of the control in ``found``."""
    return _added(outcome.of(window.control) for window in found)


def _added(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    events, requests = 0, 0
    for some, of_some in pairs:
        events += some
        requests += of_some
    return events, requests


def both(outcome: Outcome, found: Sequence[Window]) -> list[Arms]:
    """Events and requests of both, window by window."""
    return [(*outcome.of(window.candidate), *outcome.of(window.control)) for window in found]
