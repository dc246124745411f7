"""A day of the control's counters, read back from a real Prometheus to the last request."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from components.gateway.metrics import DURATION, DURATION_BUCKETS_MS, ERRORS, REQUESTS
from rf.rollout.core import Counts, design_effect
from rf.rollout.effects import EffectError
from rf.rollout.effects.prometheus import Prometheus, Series
from rf.rollout.history import history, minutes
from rf.rollout.subject import FeatureSubject, VersionSubject
from settings import parse
from tests.conftest import platform
from tests.monitoring.dashboards.store import import_samples, serving
from tests.rollout.addresses import AddressInside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from components.spec import ServiceSpec

MINUTES = 1440
SUBJECT = VersionSubject(service="triton", version="0" * 12, changes={})
NEEDS = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="no prometheus and promtool on PATH (Debian has both)",
)
SPEC = next(s for s in parse(platform("local"), "x").specs if s.name == "prometheus")


@dataclass
class Gateway:
    """One gateway's counters of one version since it started, by what is exported."""

    name: str
    track: str
    requests: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    took: Counter[int] = field(default_factory=Counter)

    def restarts(self) -> None:
        self.requests, self.reasons, self.took = 0, Counter(), Counter()

    def serves(self, chance: random.Random) -> Counts:
        """A minute, in which every third one has a burst of failures."""
        requests = chance.randrange(20, 60)
        failed = chance.choice((0, 0, 9))
        failovers = failed // 3
        slow = chance.randrange(3)
        self.requests += requests
        self.reasons["answer"] += failed - failovers
        self.reasons["failover"] += failovers
        self.took[100] += requests - failed - slow
        self.took[20_000] += slow
        timed = requests - failed
        return Counts(
            requests=requests,
            errors=failed - failovers,
            failovers=failovers,
            durations=(
                *(
                    (timed - slow if bound >= 100 else 0) + (slow if bound >= 20_000 else 0)
                    for bound in DURATION_BUCKETS_MS
                ),
                timed,
            ),
        )

    def samples(self) -> Iterator[tuple[str, str, int]]:
        labels = f'service="triton",track="{self.track}",instance="{self.name}",job="gateway"'
        yield REQUESTS, labels, self.requests
        for reason, number in self.reasons.items():
            yield ERRORS, f'{labels},reason="{reason}"', number
        for bound in (*DURATION_BUCKETS_MS, float("inf")):
            text = "+Inf" if bound == float("inf") else f"{bound:g}"
            within = sum(n for took, n in self.took.items() if took <= bound)
            yield f"{DURATION}_bucket", f'{labels},le="{text}"', within


def openmetrics(samples: Mapping[str, Sequence[str]]) -> str:
    blocks = ["\n".join([f"# TYPE {name} unknown", *lines]) for name, lines in samples.items()]
    return "\n".join([*blocks, "# EOF", ""])


@NEEDS
def test_a_day_of_minutes_is_what_the_gateways_counted_restarts_included(tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311 repeatable
    now = int(time.time()) // 60 * 60
    gateways = [Gateway("a", "stable"), Gateway("b", "stable"), Gateway("a", "canary")]
    samples: dict[str, list[str]] = {}
    truth: list[Counts] = []
    for minute in range(MINUTES + 1):
        added = Counts()
        for gateway in gateways:
            if minute == 700 and gateway.name == "a":
                gateway.restarts()
            served = gateway.serves(chance)
            added += served if gateway.track == "stable" else Counts()
            for name, labels, value in gateway.samples():
                at = now - 60 * (MINUTES - minute)
                samples.setdefault(name, []).append(f"{name}{{{labels}}} {value} {at}")
        truth.append(added)
    import_samples(tmp_path, tmp_path / "data", openmetrics(samples))
    said: list[str] = []

    with serving(tmp_path, tmp_path / "data") as store:
        past = Prometheus(AddressInside({SPEC.instance: store.url}), SPEC)
        found = history(past, SUBJECT, now, said.append)["triton"]
        both = history(past, FeatureSubject(feature="f", services=("triton",)), now, said.append)[
            "triton"
        ]

    assert said == []
    assert [(c.requests, c.errors, c.failovers, c.durations) for c in found] == [
        (c.requests, c.errors, c.failovers, c.durations) for c in truth[1:]
    ]
    assert [minute for minute, counts in enumerate(found, start=1) if counts.resets] == [700]
    assert sum(c.requests for c in both) > sum(c.requests for c in found)
    effect = design_effect([(c.failed, c.requests) for c in found], otherwise=1)
    assert effect.measured
    assert effect.value > 2


@NEEDS
def test_a_prometheus_that_knows_nothing_gives_no_history(tmp_path: Path) -> None:
    said: list[str] = []

    with serving(tmp_path, tmp_path / "data") as store:
        past = Prometheus(AddressInside({SPEC.instance: store.url}), SPEC)
        found = history(past, SUBJECT, time.time(), said.append)

    assert found == {"triton": ()}
    assert said == []


class Says:
    """A Prometheus that answers ``text``, or nothing."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    def exchange(self, spec: ServiceSpec, path: str, content: str | None = None) -> str:
        del path, content
        if self._text is None:
            raise EffectError(f"{spec.instance} gives no answer")
        return self._text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "prometheus gives no answer"),
        ("", "no answer to read"),
        ('{"status": "success", "data": {"result": [', "no answer to read"),
        ('{"status": "error", "error": "timed out"}', "no whole answer"),
        ('{"status": "success", "warnings": ["partial"], "data": {"result": []}}', "no whole"),
        ('{"status": "success", "data": {"result": [{"metric": {}}]}}', "no answer to read"),
    ],
    ids=["silent", "empty", "cut short", "refused", "partial", "another shape"],
)
def test_without_a_whole_answer_the_setting_counts_and_that_is_said(
    text: str | None, words: str
) -> None:
    said: list[str] = []

    found = history(Prometheus(Says(text), SPEC), SUBJECT, 0, said.append)

    assert found == {}
    assert len(said) == 1
    assert words in said[0]
    assert "the setting gates.design_effect says" in said[0]


def series(name: str, *values: float, **labels: str) -> Series:
    here = {"__name__": name, "instance": "a", "track": "stable", **labels}
    return Series(labels=here, values={60.0 * at: value for at, value in enumerate(values)})


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (series(REQUESTS, 1, 2, job="again"), "2 series instead of one"),
        (series(REQUESTS, 1, float("nan"), instance="b"), "the value is nan"),
        (series(REQUESTS, 1, 2.5, instance="b"), "whole number"),
        (series(ERRORS, -1, 0, reason="answer"), "whole number"),
        (series(f"{DURATION}_bucket", 1, 2, le="10"), "no bucket at 25"),
    ],
    ids=["doubled", "nan", "fraction", "negative", "buckets missing"],
)
def test_what_is_no_count_makes_the_whole_day_untrusted(extra: Series, words: str) -> None:
    with pytest.raises(EffectError, match=words):
        minutes([series(REQUESTS, 10, 20), extra])


def test_a_gateway_that_was_away_for_a_while_adds_nothing_for_that_time() -> None:
    away = series(REQUESTS, 10, 20, 500, 510)
    away = Series(labels=away.labels, values={0: 10, 60: 20, 180: 500, 240: 510})
    other = series(REQUESTS, 0, 1, 2, 3, 4, instance="b")

    assert [counts.requests for counts in minutes([away, other])] == [11, 1, 1, 11]
