"""The judge of NetworkPolicies, rule by rule of their documentation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster.reachability import Network, Peer, Port

HTTP = Port(number=80)
NAMESPACES = {
    "shop": {"kubernetes.io/metadata.name": "shop", "team": "sales"},
    "lab": {"kubernetes.io/metadata.name": "lab", "team": "research"},
}
WEB = Peer(
    name="web", address="10.1.0.1", namespace="shop", labels={"app": "web"}, ports={"http": 80}
)
DATABASE = Peer(name="database", address="10.1.0.2", namespace="shop", labels={"app": "database"})
VISITOR = Peer(name="visitor", address="10.1.0.3", namespace="lab", labels={"app": "web"})
OUTSIDE = Peer(name="outside", address="203.0.113.7")
EVERYBODY = (WEB, DATABASE, VISITOR, OUTSIDE)
LABELLED = {"podSelector": {"matchLabels": {"app": "web"}}}


def policy(selector: dict[str, Any] | None = None, **rules: list[dict[str, Any]]) -> dict[str, Any]:
    """A policy in the shop, for all pods unless said, of the types that ``rules`` name."""
    return {
        "metadata": {"namespace": "shop", "name": "test"},
        "spec": {
            "podSelector": selector or {},
            "policyTypes": [direction.capitalize() for direction in rules],
            **rules,
        },
    }


def network(*policies: dict[str, Any]) -> Network:
    return Network(namespaces=NAMESPACES, policies=policies)


def entering(target: Peer, *policies: dict[str, Any], port: Port = HTTP) -> set[str]:
    """Who reaches ``target``."""
    judge = network(*policies)
    return {each.name for each in EVERYBODY if each != target and judge.allows(each, target, port)}


def left_for(source: Peer, *policies: dict[str, Any], port: Port = HTTP) -> set[str]:
    """Whom ``source`` reaches."""
    judge = network(*policies)
    return {each.name for each in EVERYBODY if each != source and judge.allows(source, each, port)}


@given(
    source=st.sampled_from(EVERYBODY),
    target=st.sampled_from(EVERYBODY),
    number=st.integers(1, 65535),
    protocol=st.sampled_from(["TCP", "UDP", "SCTP"]),
)
def test_without_policies_everything_is_open(
    source: Peer, target: Peer, number: int, protocol: str
) -> None:
    assert network().allows(source, target, Port(number=number, protocol=protocol))


def test_a_policy_without_rules_closes_its_direction_and_no_other() -> None:
    assert entering(WEB, policy(ingress=[])) == set()
    assert left_for(WEB, policy(ingress=[])) == {"visitor", "outside"}
    assert left_for(WEB, policy(egress=[])) == set()
    assert entering(WEB, policy(egress=[])) == {"visitor", "outside"}


def test_a_policy_holds_for_the_pods_it_selects_in_its_own_namespace() -> None:
    closed = policy({"matchLabels": {"app": "web"}}, ingress=[])

    assert entering(WEB, closed) == set()
    assert entering(DATABASE, closed) == {"web", "visitor", "outside"}
    assert entering(VISITOR, closed) == {"web", "database", "outside"}


def test_both_ends_must_agree() -> None:
    out = policy({"matchLabels": {"app": "web"}}, egress=[{"to": [{"podSelector": {}}]}])
    into = policy({"matchLabels": {"app": "database"}}, ingress=[{"from": [LABELLED]}])

    assert left_for(WEB, out, into) == {"database"}
    assert entering(DATABASE, out, into) == {"web"}
    assert left_for(WEB, policy(egress=[]), into) == set()


def test_policies_add_up() -> None:
    first = policy(ingress=[{"from": [LABELLED]}])
    second = policy(ingress=[{"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}])

    assert entering(DATABASE, first, second) == {"web", "outside"}


def test_a_rule_without_peers_is_for_everybody() -> None:
    assert entering(DATABASE, policy(ingress=[{}])) == {"web", "visitor", "outside"}
    assert entering(DATABASE, policy(ingress=[{"from": []}])) == {"web", "visitor", "outside"}


def test_a_pod_selector_alone_looks_in_the_namespace_of_the_policy() -> None:
    assert entering(DATABASE, policy(ingress=[{"from": [LABELLED]}])) == {"web"}


def test_a_namespace_selector_alone_finds_all_pods_there() -> None:
    peer = {"namespaceSelector": {"matchLabels": {"team": "research"}}}

    assert entering(DATABASE, policy(ingress=[{"from": [peer]}])) == {"visitor"}


def test_selectors_in_one_peer_must_both_hold_and_in_two_peers_one_of_them() -> None:
    spaces = {"namespaceSelector": {"matchLabels": {"team": "sales"}}}

    assert entering(DATABASE, policy(ingress=[{"from": [{**spaces, **LABELLED}]}])) == {"web"}
    others = {"namespaceSelector": {"matchLabels": {"team": "research"}}}
    assert entering(DATABASE, policy(ingress=[{"from": [others, LABELLED]}])) == {"web", "visitor"}


def test_an_empty_namespace_selector_finds_all_namespaces_but_no_address_outside() -> None:
    peer: dict[str, Any] = {"namespaceSelector": {}}

    assert entering(DATABASE, policy(ingress=[{"from": [peer]}])) == {"web", "visitor"}


def test_a_block_of_addresses_leaves_out_its_exceptions() -> None:
    block = {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}

    assert left_for(WEB, policy(egress=[{"to": [{"ipBlock": block}]}])) == {"outside"}


def test_a_block_of_addresses_finds_pods_too_as_some_networks_do_it() -> None:
    block = {"cidr": "10.1.0.0/30"}

    assert left_for(WEB, policy(egress=[{"to": [{"ipBlock": block}]}])) == {"database", "visitor"}


@pytest.mark.parametrize(
    ("ports", "open_ports"),
    [
        ([{"port": 80}], {"80/TCP"}),
        ([{"port": 80, "protocol": "UDP"}], {"80/UDP"}),
        ([{"port": 80, "endPort": 81}], {"80/TCP", "81/TCP"}),
        ([{"port": "http"}], {"80/TCP"}),
        ([{"port": "unknown"}], set()),
        ([{"protocol": "UDP"}], {"79/UDP", "80/UDP", "81/UDP", "82/UDP"}),
        ([{"port": 79}, {"port": 82}], {"79/TCP", "82/TCP"}),
    ],
)
def test_ports_are_those_that_a_rule_names(
    ports: list[dict[str, Any]], open_ports: set[str]
) -> None:
    judge = network(policy(ingress=[{"ports": ports}]))
    tried = [Port(number=n, protocol=p) for n in range(79, 83) for p in ("TCP", "UDP")]

    assert {str(port) for port in tried if judge.allows(DATABASE, WEB, port)} == open_ports


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ({"key": "app", "operator": "In", "values": ["web", "mail"]}, {"web"}),
        ({"key": "app", "operator": "NotIn", "values": ["web"]}, {"bare"}),
        ({"key": "app", "operator": "Exists"}, {"web"}),
        ({"key": "app", "operator": "DoesNotExist"}, {"bare"}),
    ],
)
def test_expressions_select_as_the_documentation_says(
    expression: dict[str, Any], found: set[str]
) -> None:
    bare = Peer(name="bare", address="10.1.0.9", namespace="shop")
    peer = {"podSelector": {"matchExpressions": [expression]}}
    judge = network(policy(ingress=[{"from": [peer]}]))

    assert {each.name for each in (WEB, bare) if judge.allows(each, DATABASE, HTTP)} == found


def test_an_operator_that_does_not_exist_is_refused() -> None:
    peer = {"podSelector": {"matchExpressions": [{"key": "app", "operator": "Like"}]}}

    with pytest.raises(ValueError, match="Like"):
        network(policy(ingress=[{"from": [peer]}])).allows(WEB, DATABASE, HTTP)
