"""Statistics that cannot be what a gateway counted: nobody is shipped or blamed because of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rf.rollout.core import Phase
from tests.rollout.cases import at_weight, promoted_tree, resumed, rolled_out, simulated
from tests.rollout.simulated import SERVICE, Simulated, Version
from tests.rollout.statistics import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = f'{{envoy_cluster_name="{SERVICE}_canary"}}'
REQUESTS = f"envoy_cluster_upstream_rq_completed{CANARY}"


def line(text: str) -> str:
    """The requests of the canary."""
    found = re.search(rf"^{re.escape(REQUESTS)} .*$", text, re.MULTILINE)
    assert found
    return found[0]


DISTORTED: dict[str, tuple[Callable[[str], str], str]] = {
    "NaN": (lambda t: t.replace(line(t), f"{REQUESTS} NaN"), "no whole number"),
    "infinite": (lambda t: t.replace(line(t), f"{REQUESTS} +Inf"), "no whole number"),
    "a fraction": (lambda t: t.replace(line(t), f"{REQUESTS} 1.5"), "no whole number"),
    "doubled": (lambda t: f"{t}\n{line(t)}", "is there twice"),
    "buckets missing": (
        lambda t: re.sub(r'^.*le="(5000|10000)".*\n', "", t, flags=re.MULTILINE),
        "no bucket at 5000, 10000 ms",
    ),
    "empty": (lambda _: "", "say nothing of any version"),
    "cut short": (lambda t: t[: len(t) // 8], "say nothing of any version"),
}


def distorted(world: Simulated, change: Callable[[str], str]) -> None:
    """Once 50 % was entered, what the gateway says is not what it counted."""
    honest = world.scrape
    bad: list[bool] = []
    world.meanwhile = at_weight(world, 50, lambda: bad.append(True))

    def scrape() -> dict[str, str]:
        return {name: change(text) if bad else text for name, text in honest().items()}

    world.scrape = scrape  # type: ignore[method-assign]


@pytest.mark.parametrize("kind", DISTORTED)
def test_counts_that_cannot_be_hold_then_pause_and_it_goes_on_when_they_are_right(
    kind: str,
) -> None:
    change, words = DISTORTED[kind]
    world = simulated(Version())
    honest = world.scrape
    distorted(world, change)

    paused = rolled_out(world)
    world.scrape = honest  # type: ignore[method-assign]

    assert paused.phase is Phase.PAUSED
    assert words in paused.reason
    assert world.weights["canary"] == 50
    assert resumed(world, "resume").phase is Phase.PROMOTED
    assert world.tree == promoted_tree()


@pytest.mark.parametrize(
    ("new", "phase"),
    [(Version(), Phase.PROMOTED), (Version(error_rate=0.06), Phase.ROLLED_BACK)],
    ids=["good", "bad"],
)
def test_a_gateway_that_begins_to_count_anew_in_the_middle_changes_no_end(
    new: Version, phase: Phase
) -> None:
    world = simulated(new)
    restarts: list[bool] = []

    def restart() -> None:
        counted = world.tallies["canary"].requests
        if counted > 10 and len(restarts) < 3:
            restarts.append(True)
            world.tallies = {"stable": Tally(), "canary": Tally()}

    world.meanwhile = restart

    assert rolled_out(world).phase is phase
    assert restarts
    assert world.agree
