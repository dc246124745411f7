"""The rollout controller in numbers (``make bench-rollout``), beside Flagger and Argo Rollouts.

All controllers take a version through 10, 50 and 100 % of the same made-up users: 10 or 1
requests/s over all, so 1 or 0.1 on the canary at the first step. Stable fails 1 % of its requests;
1 % of all requests take longer than 5 s and 0.2 % longer than 10 s: what every gate expects of a
healthy version, to its edge. All gates that roll back on counts are on, absolute and relative.

Traffic: *independent* requests; *bursty*, sessions of three requests on average, 1.5 s apart, whose
failures correlate by 0.1 (design effect 1.4); *very bursty*, by 0.3 (2.2). Each run finds a history
of a day of its own traffic and estimates the design effect from it.

The test's hypotheses are 1 %, what a healthy version may fail, and 5 %, the limit itself, so that
a version at the limit is caught; between the two nothing is promised. Harm is counted to the
rollback, or to a horizon where there is none: one hour at 1 request/s, four at 0.1. A bad version
that was promoted goes on harming. Requests count when they arrive.

What no test can do: evidence comes at the rate of sessions, not of requests. A request at 30 %
errors is worth 0.78 nats over the design effect, and to roll back a healthy version in at most 1 %
of the rollouts takes about 7 nats, over all gates and steps: 9 s at an effect of 1, 14 s at 1.5 and
20 s at 2.2, at 1 request/s. The goal of 15 s is one for the first two kinds of traffic.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from rf.rollout.core.settings import GateArgs, PaceArgs

from .peers import Argo, Flagger
from .runs import PAUSED, PROMOTED, ROLLED_BACK
from .simulate import HEALTHY, Controller, Result, Scenario, ours, simulate
from .streams import BURSTY, INDEPENDENT, VERY_BURSTY, Traffic

RUNS = 10_000
SHORT = 1_000
PEER_RUNS = 1_000
BATCH = 1_000
WORKERS = 2
TRAFFICS = (INDEPENDENT, BURSTY, VERY_BURSTY)
RATES = (1.0, 0.1)
HOUR = 3600.0
HORIZON = {1.0: HOUR, 0.1: 4 * HOUR}
FALSE_GOAL = 0.01
CAUGHT_GOAL = {0.05: 0.95, 0.10: 0.99, 0.30: 0.999}
HARM_GOAL = 1 / 5
MEDIAN_GOAL = 15.0
NAMES = ("ours", Flagger.name, Argo.name)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One controller, one scenario, some runs."""

    scenario: Scenario
    name: str
    runs: int

    @property
    def healthy(self) -> bool:
        """Whether the canary is as good as stable."""
        return self.scenario.canary == self.scenario.stable


def run(job: Job) -> Result:
    """All runs of ``job``, in batches that fit the memory."""
    found = []
    for begin in range(0, job.runs, BATCH):
        seed = 1000 * job.scenario.seed + begin // BATCH
        found.append(
            simulate(
                job.scenario,
                _controller(job, seed),
                runs=min(BATCH, job.runs - begin),
                horizon=(5 if job.healthy else 1) * HORIZON[job.scenario.canary_rate],
                seed=seed,
                until_ended=job.healthy,
            )
        )
    return Result(
        state=np.concatenate([result.state for result in found]),
        ended=np.concatenate([result.ended for result in found]),
        harmed=np.concatenate([result.harmed for result in found]),
    )


def _controller(job: Job, seed: int) -> Callable[[int], Controller]:
    if job.name == "ours":
        return ours(job.scenario, GateArgs(), PaceArgs(), seed)
    return {Flagger.name: Flagger, Argo.name: Argo}[job.name]


def jobs(runs: int) -> Iterator[Job]:
    """Everything that is measured."""
    for traffic in TRAFFICS:
        for rate in RATES:
            for canary in (HEALTHY, *CAUGHT_GOAL):
                scenario = Scenario(traffic=traffic, canary_rate=rate, canary=canary)
                for name in NAMES:
                    count = runs if name == "ours" else min(runs, PEER_RUNS)
                    yield Job(scenario=scenario, name=name, runs=count)


def main() -> int:
    """Measure and print; 1 when a goal is missed, save for very bursty traffic."""
    options = argparse.ArgumentParser(description="the rollout controller beside others")
    options.add_argument("--runs", type=int, default=RUNS, help="of our controller a scenario")
    chosen = list(jobs(options.parse_args().runs))
    begin = time.monotonic()
    with ProcessPoolExecutor(WORKERS) as pool:
        results = dict(zip(chosen, pool.map(run, chosen), strict=True))
    missed = [*healthy_table(results), *bad_table(results)]
    say(f"\n{len(chosen)} measurements in {(time.monotonic() - begin) / 60:.0f} min")
    return int(any(traffic is not VERY_BURSTY for traffic in missed))


def healthy_table(results: dict[Job, Result]) -> list[Traffic]:
    """A/A: both versions fail 1 %. Returns the traffic of each missed goal."""
    say("A/A, 1 % errors on both sides; goal: at most 1 % rolled back")
    say(row("traffic", "req/s", "controller", "rolled back", "promoted", "paused", "median", "met"))
    missed = []
    for job, result in results.items():
        if not job.healthy:
            continue
        shares = [float(np.mean(result.state == s)) for s in (ROLLED_BACK, PROMOTED, PAUSED)]
        met = shares[0] <= FALSE_GOAL
        if job.name == "ours" and not met:
            missed.append(job.scenario.traffic)
        say(
            row(
                *named(job),
                *(f"{share:.2%}" for share in shares),
                f"{np.nanmedian(result.ended) / 60:.0f} min",
                mark(met) if job.name == "ours" else "",
            )
        )
    return missed


def bad_table(results: dict[Job, Result]) -> list[Traffic]:
    """A canary that fails too often. Returns the traffic of each missed goal."""
    missed = []
    for canary, goal in CAUGHT_GOAL.items():
        say(
            f"\nCanary at {canary:.0%} errors; goals: {goal:.1%} caught, harm at most a fifth of "
            f"either other's, median {MEDIAN_GOAL:.0f} s at 1 request/s and 30 %"
        )
        say(row("traffic", "req/s", "controller", "caught", "harmed", "share", "median", "met"))
        for job, result in results.items():
            if job.scenario.canary == canary:
                others = [
                    float(other.harmed.mean())
                    for at, other in results.items()
                    if at.scenario == job.scenario and at.name != "ours"
                ]
                if not bad_row(job, result, others, goal):
                    missed.append(job.scenario.traffic)
    return missed


def bad_row(job: Job, result: Result, others: list[float], goal: float) -> bool:
    """Print one line of the table; False when ours misses a goal."""
    back = result.state == ROLLED_BACK
    caught, harmed = float(back.mean()), float(result.harmed.mean())
    median = float(np.median(np.where(back, result.ended, np.inf)))
    quick = job.scenario.canary_rate < 1 or job.scenario.canary < max(CAUGHT_GOAL)
    met = (
        caught >= goal,
        harmed <= HARM_GOAL * min(others),
        quick or median <= MEDIAN_GOAL,
    )
    mine = job.name == "ours"
    say(
        row(
            *named(job),
            f"{caught:.2%}",
            f"{harmed:.1f}",
            f"1/{min(others) / harmed:.0f}" if mine else "",
            f"{median:.0f} s",
            " ".join(map(mark, met)) if mine else "",
        )
    )
    return not mine or all(met)


def named(job: Job) -> tuple[str, str, str]:
    """The first columns of a line."""
    return job.scenario.traffic.name, f"{job.scenario.canary_rate:g}", job.name


def row(*cells: str) -> str:
    """One line of a table."""
    widths = (12, 5, 14, 11, 9, 7, 8, 12)
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def mark(met: bool) -> str:  # noqa: FBT001 what it marks
    """Whether a goal is met."""
    return "yes" if met else "NO"


def say(line: str) -> None:
    """Print ``line`` at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
