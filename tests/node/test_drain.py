"""Copies come and go under steady traffic."""

from __future__ import annotations

import json
import socket
import time
from itertools import groupby
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.cluster.api import Ref
from tests.cluster.certificates import AUTHORITY
from tests.e2e.harness.sidecar import trusting
from tests.e2e.harness.traffic import Traffic
from tests.e2e.harness.waiting import seconds_until
from tests.node.places import front_door, pod_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from tests.cluster.platform import Platform
    from tests.node.machine.cluster import Cluster

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]

FAISS = 5000
ROLLED = "researchflow.ai/rolled"
UNAVAILABLE = 503
OK = 200
SECONDS = 10
STOPPED_SECONDS = 30
BACK_SECONDS = 15
MARGIN_SECONDS = 1.0
HEAD = (
    "PUT /indexes/late HTTP/1.1\r\nHost: faiss\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)


def roll(platform: Platform, instance: str, version: str) -> None:
    """Replace the pods of a service as a new configuration does; returns when that is done."""
    (body,) = (b for b in platform.workloads("Deployment") if b["metadata"]["name"] == instance)
    change = {"spec": {"template": {"metadata": {"annotations": {ROLLED: version}}}}}
    platform.api.patch(Ref.of(body), change)
    platform.settle()


def get(node: Cluster, url: str) -> int:
    """The status of one request."""
    with node.world.entered():
        return httpx.get(url, trust_env=False).status_code


@pytest.mark.parametrize("connections", ["new", "kept"])
def test_a_gateway_is_replaced_without_a_failed_request(
    node: Cluster, platform: Platform, connections: str
) -> None:
    (before,) = platform.pods_of("gateway")
    url = front_door(node, platform, FAISS, "/health")

    seconds_until(lambda: get(node, url) == OK, within=BACK_SECONDS)
    with Traffic(world=node.world, url=url, keep_alive=connections == "kept") as traffic:
        time.sleep(MARGIN_SECONDS)
        roll(platform, "gateway", str(time.time()))
        time.sleep(MARGIN_SECONDS)

    (after,) = platform.pods_of("gateway")
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert set(traffic.results) == {OK}, traffic.results


def test_a_request_that_a_vector_server_took_is_answered_though_it_stops(
    node: Cluster, platform: Platform
) -> None:
    old = pod_of(node, platform, "faiss-stable")
    body = json.dumps({"dimension": 4, "index_type": "Flat"}).encode()
    head = HEAD.format(length=len(body)).encode()

    with node.world.entered():
        late = connected(old.address)
    late.sendall(head + body[:1])
    time.sleep(MARGIN_SECONDS)
    platform.api.delete(Ref.of(old.pod))
    seconds_until(lambda: refuses(node, old.address), within=STOPPED_SECONDS)
    late.sendall(body[1:])
    answer = late.recv(1024).decode()
    late.close()
    platform.settle()

    assert answer.startswith("HTTP/1.1 201"), answer


def connected(address: str) -> ssl.SSLSocket:
    """A connection to a vector server; OSError where there is none, ssl.SSLError among them."""
    plain = socket.create_connection((address, FAISS), timeout=SECONDS)
    return trusting(AUTHORITY).wrap_socket(plain, server_hostname="faiss")


def refuses(node: Cluster, address: str) -> bool:
    """Whether a server takes no more connections, as one that has got SIGTERM."""
    with node.world.entered():
        try:
            connected(address).close()
        except OSError:
            return True
    return False


def test_while_a_vector_server_is_replaced_the_gateway_says_so_and_nothing_else_fails(
    node: Cluster, platform: Platform, tell: Callable[[str], None]
) -> None:
    """There is one writer, so the new copy starts when the old one has ended."""
    url = front_door(node, platform, FAISS, "/health")
    seconds_until(lambda: get(node, url) == OK, within=BACK_SECONDS)

    with Traffic(world=node.world, url=url, clients=1) as traffic:
        time.sleep(MARGIN_SECONDS)
        roll(platform, "faiss-stable", str(time.time()))
        seconds_until(lambda: traffic.outcomes[-1].result == OK, within=BACK_SECONDS)
        time.sleep(MARGIN_SECONDS)

    phases = [result for result, _ in groupby(outcome.result for outcome in traffic.outcomes)]
    failed = [outcome.began for outcome in traffic.outcomes if outcome.result == UNAVAILABLE]
    assert phases == [OK, UNAVAILABLE, OK], traffic.results
    tell(f"a vector server replaced: {failed[-1] - failed[0]:.1f} s without one")
