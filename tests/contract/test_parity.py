"""What one environment has, the others have; every exception is listed here, with its reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml

from components.endpoints import endpoints
from components.flags import FLAG_FILE
from components.gateway.names import fronted
from components.gateway.routes import route_path
from components.monitoring.prometheus import CONFIG
from components.spec import ServiceSpec
from settings import Stack, parse
from tests.conftest import STACKS, platform

NO_GPU = "the local stack must run on a machine without a GPU, so it has no GPU exporter"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """``item`` is missing in ``lacking``, and why that is right."""

    aspect: str
    item: str
    lacking: frozenset[str]
    reason: str


NO_API = "Docker tells what its containers do only to root's own socket"
NO_KUBELET = "On one machine volumes are folders of its disk, which the node exporter watches."
NO_STRANGERS = "On one machine services speak plainly: nothing leaves Docker's internal network."
DIFFERENCES = (
    *(
        Difference(aspect=aspect, item=item, lacking=frozenset({"local"}), reason=NO_API)
        for aspect, item in (
            ("service", "kube-state-metrics"),
            ("port", "kube-state-metrics metrics 8080"),
            ("port", "kube-state-metrics own 8081"),
            ("scrape job", "kube-state-metrics"),
        )
    ),
    *(
        Difference(aspect="scrape job", item=job, lacking=frozenset({"local"}), reason=NO_KUBELET)
        for job in ("cadvisor", "kubelet")
    ),
    Difference(aspect="scrape job", item="tls", lacking=frozenset({"local"}), reason=NO_STRANGERS),
    Difference(aspect="service", item="dcgm-exporter", lacking=frozenset({"local"}), reason=NO_GPU),
    Difference(
        aspect="port",
        item="dcgm-exporter metrics 9400",
        lacking=frozenset({"local"}),
        reason=NO_GPU,
    ),
    Difference(
        aspect="scrape job", item="dcgm-exporter", lacking=frozenset({"local"}), reason=NO_GPU
    ),
    Difference(
        aspect="secret",
        item="kubeconfig",
        lacking=frozenset({"local"}),
        reason="Docker is reached by the environment's DOCKER_HOST, which is no secret",
    ),
)


def specs(stack: Stack) -> dict[str, ServiceSpec]:
    return {entry.spec.name: entry.spec for entry in stack.entries}


def content(stack: Stack, service: str, path: str) -> Any:
    """A file of a service, read as YAML (of which JSON is a part)."""
    (file,) = (file for file in specs(stack)[service].files if file.path == path)
    return yaml.safe_load(file.content)


def ports(stack: Stack) -> set[str]:
    """Every port that a service listens on."""
    return {
        f"{name} {port.name} {port.number}"
        for name, spec in specs(stack).items()
        for port in spec.ports
    }


def published(stack: Stack) -> set[str]:
    """What the stack's outputs lead to: the guide's ports, at the gateway and beside it."""
    found = endpoints(specs(stack).values(), stack.settings.target)
    return {f"{name} {url.rpartition(':')[2]}" for name, url in found.items()}


def routes(stack: Stack) -> set[str]:
    """The services that the gateway leads to, and the versions of each."""
    return {
        f"{route['name']} {cluster['name']}"
        for spec in fronted(tuple(specs(stack).values()))
        for route in content(stack, "gateway", route_path(spec))["resources"]
        for host in route["virtual_hosts"]
        for entry in host["routes"]
        if "route" in entry
        for cluster in entry["route"]["weighted_clusters"]["clusters"]
    }


def scrape_jobs(stack: Stack) -> set[str]:
    """The services whose metrics Prometheus collects."""
    return {job["job_name"] for job in content(stack, "prometheus", CONFIG)["scrape_configs"]}


ASPECTS: dict[str, Callable[[Stack], set[str]]] = {
    "service": lambda stack: set(specs(stack)),
    "port": ports,
    "published port": published,
    "gateway route": routes,
    "flag": lambda stack: set(content(stack, "flags", FLAG_FILE)["flags"]),
    "scrape job": scrape_jobs,
    "secret": lambda stack: set(stack.secrets),
}


@cache
def parsed(stack: str) -> Stack:
    return parse(platform(stack), f"Pulumi.{stack}.yaml")


def lacking(found: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    """The items that not every environment has, and which environments lack them."""
    everything = set().union(*found.values())
    missing = {
        item: frozenset(name for name, items in found.items() if item not in items)
        for item in everything
    }
    return {item: names for item, names in missing.items() if names}


@pytest.mark.parametrize("aspect", ASPECTS)
def test_the_environments_differ_exactly_as_listed(aspect: str) -> None:
    listed = {each.item: each.lacking for each in DIFFERENCES if each.aspect == aspect}

    found = lacking({stack: ASPECTS[aspect](parsed(stack)) for stack in STACKS})

    assert found == listed


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_environment_has_something_to_compare(aspect: str, stack: str) -> None:
    assert ASPECTS[aspect](parsed(stack))


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: f"{each.aspect}-{each.item}")
def test_a_difference_is_of_a_known_kind_and_has_its_reason(difference: Difference) -> None:
    assert difference.aspect in ASPECTS
    assert len(difference.reason.split()) > 3


def test_no_difference_is_listed_twice() -> None:
    listed = [(each.aspect, each.item) for each in DIFFERENCES]

    assert len(listed) == len(set(listed))


def test_what_only_some_environments_have_is_found_with_those_that_lack_it() -> None:
    found = lacking({"local": {"a", "b"}, "staging": {"a"}, "production": {"a", "b", "c"}})

    assert found == {
        "b": frozenset({"staging"}),
        "c": frozenset({"local", "staging"}),
    }


def test_a_difference_that_a_setting_removes_is_gone() -> None:
    with_gpu = parse(platform("local") | {"gpu": {"gpus": 1}}, "Pulumi.local.yaml")

    found = lacking({"local": set(specs(with_gpu)), "staging": set(specs(parsed("staging")))})

    assert found == {"kube-state-metrics": frozenset({"local"})}


def test_where_logs_are_sent_docker_has_one_port_more_by_which_its_daemon_sends_them() -> None:
    url = {"logs": {"url": "https://logs.example.com/push"}}
    sending = {name: parse(platform(name) | url, f"Pulumi.{name}.yaml") for name in STACKS}

    found = {
        aspect: lacking({name: read(stack) for name, stack in sending.items()})
        for aspect, read in ASPECTS.items()
    }

    for aspect, differences in found.items():
        listed = {each.item: each.lacking for each in DIFFERENCES if each.aspect == aspect}
        syslog = {"log-collector syslog 1514": frozenset({"staging", "production"})}
        assert differences == (listed | syslog if aspect == "port" else listed)
    assert all("logsToken" in stack.secrets for stack in sending.values())


def test_the_published_ports_are_those_of_the_guide() -> None:
    assert published(parsed("local")) == {
        "ollama 11434",
        "triton 8000",
        "faiss 5000",
        "prometheus 9090",
        "grafana 3000",
        "flags 8080",
    }
