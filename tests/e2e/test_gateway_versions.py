"""Two versions of a service behind a real Envoy: who gets which, and what a dead one costs."""

from __future__ import annotations

import math
import threading
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.gateway import gateway
from tests.e2e.harness.requests import get, request
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.harness.envoy_files import Ports
    from tests.e2e.harness.gateway import RunningGateway
    from tests.e2e.harness.requests import Reply


USERS = [f"user-{number}" for number in range(3000)]
CHAT = request("POST", "/api/chat", b"{}")
STEPS = (0, 10, 50, 100, 0)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway before two versions that are well."""
    stable, canary = Backend(name="stable"), Backend(name="canary")
    with running(stable, canary):
        ports = {"ollama-stable": stable.port, "ollama-canary": canary.port}
        with gateway(tmp_path_factory.mktemp("both"), ports) as envoy:
            yield envoy


def split(canary: int) -> dict[str, int]:
    return {"stable": 100 - canary, "canary": canary}


def within_band(seen: int, of: int, weight: int) -> bool:
    """Whether ``seen`` may be a share of ``weight`` per cent; it is not once in a million times."""
    share = weight / 100
    return abs(seen - of * share) <= 5 * math.sqrt(of * share * (1 - share))


def bodies(replies: list[Reply]) -> list[str]:
    assert {reply.status for reply in replies} == {200}
    return [reply.body for reply in replies]


@pytest.mark.parametrize("who", ["header", "cookie"])
def test_whoever_sees_the_new_version_keeps_it_while_its_weight_grows(
    both: RunningGateway, who: str
) -> None:
    named = {
        "header": [get(x_researchflow_user=user) for user in USERS],
        "cookie": [get(cookie=f"a=b; researchflow-user={user}") for user in USERS],
    }
    had: set[str] = set()

    for weight in (10, 25, 50, 90, 100):
        both.route(split(weight))
        answered = bodies(both.send(named[who]))
        has = {user for user, body in zip(USERS, answered, strict=True) if body == "canary"}
        assert had <= has
        assert within_band(len(has), len(USERS), weight)
        had = has

    assert had == set(USERS)


def test_a_user_is_the_header_where_header_and_cookie_differ(both: RunningGateway) -> None:
    both.route(split(50))
    alone = bodies(both.send(get(x_researchflow_user=user) for user in USERS[:200]))

    together = bodies(
        both.send(
            get(x_researchflow_user=user, cookie=f"researchflow-user={other}")
            for user, other in zip(USERS[:200], reversed(USERS), strict=False)
        )
    )

    assert together == alone


@pytest.mark.parametrize("weight", [10, 50, 90])
def test_requests_without_a_user_are_spread_by_weight(both: RunningGateway, weight: int) -> None:
    both.route(split(weight))

    answered = bodies(both.send([get()] * 3000))

    assert within_band(answered.count("canary"), 3000, weight)


def test_a_new_weight_is_in_force_within_two_seconds(both: RunningGateway) -> None:
    assert max(both.route(split(weight)) for weight in (10, 50, 100)) < 2


def requests_while_weights_move(envoy: RunningGateway, count: int) -> Counter[int]:
    """Statuses of ``count`` requests that were sent while the weights took all ``STEPS``."""
    over = threading.Event()

    def move() -> None:
        while not over.is_set():
            for weight in STEPS:
                envoy.route(split(weight))

    mover = threading.Thread(target=move)
    mover.start()
    try:
        replies = envoy.send([CHAT] * count)
    finally:
        over.set()
        mover.join()
    assert {reply.body for reply in replies} == {"stable", "canary"}
    return Counter(reply.status for reply in replies)


def test_no_request_fails_while_weights_move(both: RunningGateway) -> None:
    assert requests_while_weights_move(both, 5000) == {200: 5000}


@pytest.mark.long
def test_no_request_of_a_hundred_thousand_fails_while_weights_move(both: RunningGateway) -> None:
    assert requests_while_weights_move(both, 100_000) == {200: 100_000}


def test_a_route_file_that_cannot_be_read_changes_nothing(both: RunningGateway) -> None:
    both.route(split(0))
    failures = "http.ollama.rds.ollama.update_(failure|rejected)"
    before = both.stat(failures)

    both.replace("ollama.yaml", "resources: [")
    seconds_until(lambda: both.stat(failures) != before, within=5)

    assert set(bodies(both.send([get()] * 100))) == {"stable"}
    assert both.process.poll() is None


def test_a_version_that_dies_under_load_costs_no_user_a_request(tmp_path: Path) -> None:
    stable, canary = Backend(name="stable"), Backend(name="canary")
    with running(stable), ExitStack() as life:
        life.enter_context(running(canary))
        ports = {"ollama-stable": stable.port, "ollama-canary": canary.port}
        with gateway(tmp_path, ports, weights=split(50)) as envoy:
            alive = Counter(bodies(envoy.send([CHAT] * 500)))
            # Connections are refused from here on, and health checks have not noticed yet.
            life.close()
            dead = Counter(bodies(envoy.send([CHAT] * 500, connections=100)))

    assert alive["canary"] > 200
    assert dead == {"stable": 500}


def test_a_version_that_loses_one_of_two_servers_answers_with_the_other(tmp_path: Path) -> None:
    stable, left, lost = Backend(name="stable"), Backend(name="canary"), Backend(name="canary")
    with running(stable, left), ExitStack() as life:
        life.enter_context(running(lost))
        ports: Ports = {"ollama-stable": stable.port, "ollama-canary": (left.port, lost.port)}
        with gateway(tmp_path, ports, weights=split(100)) as envoy:
            envoy.send([CHAT] * 50)
            life.close()
            at_first = Counter(bodies(envoy.send([CHAT] * 20)))
            later = set(bodies(envoy.send([CHAT] * 200)))
            counts = envoy.counts["ollama", "canary"]

    assert lost.seen
    # Few of the first met the lost server twice, and none after it was out.
    assert at_first["canary"] > at_first["stable"]
    assert later == {"canary"}
    assert counts.failed == counts.failovers == at_first["stable"]


def test_a_version_whose_health_check_fails_loses_its_requests_to_stable(tmp_path: Path) -> None:
    stable, canary = Backend(name="stable"), Backend(name="canary", sick=True)
    with running(stable, canary):
        ports = {"ollama-stable": stable.port, "ollama-canary": canary.port}
        with gateway(tmp_path, ports, weights=split(100)) as envoy:
            sick = set(bodies(envoy.send([CHAT] * 50)))
            canary.sick = False
            seconds_until(lambda: envoy.send([CHAT])[0].body == "canary", within=10)

    assert sick == {"stable"}


def test_a_version_that_answers_503_fails_a_few_times(tmp_path: Path) -> None:
    stable, canary = Backend(name="stable"), Backend(name="canary", behaviour="busy")
    with running(stable, canary):
        ports = {"ollama-stable": stable.port, "ollama-canary": canary.port}
        with gateway(tmp_path, ports, weights=split(100)) as envoy:
            replies = envoy.send([CHAT] * 60, connections=1)

    answered = Counter((reply.status, reply.body) for reply in replies)
    # Another thread of Envoy's takes it out after three, and may take a moment.
    assert 3 <= answered[503, "busy"] < 10
    assert answered[200, "stable"] == 60 - answered[503, "busy"]


def test_a_request_whose_bytes_were_sent_is_not_sent_again(tmp_path: Path) -> None:
    stable, canary = Backend(name="stable"), Backend(name="canary", behaviour="closing")
    with running(stable, canary):
        ports = {"ollama-stable": stable.port, "ollama-canary": canary.port}
        with gateway(tmp_path, ports, weights=split(100)) as envoy:
            (reply,) = envoy.send([CHAT])

    assert reply.status == 503
    assert canary.seen == ["POST /api/chat"]
    assert stable.seen == []


def test_a_busy_only_version_is_back_with_its_next_health_check(tmp_path: Path) -> None:
    stable = Backend(name="stable", behaviour="busy")
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}) as envoy:
        statuses = [reply.status for reply in envoy.send([CHAT] * 10, connections=1)]
        stable.behaviour = "well"
        back = seconds_until(lambda: envoy.send([CHAT])[0].status == 200, within=10)

    assert statuses == [503] * 10
    assert back < 5
