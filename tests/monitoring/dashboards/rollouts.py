"""What a rollout controller would push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.monitoring.dashboards.shapes import always, gauge, since, times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.monitoring.dashboards.shapes import Course, Series

OLLAMA = since([(-240, 5), (-150, 10), (-60, 25)])
TRITON = since([(-180, 5)])


def _rest(canary: Course) -> Course:
    return lambda minute: 100 - (canary(minute) or 0)


WEIGHTS: dict[tuple[str, str], Course] = {
    ("ollama", "canary"): OLLAMA,
    ("ollama", "stable"): _rest(OLLAMA),
    ("triton", "canary"): TRITON,
    ("triton", "stable"): _rest(TRITON),
    ("faiss", "stable"): always(100),
}
PAUSED_MINUTES, MOVED_MINUTES = 50, 60
VERDICTS = ("pass", "inconclusive", "error", "fail")
GATES = ("metrics", "error_rate", "p95", "p99", "errors_vs_control", "p95_vs_control")


def rollouts(now: float) -> Iterator[Series]:
    """Ollama's goes on, Triton's waits for somebody."""
    pushed = {"job": "rollout"}
    for (service, track), weight in WEIGHTS.items():
        yield gauge("rollout_weight_percent", weight, service=service, track=track, **pushed)
    paused = since([(-PAUSED_MINUTES, 1)])
    states = {
        ("ollama", "running"): (since([(-240, 1)]), MOVED_MINUTES),
        ("triton", "running"): (times(since([(-180, 1)]), _not(paused)), 180),
        ("triton", "paused"): (paused, PAUSED_MINUTES),
        ("faiss", "idle"): (always(1), 20 * 60),
    }
    for (service, state), (course, minutes) in states.items():
        labels = {"service": service, "state": state, **pushed}
        yield gauge("rollout_state", course, **labels)
        # A state that is over is pushed no more.
        began = since([(-minutes, 1)])
        over = _not(paused) if (service, state) == ("triton", "running") else always(1)
        yield gauge(
            "rollout_state_since_timestamp_seconds",
            _only(times(began, over), now - 60 * minutes),
            **labels,
        )
    yield from _gates("ollama", dict.fromkeys(GATES, "pass") | {"p99": "inconclusive"}, pushed)
    yield from _gates("triton", dict.fromkeys(GATES, "pass") | {"metrics": "error"}, pushed)


def _gates(service: str, verdicts: dict[str, str], pushed: dict[str, str]) -> Iterator[Series]:
    settled = since([(-40, 1)])
    for gate, verdict in verdicts.items():
        for each in VERDICTS:
            early, late = each == "inconclusive", each == verdict
            course = since([(-40, float(late))], before=float(early))
            if service == "triton":
                course = times(settled, float(late)) if each != "inconclusive" else course
            yield gauge("rollout_gate", course, service=service, gate=gate, verdict=each, **pushed)


def _not(course: Course) -> Course:
    return lambda minute: 1 - (course(minute) or 0)


def _only(condition: Course, value: float) -> Course:
    return lambda minute: value if condition(minute) else None
