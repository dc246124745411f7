"""Evidence as the gates look at it: windows by step, events by outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .counters import total
from .dispersion import DesignEffect, design_effect
from .span import Period, Span, Tally

if TYPE_CHECKING:
    from .evidence import Counts, Evidence
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


@dataclass(frozen=True, kw_only=True)
class View:
    """Evidence of one service, prepared once for all gates."""

    args: GateArgs
    evidence: Evidence
    steps: tuple[Span, ...]
    fresh: Span
    """What counts for promotion: the current step's windows after it settled."""
    past: Counts
    """All that the control did in its history."""
    effects: dict[Outcome, DesignEffect]
    """Those that were worked out already; every gate asks several times."""
    periods: dict[int, Period] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Per cent asked for at the current step."""
        return self.evidence.steps[-1].weight

    def since(self, start: int) -> Period:
        """All windows from step ``start``, counted from 0, until now."""
        if start not in self.periods:
            self.periods[start] = Period(self.steps[start:])
        return self.periods[start]

    def effect(self, outcome: Outcome) -> DesignEffect:
        """How far ``outcome`` comes in groups, by the control's history."""
        if outcome not in self.effects:
            minutes = [outcome.of(counts) for counts in self.evidence.history]
            self.effects[outcome] = design_effect(minutes, self.args.design_effect)
        return self.effects[outcome]


class Memory:
    """What need not be worked out again at the next poll. It changes no verdict."""

    def __init__(self) -> None:
        self._args: GateArgs | None = None
        self._history: tuple[Counts, ...] = ()
        self._past = total(())
        self._effects: dict[Outcome, DesignEffect] = {}
        self._tallies: list[Tally] = []

    def requests(self, args: GateArgs, evidence: Evidence) -> int:
        """Of both arms in the current step; 0 where that cannot be known."""
        try:
            return self.view(args, evidence).steps[-1].all[-1] if evidence.steps else 0
        except ValueError:
            return 0

    def view(self, args: GateArgs, evidence: Evidence) -> View:
        """Prepare ``evidence``, which has at least one step. ValueError where it cannot be."""
        if args != self._args or evidence.history is not self._history:
            self._past, self._effects = total(evidence.history), {}
            self._args, self._history, self._tallies = args, evidence.history, []
        # Taken out while they are read: one that raised has not read all.
        known, self._tallies = self._tallies, []
        found = []
        for index, step in enumerate(evidence.steps):
            tally = known[index] if index < len(known) else Tally(args.settle)
            if not tally.goes_on_in(step):
                tally = Tally(args.settle)
            tally.read(step)
            found.append(tally)
        self._tallies = found
        return View(
            args=args,
            evidence=evidence,
            steps=tuple(tally.whole for tally in found),
            fresh=found[-1].fresh,
            past=self._past,
            effects=self._effects,
        )


def candidate(outcome: Outcome, found: Span | Period) -> tuple[int, int]:
    """Events and requests of the candidate in ``found``."""
    return outcome.of(found.candidate)


def control(outcome: Outcome, found: Span | Period) -> tuple[int, int]:
    """Events and requests of the control in ``found``."""
    return outcome.of(found.control)
