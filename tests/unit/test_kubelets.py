"""How Prometheus is told to ask kubelets, and that it is not unless somebody says so."""

import re
from typing import Any

import pytest
import yaml

from alerts.mapping import OF_CONTAINERS, OF_VOLUMES
from alerts.model import Alert
from alerts.rules import EVERYTHING, groups
from components.context import Context
from components.monitoring.kubelets import KubeletMetricsArgs, kubelet_jobs
from components.monitoring.prometheus import CONFIG, Prometheus, PrometheusArgs
from components.spec import ServiceSpec
from settings import SettingsError, parse
from tests.conftest import platform
from tests.monitoring.dashboards.queries import asked
from tests.monitoring.promql import selections

HERE = Context(kubernetes=True, namespace="ai", node_namespace="ai-node")
JOBS = kubelet_jobs(KubeletMetricsArgs(), HERE)


def prometheus(args: PrometheusArgs) -> ServiceSpec:
    return Prometheus.describe(args, HERE)


def scraped(spec: ServiceSpec) -> set[str]:
    (file,) = (file for file in spec.files if file.path == CONFIG)
    return {job["job_name"] for job in yaml.safe_load(file.content)["scrape_configs"]}


def keeps(job: dict[str, Any], **labels: str) -> bool:
    """Whether a sample with ``labels`` is kept; Prometheus' expressions match the whole value."""
    return all(
        rule["action"] == "keep" and re.fullmatch(rule["regex"], labels.get(label, ""))
        for rule in job["metric_relabel_configs"]
        for label in rule["source_labels"]
    )


def test_it_reads_no_kubelet_unless_that_is_said() -> None:
    silent, reading = (
        prometheus(PrometheusArgs(kubelet_metrics=args)) for args in (None, KubeletMetricsArgs())
    )

    assert not silent.kubelet_metrics
    assert reading.kubelet_metrics
    assert scraped(reading) - scraped(silent) == {"kubelet", "cadvisor"}
    assert "VolumeSpaceLow" in reading.facts["alerts"]
    assert "VolumeSpaceLow" not in silent.facts["alerts"]


def test_on_one_machine_it_is_refused() -> None:
    tree = platform("local") | {"services": {"prometheus": {"kubelet_metrics": {}}}}

    with pytest.raises(
        SettingsError, match=r"services\.prometheus\.kubelet_metrics needs kubelets"
    ):
        parse(tree, "Pulumi.local.yaml")


def test_kubelets_are_found_by_the_pods_of_the_platform_so_no_node_is_listed() -> None:
    for job in JOBS:
        (discovery,) = job["kubernetes_sd_configs"]
        assert discovery == {"role": "pod", "namespaces": {"own_namespace": True}}


def test_a_kubelet_proves_who_it_is_unless_it_signed_for_itself() -> None:
    trusting = kubelet_jobs(KubeletMetricsArgs(self_signed=True), HERE)

    assert all(set(job["tls_config"]) == {"ca_file"} for job in JOBS)
    assert all(job["tls_config"] == {"insecure_skip_verify": True} for job in trusting)
    assert {job["scheme"] for job in (*JOBS, *trusting)} == {"https"}


def test_of_volumes_only_the_platforms_own_are_kept() -> None:
    volumes, _ = JOBS

    assert all(keeps(volumes, __name__=name, namespace="ai") for name in OF_VOLUMES)
    assert not keeps(volumes, __name__=OF_VOLUMES[0], namespace="ai-too")
    assert not keeps(volumes, __name__="kubelet_running_pods")
    assert not keeps(volumes, __name__="kubelet_volume_stats_inodes", namespace="ai")


def test_of_containers_only_those_are_kept_that_tell_nothing_themselves() -> None:
    _, containers = JOBS

    for container in ("ollama", "triton"):
        for name in OF_CONTAINERS:
            assert keeps(containers, __name__=name, namespace="ai", container=container)
    for container in ("", "POD", "redis", "tls"):
        assert not keeps(containers, __name__=OF_CONTAINERS[0], namespace="ai", container=container)
    assert not keeps(containers, __name__=OF_CONTAINERS[0], namespace="other", container="ollama")


def test_nothing_is_kept_that_no_rule_and_no_panel_reads() -> None:
    rules = [
        rule.condition if isinstance(rule, Alert) else rule.expr
        for group in groups(EVERYTHING)
        for rule in group.rules
    ]
    read = {
        each.name
        for expr in (*rules, *(query.expr for query in asked()))
        for each in selections(expr)
    }

    assert {*OF_VOLUMES, *OF_CONTAINERS} <= read
