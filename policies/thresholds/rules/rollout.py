"""Who gets a new version, step by step. The engine shows no earlier state, so values are judged.

A canary may have the first step without any record, and after that only the step that follows the
last pass on record of this very version. A stable version at 100 % is always right: the first
deployment is one, and so is the way back.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from policies.framework import clock
from policies.framework.resource import Resource
from policies.framework.rule import NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import in_doubt
from policies.framework.values import Finding, Node

ROLLOUT = ("researchflow:index:Rollout",)
EVERYBODY = 100
UNPROVEN = "must not be above the step after the last pass on record"
FROZEN = "must not be above the last pass on record while a freeze lasts"
PASSED = ("version", "weight", "verdict", "forced")


class StepsConfig(RuleConfig):
    """Per cent of users: at most how many first, and how many more at each step."""

    first: int = 10
    jump: int = 50


class EvidenceConfig(StepsConfig):
    """The same, and whether a person's word stands for a pass."""

    forced: bool = True


def weights(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Whole numbers that are everybody together."""
    message = f"must be whole numbers from 0 to {EVERYBODY}, and {EVERYBODY} together"
    for _service, rollout in resource["services"].entries():
        shares = rollout["weights"]
        parts = [share for _track, share in shares.entries()]
        hidden = next((part for part in parts if part.hidden), None)
        if hidden:
            yield hidden.undecided(message)
        elif not _are_everybody([part.value for part in parts]):
            yield shares.violation(message)


def steps(resource: Resource, config: StepsConfig) -> Iterator[Finding]:
    """Few users first, and never many more at once."""
    listed = list(resource["steps"].items())
    hidden = next((step for step in listed if step.hidden), None)
    first = f"must begin with {config.first} or less, in whole numbers up to {EVERYBODY}"
    if hidden:
        yield hidden.undecided(first)
    elif not listed or not all(is_share(step.value) for step in listed):
        yield resource["steps"].violation(first)
    else:
        if listed[0].value > config.first:
            yield listed[0].violation(first)
        for step, following in pairwise(listed):
            if following.value - step.value > config.jump:
                yield following.violation(f"must be {config.jump} or less above the step before")


def evidence(resource: Resource, config: EvidenceConfig) -> Iterator[Finding]:
    """No more users than the step after the last pass on record, or the last that was forced."""
    listed = list(resource["steps"].items())
    unclear = any(step.hidden for step in listed)
    known = [step.value for step in listed if is_share(step.value)]

    def ceiling(passed: int) -> int:
        following = [] if unclear else [step for step in known if step > passed]
        return min(following, default=max(passed, 0 if unclear else config.first))

    for _service, rollout in resource["services"].entries():
        yield from in_doubt(_above(rollout, ceiling, UNPROVEN, forced=config.forced), *listed)


def freeze(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """In a freeze only what has passed, and nothing beyond it."""
    windows = list(resource["freeze"].items())
    certain = any(_lasts(window) for window in windows)
    unclear = [window for window in windows if _lasts(window) is None]
    if not certain and not unclear:
        return
    for _service, rollout in resource["services"].entries():
        for finding in _above(rollout, lambda passed: passed, FROZEN, forced=False):
            yield finding if certain else unclear[0].undecided(FROZEN)


def is_share(value: object) -> bool:
    """Whether ``value`` is a whole number of per cent."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= EVERYBODY


def _are_everybody(shares: list[Any]) -> bool:
    return all(map(is_share, shares)) and sum(shares) == EVERYBODY


def _above(
    rollout: Node, ceiling: Callable[[int], int], message: str, *, forced: bool
) -> Iterator[Finding]:
    """A violation where the canary has more than ``ceiling`` of the last pass on record.

    ``forced``: whether the record of a step that a person forced counts as one.
    """
    share = rollout["weights"]["canary"]
    if share.value == 0 or share.absent:
        return
    canary, stable, passed = rollout["canaryVersion"], rollout["stableVersion"], rollout["passed"]
    record = [passed[key] for key in PASSED]
    hidden = next((node for node in (share, canary, stable, *record) if node.hidden), None)
    if hidden:
        yield hidden.undecided(message)
    elif canary.absent or canary.value != stable.value:
        weight = passed["weight"].value
        proven = forced or passed["forced"].value is not True
        counts = proven and passed["version"].value == canary.value and is_share(weight)
        highest = ceiling(weight if counts else 0)
        if not is_share(share.value) or share.value > highest:
            yield share.violation(f"{message} ({highest} %)")


def _lasts(window: Node) -> bool | None:
    """Whether the freeze ``window`` holds now; None where its dates cannot be read."""
    try:
        start, end = (datetime.fromisoformat(window[key].value) for key in ("start", "end"))
        return start <= clock.now() < end
    except (TypeError, ValueError):
        return None


RULES = (
    Rule(
        id="rollout/weights",
        severity=Severity.HIGH,
        protects="users, of whom some would reach no version or more than one",
        fix="set the weights of each service so that they are 100 together",
        reference="guide, Deploy to Production with Canary Rollout",
        kinds=ROLLOUT,
        check=weights,
    ),
    Rule(
        id="rollout/steps",
        severity=Severity.HIGH,
        protects="users, of whom too many would be the first to find a fault",
        fix="set rollout.steps to a first step of 10 or less, and jumps of 50 or less",
        reference="guide, Deploy to Production with Canary Rollout: 10, 50, 100",
        kinds=ROLLOUT,
        check=steps,
        config=StepsConfig,
    ),
    Rule(
        id="rollout/evidence",
        severity=Severity.HIGH,
        protects="users from a version that nobody has seen hold at fewer of them",
        fix="let rf rollout take the step, which records its verdict; or set the weight back",
        reference="guide, Deploy to Production with Canary Rollout",
        kinds=ROLLOUT,
        check=evidence,
        config=EvidenceConfig,
    ),
    Rule(
        id="rollout/freeze",
        severity=Severity.HIGH,
        protects="the days on which nobody is there to notice",
        fix="wait until the freeze ends, or set the weight back to the last pass on record",
        reference="rollout.freeze of the stack file",
        kinds=ROLLOUT,
        check=freeze,
    ),
)
