"""What is asked of a stack: pure, from its specs. The guide's section is "Manual Health Check"."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import flags, redis
from components.gateway.authentication import health_paths
from components.gateway.names import fronted, versions
from components.platforms.docker import health as docker
from components.spec.health import HttpCheck, NoTool
from components.spec.network import Port

from .reach import Command, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.spec import ServiceSpec

INSIDE = "its health check, inside"
# OpenFeature's remote evaluation, for a user who is nobody.
EVALUATE = "/ofrep/v1/evaluate/flags"
NOBODY = '{"context": {"targetingKey": "rf-health"}}'
RUNBOOKS = {redis.Redis.service: "RedisDown"}
OWN_WORDS = {redis.Redis.service: "PING with its password, inside"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something to ask of ``spec``; ``words`` say it to people, ``runbook`` helps if it fails."""

    subject: str
    spec: ServiceSpec
    ask: Request | Command
    words: str
    runbook: str = "ServiceDown"


def questions(specs: Sequence[ServiceSpec], *, any_port: bool) -> tuple[Question, ...]:
    """Every service's own readiness, what clients reach through the gateway, and the flags.

    Without ``any_port``, what is not published is asked from inside.
    """
    found: list[Question] = []
    for spec in specs:
        found += _own_check(spec, any_port=any_port)
        if spec.front_door:
            found += _through(spec, specs)
        if spec.name == flags.Flags.service:
            found.append(_evaluation(spec))
    return tuple(found)


def _own_check(spec: ServiceSpec, *, any_port: bool) -> Iterator[Question]:
    check = spec.health.ready
    if isinstance(check, HttpCheck):
        port = _port(spec, check.port)
        if any_port or port.published is not None:
            request = Request(port=port, path=check.path)
            yield _question(spec, request, f"GET :{port.number}{check.path}")
            return
    yield from _inside(spec)


def _inside(spec: ServiceSpec) -> Iterator[Question]:
    """The check that Docker makes; nothing where the image has nothing that could ask."""
    test = docker.check(spec.health)
    if isinstance(test, NoTool):
        return
    _, *argv = test
    check = spec.health.ready
    words = INSIDE
    if isinstance(check, HttpCheck) and not isinstance(check.tool, NoTool):
        words = f"GET :{check.port}{check.path}, inside"
    yield _question(spec, Command(argv=tuple(argv)), OWN_WORDS.get(spec.name, words))


def _through(gateway: ServiceSpec, specs: Sequence[ServiceSpec]) -> Iterator[Question]:
    """What the guide's curl lines ask; the gateway wants no token for these paths."""
    for stable, *_ in versions(fronted(tuple(specs))):
        port, path = gateway.port(stable.name), health_paths(stable)[0]
        yield Question(
            subject=f"{stable.name} for clients",
            spec=gateway,
            ask=Request(port=port, path=path),
            words=f"GET :{port.number}{path}, gateway",
        )


def _evaluation(spec: ServiceSpec) -> Question:
    """Asks for one feature: a flagd that could not read its file is ready, and has none."""
    port = spec.port("ofrep")
    (file,) = spec.live_files
    path = f"{EVALUATE}/{min(json.loads(file.content)['flags'])}"
    return Question(
        subject=f"{spec.name} for clients",
        spec=spec,
        ask=Request(port=port, path=path, method="POST", body=NOBODY),
        words=f"POST :{port.number}{path}",
    )


def _question(spec: ServiceSpec, ask: Request | Command, words: str) -> Question:
    runbook = RUNBOOKS.get(spec.name, "ServiceDown")
    return Question(subject=spec.instance, spec=spec, ask=ask, words=words, runbook=runbook)


def _port(spec: ServiceSpec, number: int) -> Port:
    declared = (port for port in spec.ports if port.number == number)
    return next(declared, Port(name="health", number=number))
