"""The metric contract against a real Envoy: every failed request counts once, and for its version.

Each case sends requests to a version that fails in one way, and compares what the contract reads
from Envoy's metrics with what the clients saw.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest

from components.gateway import GatewayArgs
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.envoy_files import free_port
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway
from tests.e2e.harness.requests import request
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from pathlib import Path

    from components.gateway.metrics import Counts
    from tests.e2e.harness.backend import Behaviour
    from tests.e2e.harness.gateway import RunningGateway

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

CHAT = request("POST", "/api/chat", b"{}")
ALL = {"stable": 0, "canary": 100}
STABLE, CANARY = ("ollama", "stable"), ("ollama", "canary")
IMPATIENT = httpx.Timeout(30, read=0.05)


def happened(counts: Counts) -> dict[str, int]:
    """The reasons that there were, with how often."""
    return {reason: times for reason, times in counts.errors.items() if times}


def counted_from(envoy: RunningGateway, requests: int) -> Counts:
    """The counts of stable as soon as it has had so many requests."""
    found: list[Counts] = []

    def has_had_them() -> bool:
        text = httpx.get(envoy.url("stats", "/stats/prometheus")).text
        found.append(envoy.counted(text)[STABLE])
        return found[-1].requests >= requests

    seconds_until(has_had_them, within=10)
    return found[-1]


def test_well_answered_requests_are_counted_and_timed_for_their_version(tmp_path: Path) -> None:
    stable, canary = Backend(name="stable"), Backend(name="canary")
    with running(stable, canary):
        ports = {"ollama-stable": stable.port, "ollama-canary": canary.port}
        with gateway(tmp_path, ports, weights={"stable": 50, "canary": 50}) as envoy:
            seen = Counter(reply.body for reply in envoy.send([CHAT] * 200))
            found = envoy.counts

    assert {track: counts.requests for (_, track), counts in found.items()} == seen
    for counts in found.values():
        assert happened(counts) == {}
        assert counts.unmeasured == 0
        assert counts.within[5000] == counts.measured
        assert counts.slower_than(10_000) == 0


@pytest.mark.parametrize(
    ("behaviour", "reason", "seen"),
    [
        ("busy", "answer", 503),
        ("garbled", "bad_gateway", 502),
        ("closing", "reset", 503),
        ("resetting", "reset", 503),
        ("breaking", "reset", 0),
    ],
)
def test_a_failing_version_has_an_error_ratio_of_one_whoever_answered(
    tmp_path: Path, behaviour: Behaviour, reason: str, seen: int
) -> None:
    stable, canary = Backend(name="stable"), Backend(name="canary", behaviour=behaviour)
    with running(stable, canary):
        ports = {"ollama-stable": stable.port, "ollama-canary": canary.port}
        with gateway(tmp_path, ports, weights=ALL) as envoy:
            replies = Counter(reply.status for reply in envoy.send([CHAT] * 20, connections=1))
            found = envoy.counts

    assert found[CANARY].requests == found[CANARY].failed == 20
    assert happened(found[CANARY]) == {reason: replies[seen], "failover": replies[200]}
    assert 3 <= replies[seen] < 10
    assert found[STABLE].requests == 0


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [("busy", "answer"), ("garbled", "bad_gateway"), ("closing", "reset"), ("breaking", "reset")],
)
def test_a_failing_only_version_has_an_error_ratio_of_one(
    tmp_path: Path, behaviour: Behaviour, reason: str
) -> None:
    stable = Backend(name="stable", behaviour=behaviour)
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}) as envoy:
        replies = envoy.send([CHAT] * 20)
        found = envoy.counts[STABLE]

    assert not [reply for reply in replies if reply.status == 200]
    assert found.requests == found.failed == sum(found.errors.values()) == 20
    assert set(happened(found)) <= {reason, "unhealthy"}


def test_a_dead_version_has_an_error_ratio_of_one_although_no_user_saw_it(tmp_path: Path) -> None:
    stable = Backend(name="stable")
    with running(stable):
        ports = {"ollama-stable": stable.port, "ollama-canary": free_port()}
        with gateway(tmp_path, ports, weights=ALL) as envoy:
            replies = envoy.send([CHAT] * 200)
            found = envoy.counts

    assert {reply.status for reply in replies} == {200}
    assert found[CANARY].requests == found[CANARY].failed == found[CANARY].failovers == 200
    # What stable answered in its place says nothing about how long the version takes.
    assert found[CANARY].measured == 0
    assert found[STABLE].requests == 0


def test_requests_that_no_version_can_serve_count_once(tmp_path: Path) -> None:
    ports = {"ollama-stable": free_port(), "ollama-canary": free_port()}
    with gateway(tmp_path, ports, weights=ALL) as envoy:
        replies = envoy.send([CHAT] * 100)
        found = envoy.counts[CANARY]

    assert {reply.status for reply in replies} == {503}
    assert found.requests == found.failed == sum(found.errors.values()) == 100
    assert set(happened(found)) <= {"unreachable", "unhealthy"}


def test_more_requests_than_the_circuit_breaker_takes_count_once(tmp_path: Path) -> None:
    stable = Backend(name="stable", behaviour="slow")
    args = GatewayArgs(max_active=5)
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}, args=args) as envoy:
        replies = Counter(reply.status for reply in envoy.send([CHAT] * 20, connections=20))
        found = envoy.counts[STABLE]

    assert found.requests == 20
    assert happened(found) == {"overflow": replies[503]}


@pytest.mark.parametrize("behaviour", ["silent", "stalling"])
def test_a_server_that_falls_silent_counts_once(tmp_path: Path, behaviour: Behaviour) -> None:
    stable = Backend(name="stable", behaviour=behaviour)
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}) as envoy:
        impatient = (tmp_path / "routes/ollama.yaml").read_text().replace("300s", "0.3s")
        envoy.install(impatient.replace("version_info: ", "version_info: impatient-"))
        envoy.send([CHAT] * 4)
        found = envoy.counts[STABLE]

    assert found.requests == found.failed == 4
    assert happened(found) == {"silence": 4}


@pytest.mark.parametrize("behaviour", ["silent", "slow"])
def test_a_client_that_gives_up_is_no_error_of_the_server(
    tmp_path: Path, behaviour: Behaviour
) -> None:
    stable = Backend(name="stable", behaviour=behaviour)
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}) as envoy:
        for _ in range(5):
            with (
                pytest.raises(httpx.ReadTimeout),
                httpx.stream(
                    "POST", envoy.url("ollama"), content=b"{}", timeout=IMPATIENT
                ) as answer,
            ):
                answer.read()
        found = envoy.counts[STABLE]

    assert happened(found) == {}
    assert found.unmeasured == found.requests


def test_a_stream_that_is_still_running_is_a_request_without_a_duration(tmp_path: Path) -> None:
    stable = Backend(name="stable", behaviour="slow")
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}) as envoy:
        sending = threading.Thread(target=envoy.send, args=([CHAT] * 3,))
        sending.start()
        meanwhile = counted_from(envoy, requests=3)
        sending.join()
        after = envoy.counts[STABLE]

    assert (meanwhile.requests, meanwhile.unmeasured, meanwhile.failed) == (3, 3, 0)
    assert (after.requests, after.unmeasured, after.failed) == (3, 0, 0)
    # A stream of ten tenths of a second is timed to its end.
    assert after.slower_than(500) == 3


def test_a_client_sees_nothing_of_the_marks(tmp_path: Path) -> None:
    stable = Backend(name="stable")
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}) as envoy:
        headers = httpx.get(envoy.url("ollama")).headers

    assert not [name for name in headers if name.startswith("x-envoy")]


def test_no_client_can_change_what_is_counted_or_tried_again(tmp_path: Path) -> None:
    meddling = {
        "x-envoy-retry-on": "5xx,reset",
        "x-envoy-max-retries": "5",
        "x-envoy-upstream-alt-stat-name": "mine",
        "x-envoy-upstream-rq-timeout-ms": "1",
    }
    stable = Backend(name="stable", behaviour="busy")
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}) as envoy:
        httpx.get(envoy.url("ollama"), headers=meddling)
        found = envoy.counts
        exported = httpx.get(envoy.url("stats", "/stats/prometheus")).text

    assert happened(found[STABLE]) == {"answer": 1}
    assert len(stable.seen) == 1
    assert "mine" not in exported


def test_every_gateway_says_which_route_file_it_serves(tmp_path: Path) -> None:
    stable = Backend(name="stable")
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}) as envoy:
        text = httpx.get(f"{envoy.admin}/stats?format=json&type=TextReadouts").text

    values = {stat["name"]: stat["value"] for stat in json.loads(text)["stats"] if "name" in stat}
    assert (
        values["http.ollama.rds.ollama.version_text"]
        in (tmp_path / "routes/ollama.yaml").read_text()
    )
