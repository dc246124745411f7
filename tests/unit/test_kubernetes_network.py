"""Who reaches a service: nothing is open that a spec, a client or the exposure does not name."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.audience import ClientArgs, Exposure
from components.platforms.kubernetes.args import KubernetesArgs
from components.platforms.kubernetes.cluster import Cluster
from components.platforms.kubernetes.manifest import Body
from components.spec import ServiceSpec
from components.spec.network import Edge, Port
from tests.unit.kubernetes_objects import (
    AGENT,
    CLUSTER,
    JOB,
    cluster,
    objects,
    only,
    service,
)

WEB = ClientArgs(name="web", namespace="shop", pod_labels={"app": "web"})
BATCH = ClientArgs(name="batch", namespace="night")
PLATFORM = {
    "matchExpressions": [
        {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["ai", "ai-node"]}
    ]
}


def peer(name: str) -> Body:
    return {
        "namespaceSelector": PLATFORM,
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
    }


def tcp(*ports: int) -> list[Body]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def policy(spec: ServiceSpec, callers: Iterable[Edge] = (), on: Cluster = CLUSTER) -> Body:
    found: Body = objects(spec, callers, on)["NetworkPolicy", spec.instance].body["spec"]
    return found


def test_a_service_that_nobody_calls_and_that_calls_nobody_is_closed_both_ways() -> None:
    found = policy(service())

    assert found["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & found.keys()


def test_a_caller_reaches_the_port_it_names_and_no_other() -> None:
    found = policy(service(), callers=[Edge(service="gateway", port=8000)])

    assert found["ingress"] == [{"from": [peer("gateway")], "ports": tcp(8000)}]


def test_a_service_reaches_what_it_talks_to() -> None:
    found = policy(service(talks_to=(Edge(service="redis", port=6379),)))

    assert found["egress"] == [{"to": [peer("redis")], "ports": tcp(6379)}]


def test_peers_find_each_other_by_the_labels_that_pods_carry() -> None:
    for spec in (service(), AGENT):
        kind = "DaemonSet" if spec.per_node else "Deployment"
        labels = only(kind, spec)["spec"]["template"]["metadata"]["labels"]

        assert peer(spec.name)["podSelector"]["matchLabels"].items() <= labels.items()


def test_the_job_of_a_service_is_not_among_its_peers() -> None:
    labels = only("Job", service(jobs=(JOB,)))["spec"]["template"]["metadata"]["labels"]

    assert labels["app.kubernetes.io/name"] != "search"


def test_an_agent_in_the_namespace_beside_has_its_policy_there() -> None:
    manifest = objects(AGENT, [Edge(service="prometheus", port=8002)])["NetworkPolicy", "agent"]

    assert manifest.body["metadata"]["namespace"] == "ai-node"
    assert manifest.body["spec"]["ingress"][0]["from"] == [peer("prometheus")]


def test_a_call_to_a_port_that_nobody_listens_on_is_refused() -> None:
    with pytest.raises(ValueError, match=r"called by gateway on port 9, .* \[8000, 8002\]"):
        policy(service(), callers=[Edge(service="gateway", port=9)])


def test_clients_reach_the_published_ports_of_what_serves_them() -> None:
    found = policy(service(serves_clients=True), on=cluster(clients=(WEB, BATCH)))

    (rule,) = found["ingress"]
    assert rule["ports"] == tcp(8000)
    assert rule["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
            "podSelector": {"matchLabels": {"app": "web"}},
        },
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "night"}},
            "podSelector": {},
        },
    ]


def test_clients_reach_the_only_port_of_a_service_that_publishes_none() -> None:
    spec = service(serves_clients=True, ports=(Port(name="redis", number=6379),))

    (rule,) = policy(spec, on=cluster(clients=(WEB,)))["ingress"]

    assert rule["ports"] == tcp(6379)


def test_clients_do_not_reach_what_does_not_serve_them() -> None:
    assert "ingress" not in policy(service(), on=cluster(clients=(WEB,)))


def test_without_clients_nobody_outside_the_platform_gets_in() -> None:
    assert "ingress" not in policy(service(serves_clients=True, front_door=True))


@pytest.mark.parametrize("exposure", ["internal", "public"])
def test_a_load_balancer_lets_anybody_to_the_client_ports_of_the_front_door_only(
    exposure: Exposure,
) -> None:
    on = cluster(args=KubernetesArgs(exposure=exposure), clients=(WEB,))

    assert policy(service(serves_clients=True, front_door=True), on=on)["ingress"] == [
        {"ports": tcp(8000)}
    ]
    assert all(rule.get("from") for rule in policy(service(serves_clients=True), on=on)["ingress"])


@given(
    ports=st.lists(st.integers(1, 65535), min_size=1, max_size=5, unique=True),
    published=st.integers(0, 5),
    exposure=st.sampled_from(["cluster", "internal", "public"]),
    front_door=st.booleans(),
    serves_clients=st.booleans(),
    data=st.data(),
)
def test_no_policy_opens_a_port_that_the_service_does_not_have(  # noqa: PLR0913 all drawn
    *,
    ports: list[int],
    published: int,
    exposure: Exposure,
    front_door: bool,
    serves_clients: bool,
    data: st.DataObject,
) -> None:
    spec = service(
        ports=tuple(
            Port(name=f"p{number}", number=number, published=number if at < published else None)
            for at, number in enumerate(ports)
        ),
        front_door=front_door,
        serves_clients=serves_clients,
    )
    called = data.draw(st.lists(st.sampled_from(ports), unique=True))
    on = cluster(args=KubernetesArgs(exposure=exposure), clients=(WEB,))

    rules = policy(spec, [Edge(service="gateway", port=port) for port in called], on).get(
        "ingress", []
    )

    assert {port["port"] for rule in rules for port in rule["ports"]} <= set(ports)
    assert all("port" in port for rule in rules for port in rule["ports"])
