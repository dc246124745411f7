"""The ways out: to the API server, to the internet for jobs, and to DNS."""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from components.platforms.kubernetes import quantity
from components.platforms.kubernetes.args import DnsArgs, KubernetesArgs
from components.platforms.kubernetes.cluster import Cluster
from components.platforms.kubernetes.manifest import Body
from components.platforms.kubernetes.network import namespace_policies
from components.spec import ApiAccess, ServiceSpec
from components.spec.network import Edge
from tests.unit.kubernetes_objects import (
    CLUSTER,
    JOB,
    cluster,
    objects,
    only,
    service,
)


def tcp(*ports: int) -> list[Body]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def policy(spec: ServiceSpec, callers: Iterable[Edge] = (), on: Cluster = CLUSTER) -> Body:
    found: Body = objects(spec, callers, on)["NetworkPolicy", spec.instance].body["spec"]
    return found


@pytest.mark.parametrize(
    ("gibibytes", "text"),
    [(0.125, "128Mi"), (0.1, "103Mi"), (1, "1Gi"), (1.5, "1536Mi"), (1024, "1Ti")],
)
def test_memory_is_written_as_the_api_server_answers_it(gibibytes: float, text: str) -> None:
    assert quantity.memory(gibibytes) == text


@pytest.mark.parametrize(("cores", "text"), [(0.07, "70m"), (1, "1"), (2.5, "2500m"), (64, "64")])
def test_cpu_is_written_as_the_api_server_answers_it(cores: float, text: str) -> None:
    assert quantity.cpu(cores) == text


def test_a_service_with_api_access_reaches_the_api_server_and_nothing_public() -> None:
    rule = ApiAccess(resources=("pods",), verbs=("list",))

    (found,) = policy(service(api_access=(rule,)))["egress"]

    assert found["ports"] == tcp(443, 6443)
    assert not [each for each in found["to"] if ip_network(each["ipBlock"]["cidr"]).is_global]


def test_who_reads_kubelets_reaches_their_port_on_private_addresses_or_where_nodes_are() -> None:
    spec = service(kubelet_metrics=True)
    on = cluster(args=KubernetesArgs(node_cidrs=("10.0.0.0/20",)))

    (anywhere,), (known,) = policy(spec)["egress"], policy(spec, on=on)["egress"]

    assert anywhere["ports"] == known["ports"] == tcp(10250)
    assert not [each for each in anywhere["to"] if ip_network(each["ipBlock"]["cidr"]).is_global]
    assert known["to"] == [{"ipBlock": {"cidr": "10.0.0.0/20"}}]


def test_a_known_api_server_can_be_named() -> None:
    rule = ApiAccess(resources=("pods",), verbs=("list",))
    on = cluster(args=KubernetesArgs(api_server_cidrs=("10.0.0.7/32",)))

    (found,) = policy(service(api_access=(rule,)), on=on)["egress"]

    assert found["to"] == [{"ipBlock": {"cidr": "10.0.0.7/32"}}]


@pytest.mark.parametrize(
    ("address", "reachable"),
    [
        ("1.1.1.1", True),
        ("104.21.75.227", True),
        ("10.96.0.1", False),
        ("100.64.1.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
    ],
)
def test_a_job_with_internet_reaches_public_addresses_by_https_only(
    *,
    address: str,
    reachable: bool,
) -> None:
    found = objects(service(jobs=(replace(JOB, internet=True),)))
    (rule,) = found["NetworkPolicy", "search-stable-load"].body["spec"]["egress"]
    block = rule["to"][0]["ipBlock"]

    inside = ip_address(address) in ip_network(block["cidr"])
    excepted = any(ip_address(address) in ip_network(cidr) for cidr in block["except"])

    assert rule["ports"] == tcp(443)
    assert (inside and not excepted) == reachable


def test_a_service_with_internet_reaches_public_addresses_by_https_only() -> None:
    policy = only("NetworkPolicy", service(internet=True))

    (rule,) = policy["spec"]["egress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 443}]
    (target,) = rule["to"]
    assert "10.0.0.0/8" in target["ipBlock"]["except"]


def test_the_internet_policy_selects_the_job_and_not_its_server() -> None:
    spec = service(jobs=(replace(JOB, internet=True),))
    found = objects(spec)["NetworkPolicy", "search-stable-load"].body["spec"]
    selector = found["podSelector"]["matchLabels"].items()

    assert selector <= only("Job", spec)["spec"]["template"]["metadata"]["labels"].items()
    assert (
        not selector <= only("Deployment", spec)["spec"]["template"]["metadata"]["labels"].items()
    )


def test_a_job_without_internet_gets_no_policy_beyond_the_namespaces_own() -> None:
    found = objects(service(jobs=(JOB,)))

    assert [name for kind, name in found if kind == "NetworkPolicy"] == ["search-stable"]


def test_a_namespace_denies_everything_but_dns() -> None:
    deny, dns = (each.body["spec"] for each in namespace_policies("ai", "", cluster()))

    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (rule,) = dns["egress"]
    assert rule["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ]
    assert {(port["protocol"], port["port"]) for port in rule["ports"]} == {
        ("UDP", 53),
        ("TCP", 53),
    }


def test_dns_servers_that_are_no_pods_are_named_by_address() -> None:
    on = cluster(args=KubernetesArgs(dns=DnsArgs(cidrs=("169.254.20.10/32",))))

    _, dns = (each.body["spec"] for each in namespace_policies("ai", "", on))

    assert {"ipBlock": {"cidr": "169.254.20.10/32"}} in dns["egress"][0]["to"]


def test_an_address_range_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"api_server_cidrs"):
        KubernetesArgs(api_server_cidrs=("10.0.0.300/32",))
