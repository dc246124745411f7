"""What a step's polls add up to, kept from poll to poll.

A verdict at every poll must not read all polls again: at one a second a step has thousands. A
``Span`` takes each window once, in order. The judge of a record that was read back goes through the
very same additions, so both come to the same verdict, bit by bit.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from .counters import total, window
from .evidence import NOTHING, Counts
from .sequential import gain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .counters import Window
    from .evidence import Pod, Poll, Step
    from .view import Outcome


class Span:
    """Windows one after the other, of which the last may still be taken out again."""

    def __init__(self) -> None:
        self.windows: list[Window] = []
        self.candidates = [0]
        """Requests of the candidate before the first window, and up to the end of each."""
        self.all = [0]
        """The same of both arms."""
        self.answered = [0]
        """Requests of the candidate that were answered well."""
        self._taken = 0
        self._candidate = NOTHING
        self._control = NOTHING
        self._gains: dict[tuple[Outcome, float], tuple[int, float]] = {}

    def put(self, found: Window) -> None:
        """Add a window."""
        mine = found.candidate.requests
        self.windows.append(found)
        self.answered.append(self.answered[-1] + mine - found.candidate.failed)
        self.candidates.append(self.candidates[-1] + mine)
        self.all.append(self.all[-1] + mine + found.control.requests)

    def drop(self) -> Window:
        """Take the last window out."""
        del self.candidates[-1], self.all[-1], self.answered[-1]
        return self.windows.pop()

    @property
    def candidate(self) -> Counts:
        """All that the candidate did."""
        self._take()
        return total((self._candidate, *(last.candidate for last in self.windows[-1:])))

    @property
    def control(self) -> Counts:
        """All that the control did."""
        self._take()
        return total((self._control, *(last.control for last in self.windows[-1:])))

    def gain(self, outcome: Outcome, ratio: float) -> float:
        """What a bet gains on ``outcome`` being ``ratio`` times as frequent as the control's."""
        at, log = self._gains.get((outcome, ratio), (0, 0.0))
        for each in self.windows[at:-1]:
            log += _gain(outcome, ratio, each)
        self._gains[outcome, ratio] = max(at, len(self.windows) - 1), log
        return log + sum(_gain(outcome, ratio, last) for last in self.windows[-1:])

    def _take(self) -> None:
        more = self.windows[self._taken : -1]
        self._candidate = total((self._candidate, *(each.candidate for each in more)))
        self._control = total((self._control, *(each.control for each in more)))
        self._taken = max(self._taken, len(self.windows) - 1)


def _gain(outcome: Outcome, ratio: float, found: Window) -> float:
    return gain(ratio, (*outcome.of(found.candidate), *outcome.of(found.control)))


@dataclass(frozen=True)
class Period:
    """Spans one after the other, as one."""

    spans: tuple[Span, ...]

    @property
    def windows(self) -> Iterator[Window]:
        """All of them, in order."""
        return (each for span in self.spans for each in span.windows)

    @cached_property
    def candidate(self) -> Counts:
        """All that the candidate did."""
        return total(span.candidate for span in self.spans)

    @cached_property
    def control(self) -> Counts:
        """All that the control did."""
        return total(span.control for span in self.spans)

    @property
    def end(self) -> float:
        """When the last window ended; 0 where there is none."""
        return max((span.windows[-1].end for span in self.spans if span.windows), default=0)

    def answered_until(self, end: float) -> int:
        """Requests of the candidate that were answered well in windows up to ``end``."""
        return sum(
            span.answered[bisect_right(span.windows, end, key=lambda each: each.end)]
            for span in self.spans
        )

    def gain(self, outcome: Outcome, ratio: float) -> float:
        """See ``Span.gain``."""
        return sum(span.gain(outcome, ratio) for span in self.spans)


@dataclass
class Tally:
    """One step, as far as it was read. ``settle``: seconds until windows count for promotion."""

    settle: float
    whole: Span = field(default_factory=Span)
    fresh: Span = field(default_factory=Span)
    """What counts for promotion: the windows after the step settled."""
    _read: tuple[Poll, ...] = ()
    """All polls but the last, which the next one may show to be a repeat."""
    _pods: dict[str, Pod] = field(default_factory=dict)
    """The last reading of each pod in them."""

    def goes_on_in(self, step: Step) -> bool:
        """Whether ``step`` begins with the polls that were read."""
        known = len(self._read)
        return known < len(step.polls) and step.polls[:known] == self._read

    def read(self, step: Step) -> None:
        """Take in what ``step`` has more. ValueError where the buckets of a histogram changed."""
        polls, known = step.polls, len(self._read)
        if self.whole.windows:
            # It ended with what was the last poll, which may be gone.
            last = self.whole.drop()
            if self.fresh.windows and self.fresh.windows[-1] is last:
                self.fresh.drop()
        for index in range(known, len(polls)):
            if index:
                self._put(window(self._pods, polls[index - 1].at, polls[index]))
            if index < len(polls) - 1:
                self._pods.update(polls[index].pods)
        self._read = polls[:-1]

    def _put(self, found: Window) -> None:
        self.whole.put(found)
        if found.start >= self.whole.windows[0].start + self.settle:
            self.fresh.put(found)
