"""Which copy of a version a request goes to, and what is more than all of them take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.gateway import GatewayArgs
from tests.e2e.harness.backend import Backend, running
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY, gateway
from tests.e2e.harness.requests import request

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]

CHAT = request("POST", "/api/chat", b"{}")


def test_a_new_request_goes_to_the_copy_that_has_the_fewest(tmp_path: Path) -> None:
    slow, idle = Backend(name="slow", behaviour="slow"), Backend(name="idle")
    with (
        running(slow, idle),
        gateway(tmp_path, {"ollama-stable": (slow.port, idle.port)}) as envoy,
    ):
        envoy.send([CHAT] * 40, connections=8)

    assert len(idle.seen) > 3 * len(slow.seen)


def test_more_requests_at_once_than_the_circuit_breaker_lets_through_are_refused_at_once(
    tmp_path: Path,
) -> None:
    stable = Backend(name="stable", behaviour="slow")
    args = GatewayArgs(max_active_of={"ollama": 5})
    with running(stable), gateway(tmp_path, {"ollama-stable": stable.port}, args=args) as envoy:
        replies = envoy.send([CHAT] * 20, connections=20)

    refused = [reply for reply in replies if reply.status == 503]
    assert len(refused) >= 10
    assert len(stable.seen) + len(refused) == 20
