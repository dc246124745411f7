"""Plans both revisions, each stack in a process of its own, and judges them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import BadInputError
from ..plan import run
from ..plan.model import Failure, Plan
from ..plan.stackfile import secure_values
from ..policy.planned import judge_plan
from ..project import find_project, in_order
from ..strict_yaml import read_mapping
from .stack import Side, compare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..policy.judge import Verdict
    from ..project import Project
    from .stack import StackDiff

NOWHERE = Side(plan=None, verdict=None, secrets={})


def compare_stacks(base: Path, project: Project, stacks: Sequence[str]) -> tuple[StackDiff, ...]:
    """The difference between the project in the folder ``base`` and ``project``.

    All stacks of both when none is named. A side that does not plan is told and not raised;
    BadInputError when a stack is nowhere. Both sides are judged by the rules of ``project``, the
    base with the settings and waivers that it had.
    """
    was: Project | None
    try:
        was, wrong = find_project(base), ""
    except BadInputError as error:
        was, wrong = None, str(error).replace(str(base), "the base")
    known = in_order({*project.stacks, *(was.stacks if was else ())})
    for stack in stacks:
        if stack not in known:
            raise BadInputError(f"there is no stack {stack!r}; stacks: {', '.join(known)}")
    names = [each for each in known if not stacks or each in stacks]
    wanted = [(project, each) for each in names if each in project.stacks]
    former = [(was, each) for each in names if was and each in was.stacks]
    planned = iter(run.try_stacks([*former, *wanted]))
    old = {stack: _side(root, stack, next(planned), base) for root, stack in former}
    new = {stack: _side(root, stack, next(planned), None) for root, stack in wanted}
    lost = NOWHERE if was else replace(NOWHERE, plan=Failure(message=wrong))
    return tuple(compare(each, old.get(each, lost), new.get(each, NOWHERE)) for each in names)


def _side(project: Project, stack: str, found: Plan | Failure, base: Path | None) -> Side:
    if isinstance(found, Failure):
        # The folder is a temporary one, and its name nobody's business.
        message = found.message.replace(f"{project.root}/", "")
        return Side(plan=replace(found, message=message), verdict=None, secrets={})
    return Side(plan=found, verdict=_judged(found, base), secrets=_secrets(project, stack))


def _judged(plan: Plan, base: Path | None) -> Verdict:
    """What the rules say; the base's own files count where the rules of today can read them."""
    if base is not None:
        try:
            return judge_plan(plan, base / "policies")
        except BadInputError:
            pass
    return judge_plan(plan)


def _secrets(project: Project, stack: str) -> Mapping[str, str]:
    config = read_mapping(project.root / f"Pulumi.{stack}.yaml").get("config") or {}
    return {key: str(value["secure"]) for key, value in secure_values(config).items()}
