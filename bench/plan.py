"""Speed of the offline plan (``make bench``), as ratios of processor time.

Processor time, because other work on the machine would decide a ratio of a few per cent otherwise.

1. A stack against a bare program that registers the same resources as literals, each in a process
   of its own as ``rf plan`` does it, in alternating pairs. Goal: at most 1.3 times.
2. Time per resource with 10, 100 and 1,000 services in the catalogue. Goal: flat, within 1.1.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

from rf.plan.model import Plan
from rf.plan.record import Config, record
from rf.plan.run import plan_stacks
from rf.project import find_project

from .bare import write_bare_project
from .services import platform_of

Programs = Callable[[int], Callable[[], object]]
"""A program for any number of services."""

STACKS = ("local", "staging")
PAIRS = 9
SIZES = (10, 100, 1000)
ROUNDS = 3
BARE_GOAL = 1.3
FLAT_GOAL = 1.1


def main() -> int:
    """Run both; 1 when a goal is missed."""
    worst = max(against_bare(stack, PAIRS) for stack in STACKS)
    growth = per_resource(platform_of, SIZES, ROUNDS)
    return int(worst > BARE_GOAL or growth > FLAT_GOAL)


def against_bare(stack: str, pairs: int) -> float:
    """Median over ``pairs`` of the stack's time by the bare program's."""
    project = find_project(Path.cwd())
    (plan,) = plan_stacks(project, [stack])
    with tempfile.TemporaryDirectory() as folder:
        write_bare_project(plan, Path(folder))
        bare = find_project(Path(folder))
        (same,) = plan_stacks(bare, ["bare"])
        if len(same.resources) != len(plan.resources):
            raise AssertionError("the bare program registers another number of resources")
        times = [
            (
                child_seconds(lambda: plan_stacks(project, [stack])),
                child_seconds(lambda: plan_stacks(bare, ["bare"])),
            )
            for _ in range(pairs)
        ]
    ratios = sorted(ours / theirs for ours, theirs in times)
    ours, theirs = (median(column) for column in zip(*times, strict=True))
    say(
        f"{stack}: {len(plan.resources)} resources in {ours:.2f} s, bare program {theirs:.2f} s; "
        f"ratio {median(ratios):.2f} (of {pairs} pairs, {ratios[0]:.2f} to {ratios[-1]:.2f}), "
        f"goal {BARE_GOAL}"
    )
    return median(ratios)


def per_resource(platform: Programs, sizes: Sequence[int], rounds: int) -> float:
    """The largest ratio of the time per resource to that of the smallest size.

    ``platform(n)`` is a program with n services. Small sizes are repeated until each size has
    registered about as much, and the sizes alternate, so that a slow spell hits all of them.
    """
    gc.disable()  # as in the process that rf plan starts; between runs it is collected by hand
    timed: dict[int, list[float]] = {size: [] for size in sizes}
    registered(platform, sizes[0])
    for _ in range(rounds):
        for size in sizes:
            repeats = max(1, min(10, sizes[-1] // size // 10))
            timed[size] += [milliseconds_per_resource(platform, size) for _ in range(repeats)]
    typical = {size: median(times) for size, times in timed.items()}
    for size, value in typical.items():
        say(f"{size} services: {value:.2f} ms a resource, ratio {value / typical[sizes[0]]:.2f}")
    growth = max(typical[size] / typical[sizes[0]] for size in sizes)
    say(f"growth {growth:.2f}, goal {FLAT_GOAL}")
    return growth


def milliseconds_per_resource(platform: Programs, size: int) -> float:
    """Processor time of recording ``size`` services, by the resources they come to."""
    gc.collect()
    start = time.process_time()
    plan = registered(platform, size)
    return (time.process_time() - start) * 1000 / len(plan.resources)


def registered(platform: Programs, size: int) -> Plan:
    """The plan of the program with ``size`` services."""
    config = Config(secrets_unset=["bench:kubeconfig"])
    return record(platform(size), project="bench", stack="bench", config=config)


def child_seconds(work: Callable[[], object]) -> float:
    """Processor time of the processes that ``work`` starts and waits for."""
    before = getrusage(RUSAGE_CHILDREN)
    work()
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def say(line: str) -> None:
    """Print ``line`` at once: a whole run takes minutes."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
