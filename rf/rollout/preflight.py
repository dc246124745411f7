"""What has to hold before a rollout changes anything. Each finding is a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from components.gateway.metrics import DURATION_BUCKETS_MS
from components.rollout.component import component_inputs
from policies.framework.resource import Resource
from policies.thresholds.rules import rollout as policy

from ..deploy.packs import pack_options
from ..errors import BadInputError
from . import readings
from .core import estimate
from .effects import EffectError
from .lanes import expected
from .subject import FeatureSubject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from components.spec import ServiceSpec
    from settings import Stack

    from .core import Counts, Estimate
    from .effects import Gateways
    from .readings import Readings
    from .request import Request
    from .subject import Subject
    from .world import Clock, Desired

SAMPLE_SECONDS = 5
"""How long requests are counted to know their present rate."""


class Sights(Protocol):
    """What can be looked at without changing it."""

    @property
    def desired(self) -> Desired:
        """The stack file."""

    @property
    def gateways(self) -> Gateways:
        """The gateways' statistics."""

    @property
    def clock(self) -> Clock:
        """The time."""

    def lacking(self, specs: Sequence[ServiceSpec]) -> tuple[str, ...]:
        """What the platform itself lacks to run ``specs`` as they are meant, and what to do."""

    def history(self, subject: Subject, until: float) -> Mapping[str, tuple[Counts, ...]]:
        """By service, the day before ``until``; see ``history.history``."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was found. ``rates``: requests a second of each judged service, if they can be known."""

    problems: tuple[str, ...]
    rates: Mapping[str, float] | None
    estimates: Mapping[str, Estimate]


def preflight(
    sights: Sights, request: Request, stack: Stack, state: Mapping[str, Any] | None
) -> Report:
    """Look at everything; ``state`` is what the last deployment exported, None if not asked."""
    try:
        found = readings.read(sights.gateways.scrape())
        rates = _rates(sights, request, found)
    except EffectError as error:
        return Report(
            problems=(*_planned(sights, request), f"gateways: {error}"), rates=None, estimates={}
        )
    history = sights.history(request.subject, sights.clock.now().timestamp())
    estimates = {
        service: estimate(
            request.gates[service],
            request.plan,
            requests_per_second=rates[service],
            bounds_ms=DURATION_BUCKETS_MS,
            history=history.get(service, ()),
        )
        for service in request.subject.services
    }
    problems = (
        *_planned(sights, request),
        *_platform(sights, stack),
        *_live(stack, found),
        *_up(request, found),
        *(_state(stack, state) if state is not None else ()),
        *_blunt_gates(request, estimates),
    )
    return Report(problems=problems, rates=rates, estimates=estimates)


def _planned(sights: Sights, request: Request) -> Iterator[str]:
    """The settings take the new version, with its room, and the policies take the first step."""
    try:
        pack_options()
    except BadInputError as error:
        yield f"policies: {error}"
    now = sights.clock.now().timestamp()
    freeze = request.plan.frozen(now)
    if freeze is not None:
        yield f"freeze: no weight grows now: {freeze.reason}"
    first = next(iter(request.plan.stages), None)
    if first is None:
        return
    edits = request.subject.prepare() | request.subject.enter(first, None)
    try:
        stack = sights.desired.with_edits(edits)
    except BadInputError as error:
        yield f"settings: {error}"
        return
    inputs = component_inputs(
        stack.settings.rollout, stack.specs, dict(stack.settings.context.features)
    )
    resource = Resource(type=policy.ROLLOUT[0], name="rollout", properties=inputs)
    for rule in policy.RULES:
        for finding in rule.check(resource, rule.config()):
            yield f"policy {rule.id}: {finding.path} {finding.message}"


def _platform(sights: Sights, stack: Stack) -> Iterator[str]:
    """A canary is scaled, and has its certificates, as stable does."""
    for problem in sights.lacking(stack.specs):
        yield f"cluster: {problem}"


def _live(stack: Stack, seen: Readings) -> Iterator[str]:
    """What gateways serve is what the stack file says."""
    if not seen:
        yield "gateways: none is running"
    wanted = expected(stack)
    for gateway, found in seen.items():
        for service, version in wanted.items():
            if found.served.get(service) != version:
                yield (
                    f"weights: {gateway} serves routes of {service} that are not those of the "
                    "stack file; deploy the stack, then repeat"
                )


def _up(request: Request, seen: Readings) -> Iterator[str]:
    """Somebody answers today whom the gateways can send back to, and compare with."""
    for service in request.subject.services:
        up, every = readings.instances(seen, service, "stable")
        if not up:
            yield (
                f"targets: none of the {every} instances of {service} is healthy at the gateways, "
                "so nobody could be sent back to it; mend or wake it, then repeat"
            )


def _state(stack: Stack, state: Mapping[str, Any]) -> Iterator[str]:
    """What was deployed is what the stack file says."""
    weights = {name: dict(shares) for name, shares in stack.settings.context.weights.items()}
    for what, wanted in (("weights", weights), ("features", dict(stack.settings.context.features))):
        if state.get(what) != wanted:
            yield (
                f"{what}: the stack file says {wanted}, and the last deployment {state.get(what)}; "
                "deploy the stack, or set the file back, then repeat"
            )


def _blunt_gates(request: Request, estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """A gate that cannot fire lets everything through; one that takes for ever only pauses."""
    for service, found in estimates.items():
        for problem in found.problems:
            # Without requests it holds and pauses, which is what it is for.
            if "no bound" in problem:
                yield f"gates: {service}: {problem}"
    if isinstance(request.subject, FeatureSubject) and not request.subject.services:
        yield "gates: no service says whether the feature does well"


def _rates(sights: Sights, request: Request, before: Readings) -> dict[str, float]:
    sights.clock.sleep(SAMPLE_SECONDS)
    after = readings.read(sights.gateways.scrape())
    return {
        service: _requests(after, before, service) / SAMPLE_SECONDS
        for service in request.subject.services
    }


def _requests(after: Readings, before: Readings, service: str) -> int:
    polls = [readings.feature_poll(found, service, 0) for found in (before, after)]
    first, last = (poll.pods for poll in polls)
    return sum(
        max(0, pod.candidate.requests - first[name].candidate.requests)
        for name, pod in last.items()
        if name in first
    )
