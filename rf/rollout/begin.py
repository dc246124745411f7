"""Begins rollouts, and goes on with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from ..deploy import deployment
from ..errors import BadInputError
from ..exit_codes import ExitCode
from . import request, session
from .core import Phase
from .lease import LockedError
from .operation import EndedError, ask, carry_out, unfinished
from .preflight import preflight
from .status import plan_lines
from .subject import FeatureSubject

if TYPE_CHECKING:
    from .preflight import Report
    from .request import Request
    from .wiring import Wiring


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line says."""

    feature: str | None = None
    target: int | None = None
    service: str | None = None
    image: str | None = None
    assignments: tuple[str, ...] = ()
    steps: str = ""
    dry_run: bool = False
    force: bool = False
    rollback: bool = False
    commits: str | None = None
    verbose: bool = False


def begin(wiring: Wiring, wanted: Wanted) -> ExitCode:
    """Look first, ask, then roll out; or only look."""
    # First, as the stack file of an unfinished rollout is not what people know.
    session.refuse_busy(wiring.store, wiring.name, wiring.clock.now())
    if wanted.rollback:
        return _back(wiring, wanted)
    asked = _request(wiring, wanted)
    if not asked.plan.stages:
        wiring.say(f"{asked.subject.name} is at {asked.now} % already")
        return ExitCode.DONE
    report = _looked(wiring, asked)
    if wanted.dry_run or wanted.verbose or not wanted.force:
        for line in plan_lines(asked, report):
            wiring.say(line)
    if report.problems:
        raise EndedError(ExitCode.PREFLIGHT, "\n".join(["not begun", *report.problems]))
    if wanted.dry_run:
        return ExitCode.DONE
    if not wanted.force and not _agreed("Begin?"):
        raise BadInputError("not begun; nothing was changed")
    checked = wiring.file.checked()
    found = session.start(
        wiring.store,
        wiring.name,
        subject=asked.subject,
        plan=asked.plan,
        gates=asked.gates,
        platform=checked.platform,
        now=wiring.clock.now(),
    )
    return carry_out(wiring, found, commits=wanted.commits)


def pause(wiring: Wiring) -> ExitCode:
    """Ask the controller that is at work; there is nothing to pause without one."""
    found = unfinished(wiring)
    try:
        session.let_go(session.taken_over(wiring.store, found, wiring.clock.now()), wiring.clock)
    except LockedError:
        ask(wiring, "pause", found)
        return ExitCode.DONE
    raise BadInputError(f"nobody is at work on {found.id}, so nothing is running")


def resume(wiring: Wiring, *, commits: str | None) -> ExitCode:
    """Go on; a run that is paused begins its step anew."""
    found = session.taken_over(wiring.store, unfinished(wiring), wiring.clock.now())
    paused = found.state.phase is Phase.PAUSED
    return carry_out(wiring, found, command="resume" if paused else None, commits=commits)


def resume_interrupted(wiring: Wiring, *, commits: str | None) -> ExitCode:
    """Go on for a controller that has ended; what is over, or waits for a person, is left alone."""
    found = session.latest(wiring.store, wiring.name)
    if found is None or found.is_over:
        wiring.say(f"no rollout of {wiring.name} is under way")
        return ExitCode.DONE
    if found.state.phase is Phase.PAUSED:
        wiring.say(f"rollout {found.id} is paused and waits for somebody: rf rollout status")
        return ExitCode.PAUSED
    return resume(wiring, commits=commits)


def _request(wiring: Wiring, wanted: Wanted) -> Request:
    """What is asked for; BadInputError for anything that makes no sense together."""
    if (wanted.feature is None) == (wanted.service is None):
        raise BadInputError(
            "give --feature F --target-percentage N, or --service X with --image REF or --set"
        )
    if wanted.feature is not None:
        if wanted.image or wanted.assignments or wanted.steps:
            raise BadInputError("--image, --set and --steps go with --service")
        if wanted.target is None:
            raise BadInputError("--target-percentage is missing; use a whole number from 0 to 100")
        return request.feature_request(wiring.checked, wanted.feature, wanted.target)
    if wanted.target is not None:
        raise BadInputError("--target-percentage goes with --feature; a service has --steps")
    changes = request.changes_of(wanted.image, wanted.assignments)
    return request.version_request(
        wiring.checked, str(wanted.service), changes, request.steps_of(wanted.steps)
    )


def _looked(wiring: Wiring, asked: Request) -> Report:
    """Preflight. A dry run asks no Pulumi CLI, which would leave files in the project."""
    state = deployment.outputs(wiring.checked, wiring.tools) if wiring.may_read_state else None
    return preflight(wiring, asked, wiring.checked.stack, state)


def _back(wiring: Wiring, wanted: Wanted) -> ExitCode:
    """A feature back to what it was before its last rollout, or to ``--target-percentage``."""
    if wanted.feature is None:
        raise BadInputError(
            "--rollback goes with --feature; an unfinished rollout of a service is taken back by "
            "rf rollout abort, a finished one by rolling out the former image"
        )
    checked = wiring.checked
    subject = request.feature_subject(checked.stack, wanted.feature)
    now = checked.stack.settings.context.features[wanted.feature]
    target = _former(wiring, wanted.feature) if wanted.target is None else wanted.target
    if target not in request.PERCENT or target > now:
        raise BadInputError(
            f"{wanted.feature} is at {now} %; --rollback takes it to a lower percentage, not to "
            f"{target} %"
        )
    plan = request.rollback_plan(wanted.feature, checked.stack.settings.rollout.paces, target)
    wiring.say(f"{wanted.feature} goes back from {now} % to {target} %")
    if wanted.dry_run:
        return ExitCode.DONE
    if not wanted.force and not _agreed("Go back?"):
        raise BadInputError("nothing was changed")
    found = session.start(
        wiring.store,
        wiring.name,
        subject=subject,
        plan=plan,
        gates=request.gates(checked.stack, subject),
        platform=checked.platform,
        now=wiring.clock.now(),
    )
    return carry_out(wiring, found, command="abort", commits=wanted.commits)


def _agreed(question: str) -> bool:
    """What a person answers; BadInputError where nobody does."""
    try:
        return typer.confirm(question)
    except typer.Abort:
        raise BadInputError(
            "nobody answered, so nothing was changed; --force asks no questions"
        ) from None


def _former(wiring: Wiring, feature: str) -> int:
    """The percentage before the feature's last rollout; BadInputError when nobody knows."""
    for found in session.earlier(wiring.store, wiring.name):
        if isinstance(found.subject, FeatureSubject) and found.subject.feature == feature:
            return found.state.plan.rollback_to
    raise BadInputError(
        f"no rollout of {feature} is on record in {wiring.name}, so there is nothing to go back "
        "to; say --target-percentage N"
    )
