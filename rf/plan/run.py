"""Plans stacks, each in a fresh process, as many at a time as there are processors."""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..errors import BadInputError, ProgramError
from ..project import Project
from .model import Failure, Plan
from .stackfile import read_stack

HOME = Path(__file__).resolve().parents[2]
# Providers and SDK take defaults from these, and a plan must be the same on every machine.
MACHINE = ("AWS_", "DOCKER_", "HELM_", "KUBE", "PULUMI_")


def plan_stacks(project: Project, stacks: Iterable[str]) -> tuple[Plan, ...]:
    """The plans of ``stacks``, in that order.

    BadInputError holds every stack's mistake; ProgramError is the first defect. No plan is returned
    when one of them fails.
    """
    names = tuple(dict.fromkeys(stacks))
    _all_or_none([_try_to_read(project, name) for name in names])
    return _all_or_none(try_stacks([(project, name) for name in names]))


def try_stacks(wanted: Iterable[tuple[Project, str]]) -> list[Plan | Failure]:
    """The plan of each stack of each project, in that order, or why there is none.

    Every one is made in a process that has the modules of its own project, and no others.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(lambda each: _in_a_process(*each), wanted))


def _try_to_read(project: Project, stack: str) -> Failure | None:
    """Reading is quick, so mistakes in the files are told before any process is started."""
    try:
        read_stack(project, stack)
    except BadInputError as error:
        return Failure(message=str(error))
    return None


def _in_a_process(project: Project, stack: str) -> Plan | Failure:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "rf.plan.child", str(project.root), stack],
        cwd=project.root,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        ended = f"the process that planned {stack} ended with status {done.returncode}"
        return Failure(message=ended, trace=f"{ended}; it wrote no traceback")
    result: Plan | Failure = pickle.loads(done.stdout)  # noqa: S301 our own child wrote it
    return result


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(MACHINE)}
    path = os.pathsep.join(filter(None, [str(HOME), kept.get("PYTHONPATH")]))
    # An Output inside an f-string is then an error instead of a sentence in a resource's name.
    return kept | {"PYTHONPATH": path, "PULUMI_ERROR_OUTPUT_STRING": "1"}


def _all_or_none(results: Sequence[Plan | Failure | None]) -> tuple[Plan, ...]:
    failures = [result for result in results if isinstance(result, Failure)]
    for failure in failures:
        if failure.trace:
            raise ProgramError(failure.message, failure.trace)
    if failures:
        raise BadInputError("\n".join(failure.message for failure in failures))
    return tuple(result for result in results if isinstance(result, Plan))
