"""Made-up samples: how a value goes over time, and what a counter of it counts.

Time is in minutes before the end of what is shown, so it is never above 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Course = Callable[[float], float | None]
    """A value at a minute; None where there is no sample."""

DAY = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Series:
    """One time series. A counter's ``course`` is its increase a second."""

    name: str
    labels: Mapping[str, str]
    course: Course
    counts: bool = False

    @property
    def selector(self) -> str:
        """As it is written in a test of promtool's."""
        inside = ", ".join(f'{label}="{value}"' for label, value in self.labels.items())
        return f"{self.name}{{{inside}}}"

    def samples(self, minutes: Sequence[float]) -> list[float | None]:
        """A value for each of ``minutes``, which have equal distances."""
        found = [self.course(minute) for minute in minutes]
        if not self.counts:
            return found
        step = 60 * (minutes[1] - minutes[0])
        total, counted = 0.0, []
        for value in found:
            total += step * (value or 0)
            counted.append(round(total, 6))
        return list(counted)


def gauge(name: str, course: Course | float, **labels: str) -> Series:
    """What goes up and down, or stays."""
    return Series(name=name, labels=labels, course=course if callable(course) else always(course))


def counter(name: str, rate: Course | float, **labels: str) -> Series:
    """What only goes up, by so much a second."""
    course = rate if callable(rate) else always(rate)
    return Series(name=name, labels=labels, course=course, counts=True)


def always(value: float) -> Course:
    """The same at any time."""
    return lambda _: value


def wave(mean: float, share: float = 0.2, *, hours: float = 2, shift: float = 0) -> Course:
    """Up and down around ``mean`` by a ``share`` of it, with a little unrest."""

    def course(minute: float) -> float:
        slow = math.sin(2 * math.pi * (minute / 60 / hours + shift))
        fast = math.sin(minute / 3.7 + 9 * shift) * math.sin(minute / 1.3 + shift)
        return mean * (1 + share * (0.75 * slow + 0.25 * fast))

    return course


def daily(mean: float, shift: float = 0) -> Course:
    """More by day than by night."""
    day, unrest = wave(mean, 0.5, hours=24, shift=shift), wave(1, 0.12, shift=shift)
    return lambda minute: (day(minute) or 0) * (unrest(minute) or 0)


def since(steps: Iterable[tuple[float, float]], before: float = 0) -> Course:
    """``before``, and from each minute on another value."""
    ordered = sorted(steps)

    def course(minute: float) -> float:
        return next((value for at, value in reversed(ordered) if minute >= at), before)

    return course


def times(*courses: Course | float) -> Course:
    """The product; no sample where one has none."""

    def course(minute: float) -> float | None:
        product = 1.0
        for each in courses:
            value = each(minute) if callable(each) else each
            if value is None:
                return None
            product *= value
        return product

    return course


def while_(condition: Course, course: Course | float) -> Course:
    """``course``, with samples only while ``condition`` is above 0."""

    def found(minute: float) -> float | None:
        if not condition(minute):
            return None
        return course(minute) if callable(course) else course

    return found
