"""What a controller sees: the gateways' counters, as evidence of each step, and a verdict on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from components.gateway.metrics import DURATION_BUCKETS_MS

from . import readings
from .core import Bundle, Evidence, Health, Kind, Memory, Step, judge, without_repeats, worst_of
from .core.plan import EVERYBODY
from .effects import EffectError
from .lines import are_told_apart, gates_of, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from components.spec import Track

    from .core import Counts, GateArgs, Judgement, Model, Poll, State
    from .lines import Line
    from .readings import Readings
    from .subject import Subject
    from .world import World


@dataclass(frozen=True, kw_only=True)
class Look:
    """The statistics of all gateways at one moment, or why they cannot be known."""

    at: float
    found: Readings = field(default_factory=dict)
    fault: str = ""


class Observer:
    """The evidence of one rollout, gathered from where this process began.

    ``history`` by service: see ``Evidence.history``.
    """

    def __init__(
        self,
        world: World,
        subject: Subject,
        gates: Mapping[str, GateArgs],
        history: Mapping[str, tuple[Counts, ...]],
    ) -> None:
        self._world = world
        self._subject = subject
        self._lines = lines(subject)
        self._gates = gates_of(subject, gates)
        self._history = history
        self._steps: dict[Line, list[Step]] = {}
        self._evidence: dict[str, Evidence] = {}
        self._down_since: dict[str, float] = {}
        self._memories: dict[Line, Memory] = {}
        self.judgements: dict[str, Judgement] = {}
        """The last verdict on each service in this step."""

    @property
    def is_judging(self) -> bool:
        """Whether a step has begun."""
        return bool(self._steps)

    def look(self) -> Look:
        """Ask all gateways."""
        at = self._world.clock.now().timestamp()
        try:
            found = readings.read(self._world.gateways.scrape())
        except EffectError as error:
            return Look(at=at, fault=str(error))
        said = readings.fault(found)
        return Look(at=at, fault=said) if said else Look(at=at, found=found)

    def forget(self) -> None:
        """Let evidence begin anew."""
        self._steps, self._evidence, self.judgements = {}, {}, {}

    def begin_step(self, state: State, zero: Look) -> None:
        """From ``zero`` on, what is counted belongs to the stage that ``state`` is in."""
        if candidate(state) == "stable":
            # Another version is the candidate from here on, with evidence of its own.
            self.forget()
        self.judgements = {}
        for line in self._lines:
            step = Step(weight=share(state), polls=(self._poll(state, zero, line),))
            self._steps.setdefault(line, []).append(step)

    def judge(self, state: State, look: Look) -> Judgement:
        """The verdict at this moment, the worst of the services.

        A feature's arms count once most requests say which one they belong to. All requests
        together count all the same: nothing that fails is without an arm there.
        """
        # A feature's service is counted in two ways, and is asked only once how it is.
        health = cache(partial(self._health, look))
        evidence = {line: self._add(state, look, line, health) for line in self._lines}
        for service in self._subject.services:
            mine = [line for line in self._lines if line.service == service]
            if not are_told_apart(mine, lambda line: self._requests(line, evidence[line])):
                mine = [line for line in mine if line.kind != "arms"]
            judged = {
                line: judge(self._gates[service], evidence[line], self._memory(line))
                for line in mine
            }
            decides = worst_of(tuple(judged.values()))
            self.judgements[service] = decides
            self._evidence[service] = next(evidence[x] for x in mine if judged[x] is decides)
        return worst_of(list(self.judgements.values()))

    def _memory(self, line: Line) -> Memory:
        return self._memories.setdefault(line, Memory())

    def _requests(self, line: Line, found: Evidence) -> int:
        return self._memory(line).requests(self._gates[line.service], found)

    def bundle(self, service: str) -> Bundle | None:
        """What the last verdict on ``service`` rests on; None before there is one."""
        evidence = self._evidence.get(service)
        return Bundle(args=self._gates[service], evidence=evidence) if evidence else None

    def is_warm(self, state: State, look: Look) -> bool:
        """Whether stable is up in the stage in which it becomes the new version."""
        if state.current is None or state.current.kind is not Kind.REPLACE:
            return False
        counts = [
            readings.instances(look.found, name, "stable") for name in self._subject.versioned
        ]
        return all(0 < every <= up for up, every in counts)

    def _add(
        self,
        state: State,
        look: Look,
        line: Line,
        health: Callable[[str, Track], tuple[Health | None, tuple[str, ...]]],
    ) -> Evidence:
        steps = self._steps.get(line, [])
        if steps and not look.fault:
            polls = (*steps[-1].polls, self._poll(state, look, line))
            # Only the last ones can have become a repeat.
            steps[-1] = replace(steps[-1], polls=(*polls[:-3], *without_repeats(polls[-3:])))
        versions = line.kind == "versions"
        tried: Track = candidate(state) if versions else "stable"
        other: Track = "canary" if tried == "stable" else "stable"
        tried_health, faults = health(line.service, tried)
        return Evidence(
            service=line.service,
            bounds_ms=DURATION_BUCKETS_MS,
            steps=tuple(steps),
            history=self._history.get(line.service, ()),
            candidate=tried_health,
            control=health(line.service, other)[0] if versions else None,
            arms_told_apart=line.kind != "all",
            divided_by_gateway=versions,
            faults=faults,
        )

    def _poll(self, state: State, look: Look, line: Line) -> Poll:
        match line.kind:
            case "versions":
                track = candidate(state)
                return readings.version_poll(look.found, line.service, look.at, track)
            case "all":
                return readings.feature_poll(look.found, line.service, look.at)
            case "arms":
                feature = self._subject.name
                return readings.arms_poll(look.found, line.service, feature, look.at)

    def _health(
        self, look: Look, service: str, track: Track
    ) -> tuple[Health | None, tuple[str, ...]]:
        """How a version is, and what of that could not be read."""
        if look.fault:
            return None, (look.fault,)
        up, every = readings.instances(look.found, service, track)
        key = f"{service}_{track}"
        if up:
            self._down_since.pop(key, None)
        down = 0.0 if up else look.at - self._down_since.setdefault(key, look.at)
        models, faults = self._models(service, track)
        return Health(expected=every, up=up, down=down, models=models), faults

    def _models(
        self, service: str, track: Track
    ) -> tuple[tuple[Model, ...] | None, tuple[str, ...]]:
        """Asked only where a gate wants to know."""
        if not self._gates[service].expects_gpu:
            return None, ()
        try:
            return self._world.models.loaded(service, track), ()
        except EffectError as error:
            return None, (f"{service}'s {track}: {error}",)


def candidate(state: State) -> Track:
    """Which track is under judgement: stable, once it is the new version and serves everybody."""
    kind = state.current.kind if state.current is not None else None
    return "stable" if kind in (Kind.RETURN, Kind.REMOVE) else "canary"


def share(state: State) -> int:
    """The per cent of the users that the candidate should have."""
    return EVERYBODY if candidate(state) == "stable" else state.weight
