"""Every alert fires when it should, at the right minute, and not when it should not."""

from collections import Counter
from pathlib import Path

import pytest

from alerts.rules import EVERYTHING, alerts
from components.thresholds import GUIDE, THRESHOLDS
from tests.monitoring.promtool import Scenario, outcome, promtools
from tests.monitoring.scenarios import SCENARIOS

PROMTOOLS = promtools()
NONE = "no promtool on PATH (Debian: prometheus; or run scripts/promtool)"


@pytest.mark.skipif(not PROMTOOLS, reason=NONE)
@pytest.mark.parametrize("major", sorted(PROMTOOLS))
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: f"{each.alert} {each.name}")
def test_an_alert(scenario: Scenario, major: str, tmp_path: Path) -> None:
    assert outcome(scenario, PROMTOOLS[major], tmp_path) == ""


@pytest.mark.skipif(not PROMTOOLS, reason=NONE)
def test_a_scenario_that_expects_the_wrong_thing_fails(tmp_path: Path) -> None:
    right = next(each for each in SCENARIOS if each.alert == "HighErrorRate")
    wrong = Scenario(alert=right.alert, name=right.name, series=right.series, expect={"5m15s": ()})

    assert "HighErrorRate" in outcome(wrong, next(iter(PROMTOOLS.values())), tmp_path)


def test_every_alert_is_seen_firing_and_every_one_but_the_watchdog_silent() -> None:
    fires = Counter(each.alert for each in SCENARIOS if any(each.expect.values()))
    silent = Counter(each.alert for each in SCENARIOS if not any(each.expect.values()))

    assert set(fires) == {alert.name for alert in alerts(EVERYTHING)}
    assert set(silent) == set(fires) - {"Watchdog"}


def test_every_threshold_has_its_alert_and_the_guides_seven_are_among_them() -> None:
    names = [alert.name for alert in alerts(EVERYTHING)]

    assert sorted(names) == sorted(THRESHOLDS)
    assert set(GUIDE) <= set(names)


@pytest.mark.parametrize(
    ("alert", "value", "unit", "minutes"),
    [
        ("HighInferenceLatency", 5000, "ms", 2),
        ("CriticalInferenceLatency", 10_000, "ms", 1),
        ("HighErrorRate", 0.05, "ratio", 5),
        ("CriticalErrorRate", 0.10, "ratio", 1),
        ("ServiceDown", 1, "1", 1),
        ("MemoryPressure", 0.90, "ratio", 5),
        ("DiskSpaceLow", 0.85, "ratio", 10),
    ],
)
def test_the_numbers_are_those_of_the_guides_table(
    alert: str, value: float, unit: str, minutes: int
) -> None:
    threshold = THRESHOLDS[alert]

    assert (threshold.value, threshold.unit, threshold.for_seconds) == (value, unit, 60 * minutes)
