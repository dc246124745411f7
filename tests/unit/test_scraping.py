"""What Prometheus is told to scrape."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.context import Context
from components.gateway.metrics import relabelling
from components.monitoring.alertmanager import Alertmanager, AlertmanagerArgs
from components.monitoring.scraping import config
from components.spec import ServiceSpec
from components.spec.health import Health, NoCheck
from components.spec.network import Port, Scrape
from components.spec.runs import Resources


def service(name: str, **more: Any) -> ServiceSpec:
    """A service with metrics on port 9000 that is otherwise of no interest."""
    facts: dict[str, Any] = {
        "name": name,
        "category": "monitoring",
        "image": "example:1",
        "user": 1,
        "group": 1,
        "ports": (Port(name="metrics", number=9000),),
        "health": Health(ready=NoCheck(reason="it is made up")),
        "resources": Resources(cpu=0.1, memory=0.1),
        "scrape": Scrape(port=9000),
    }
    return ServiceSpec(**(facts | more))


def parsed(*peers: ServiceSpec, kubernetes: bool = False) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(
        config(Context(peers=peers, kubernetes=kubernetes, node_namespace="ai-node"))
    )
    return loaded


def job(name: str, *peers: ServiceSpec, kubernetes: bool = False) -> dict[str, Any]:
    (found,) = (
        job
        for job in parsed(*peers, kubernetes=kubernetes)["scrape_configs"]
        if job["job_name"] == name
    )
    return dict(found)


def rule(found: Mapping[str, Any], source: str) -> dict[str, Any]:
    """What a job does with one fact about a pod."""
    labels = [f"__meta_kubernetes_pod_{source}"]
    (match,) = (r for r in found["relabel_configs"] if r["source_labels"] == labels)
    return {key: value for key, value in match.items() if key != "source_labels"}


TRACKED = (service("triton", track="stable"), service("triton", track="canary"))
AGENT = service("node-exporter", per_node=True, privileged_reason="it is made up")


def test_every_service_with_metrics_has_one_job_and_no_other_has() -> None:
    names = [
        job["job_name"]
        for job in parsed(service("b"), service("a"), service("mute", scrape=None))[
            "scrape_configs"
        ]
    ]

    assert names == ["prometheus", "a", "b"]


def test_it_scrapes_itself_without_discovery() -> None:
    assert job("prometheus")["static_configs"] == [{"targets": ["localhost:9090"]}]


def test_a_job_asks_the_path_that_the_service_has() -> None:
    gateway = service("gateway", scrape=Scrape(port=9902, path="/stats/prometheus"))

    assert job("gateway", gateway)["metrics_path"] == "/stats/prometheus"


def test_on_docker_all_addresses_behind_a_name_are_targets() -> None:
    (discovery,) = job("redis", service("redis"))["dns_sd_configs"]

    assert discovery["names"] == ["redis"]
    assert discovery["type"] == "A"
    assert discovery["port"] == 9000


def test_the_tracks_of_a_service_share_its_job_and_are_told_apart_by_a_label() -> None:
    found = job("triton", *TRACKED)

    assert found["dns_sd_configs"][0]["names"] == ["triton-stable", "triton-canary"]
    assert found["relabel_configs"] == [
        {"source_labels": ["__meta_dns_name"], "regex": "triton-(.+)", "target_label": "track"}
    ]


def test_on_kubernetes_a_job_keeps_the_pods_of_its_service_and_the_port_with_metrics() -> None:
    found = job("triton", *TRACKED, kubernetes=True)

    assert rule(found, "label_app_kubernetes_io_name") == {"regex": "triton", "action": "keep"}
    assert rule(found, "container_port_number") == {"regex": "9000", "action": "keep"}
    assert rule(found, "label_researchflow_ai_track") == {"target_label": "track"}


def test_an_evicted_pod_is_not_down_for_ever() -> None:
    found = job("redis", service("redis"), kubernetes=True)

    assert rule(found, "phase") == {"regex": "Succeeded|Failed", "action": "drop"}


def test_a_copy_on_every_node_is_told_apart_by_its_node_and_any_other_by_its_pod() -> None:
    assert rule(job("node-exporter", AGENT, kubernetes=True), "node_name") == {
        "target_label": "node"
    }
    assert rule(job("redis", service("redis"), kubernetes=True), "name") == {"target_label": "pod"}


def test_all_jobs_discover_alike_so_the_pods_are_watched_only_once() -> None:
    found = [
        job["kubernetes_sd_configs"]
        for job in parsed(service("a"), AGENT, kubernetes=True)["scrape_configs"][1:]
    ]

    assert found[0] == found[1]


def test_only_the_platforms_own_namespaces_are_watched() -> None:
    def namespaces(*peers: ServiceSpec) -> object:
        return job("a", *peers, kubernetes=True)["kubernetes_sd_configs"][0]["namespaces"]

    assert namespaces(service("a")) == {"own_namespace": True}
    assert namespaces(service("a"), AGENT) == {"own_namespace": True, "names": ["ai-node"]}


def test_pushed_metrics_keep_the_labels_of_whoever_pushed_them() -> None:
    assert job("pushgateway", service("pushgateway"))["honor_labels"]
    assert "honor_labels" not in job("redis", service("redis"))


def test_what_is_said_of_a_pod_keeps_that_pods_name() -> None:
    found = job("kube-state-metrics", service("kube-state-metrics"), kubernetes=True)

    assert found["honor_labels"]


def test_only_the_gateways_metrics_are_renamed() -> None:
    assert job("gateway", service("gateway"))["metric_relabel_configs"] == relabelling()
    assert "metric_relabel_configs" not in job("redis", service("redis"))


def test_alerts_go_to_alertmanager_where_there_is_one() -> None:
    manager = Alertmanager.describe(AlertmanagerArgs(), Context())

    assert parsed(manager)["alerting"] == {
        "alertmanagers": [{"static_configs": [{"targets": ["alertmanager:9093"]}]}]
    }
    assert "alerting" not in parsed(service("a"))


def test_every_sample_says_its_environment_to_whoever_collects_from_several() -> None:
    text = config(Context(environment="staging"))

    assert yaml.safe_load(text)["global"]["external_labels"] == {"environment": "staging"}


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool on PATH (Debian: prometheus)"
)
@pytest.mark.parametrize("kubernetes", [False, True])
def test_promtool_accepts_the_file(tmp_path: Path, *, kubernetes: bool) -> None:
    manager = Alertmanager.describe(AlertmanagerArgs(), Context())
    peers = (*TRACKED, AGENT, service("pushgateway"), manager)
    path = tmp_path / "prometheus.yml"
    path.write_text(config(Context(peers=peers, kubernetes=kubernetes, node_namespace="ai-node")))

    checked = subprocess.run(
        ["promtool", "check", "config", path], capture_output=True, text=True, check=False
    )

    if "field kubernetes_sd_configs not found" in checked.stderr:
        pytest.skip("this promtool is built without Kubernetes discovery, as Debian's is")
    assert checked.returncode == 0, checked.stdout + checked.stderr
