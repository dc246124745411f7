"""What a person asks for on the command line, checked against the stack: a subject and a plan."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

import settings as program
from components.rollout.args import TRACKED
from components.rollout.version import version

from ..errors import BadInputError
from ..stack_edit import edited
from .core import Freeze, PaceArgs, feature_plan, version_plan
from .subject import FeatureSubject, VersionSubject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from settings import Stack

    from ..stacks import CheckedStack
    from .core import GateArgs, Plan
    from .subject import Edits, Subject

PERCENT = range(101)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One rollout that was asked for; ``now`` per cent have it so far."""

    subject: Subject
    plan: Plan
    gates: Mapping[str, GateArgs]
    now: int


def features(stack: Stack) -> tuple[str, ...]:
    """The names of all features."""
    return tuple(stack.settings.context.features)


def feature_request(checked: CheckedStack, feature: str, target: int) -> Request:
    """``feature`` to ``target`` per cent; BadInputError where that cannot be."""
    stack = checked.stack
    subject = feature_subject(stack, feature)
    if target not in PERCENT:
        raise BadInputError(f"--target-percentage is {target}; use a whole number from 0 to 100")
    now = stack.settings.context.features[feature]
    try:
        plan = feature_plan(
            feature,
            stack.settings.rollout.paces,
            current=now,
            target=target,
            freezes=freezes(stack),
        )
    except ValueError as error:
        raise BadInputError(str(error)) from None
    return Request(subject=subject, plan=plan, gates=gates(stack, subject), now=now)


def feature_subject(stack: Stack, feature: str) -> FeatureSubject:
    """The feature and who serves it; BadInputError when there is none of that name."""
    if feature not in features(stack):
        raise BadInputError(
            f"there is no feature {feature!r}; features are {', '.join(features(stack))}"
        )
    services = getattr(stack.settings.rollout.feature_services, feature)
    return FeatureSubject(feature=feature, services=tuple(services))


def version_request(
    checked: CheckedStack, service: str, changes: Mapping[str, Any], steps: Sequence[int]
) -> Request:
    """A second version of ``service`` that differs by ``changes``; BadInputError otherwise."""
    known = [component.service for component in TRACKED]
    if service not in known:
        raise BadInputError(f"there is no service {service!r}; services are {', '.join(known)}")
    if not changes:
        raise BadInputError("nothing is to change; give --image REF, or --set KEY=VALUE")
    stack = checked.stack
    if stack.settings.rollout.service(service).canary is not None:
        raise BadInputError(
            f"{checked.config.file} has a canary of {service} that no rollout brought; remove "
            f"rollout.services.{service}.canary and deploy, then repeat"
        )
    subject = VersionSubject(
        service=service,
        version=_version(checked, service, changes),
        changes=changes,
        before=_before(checked.platform, service, changes),
    )
    try:
        pace = stack.settings.rollout.paces
        pace = replace(pace, steps=tuple(steps)) if steps else pace
        plan = version_plan(service, pace, freezes=freezes(stack))
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise BadInputError(f"--steps: {said}") from None
    except ValueError as error:
        raise BadInputError(f"--steps: {error}") from None
    return Request(subject=subject, plan=plan, gates=gates(stack, subject), now=0)


def rollback_plan(feature: str, pace: PaceArgs, to: int) -> Plan:
    """Nothing but the way back to ``to``."""
    return replace(feature_plan(feature, pace, current=to, target=to), rollback_to=to)


def changes_of(image: str | None, assignments: Sequence[str]) -> dict[str, Any]:
    """What ``--image`` and ``--set KEY=VALUE`` change; values are JSON, or else text."""
    found: dict[str, Any] = {"image": image} if image else {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not key or not equals:
            raise BadInputError(f"--set {assignment}: write KEY=VALUE, such as num_parallel=8")
        if key in found:
            raise BadInputError(f"{key} is given twice")
        found[key] = _value(value)
    return found


def _value(text: str) -> Any:
    """A number, truth value, list or mapping as JSON writes it; anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def steps_of(text: str) -> tuple[int, ...]:
    """``10,50,100``; BadInputError for anything else."""
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise BadInputError(
            f"--steps {text}: write whole numbers with commas, such as 10,50,100"
        ) from None


def gates(stack: Stack, subject: Subject) -> dict[str, GateArgs]:
    """What each service has to show."""
    return {name: stack.settings.rollout.service(name).gates for name in subject.services}


def freezes(stack: Stack) -> tuple[Freeze, ...]:
    """The times in which no weight grows."""
    return tuple(
        Freeze(start=each.start.timestamp(), end=each.end.timestamp(), reason=each.reason)
        for each in stack.settings.rollout.freeze
    )


def _version(checked: CheckedStack, service: str, changes: Mapping[str, Any]) -> str:
    """What the new version is called; the settings have to accept it, and its room."""
    canary: Edits = {("rollout", "services", service, "canary"): dict(changes)}
    try:
        trial = program.parse(edited(checked.platform, canary), checked.config.file)
    except program.SettingsError as error:
        raise BadInputError(str(error)) from None
    return next(version(each.spec) for each in trial.entries if each.is_canary)


def _before(
    platform: Mapping[str, Any], service: str, changes: Mapping[str, Any]
) -> dict[str, Any]:
    section = (platform.get("services") or {}).get(service) or {}
    return {key: copy.deepcopy(section[key]) for key in changes if key in section}
