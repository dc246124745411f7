"""A real Prometheus, Alertmanager and Pushgateway, and real exporters."""

import contextlib
import os

import httpx
import pytest
import yaml

from components.monitoring.exporters.node import COLLECTORS
from components.monitoring.prometheus import CONFIG
from tests.e2e.harness.metrics import total
from tests.e2e.harness.needs import needs
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import specs
from tests.e2e.harness.waiting import seconds_until

pytestmark = pytest.mark.xdist_group("e2e")

TWO_SCRAPES = 35


def jobs() -> set[str]:
    """The jobs of the configuration that Prometheus reads."""
    (file,) = (file for file in specs()["prometheus"].files if file.path == CONFIG)
    return {job["job_name"] for job in yaml.safe_load(file.content)["scrape_configs"]}


@pytest.fixture(scope="module", autouse=True)
def push(platform: Platform) -> None:
    """Before anything else, so that it is scraped while the other tests wait for scrapes."""
    url = platform["pushgateway"].url(9091, "/metrics/job/nightly")
    with platform.world.entered():
        httpx.put(url, content="rows_total 7\n", trust_env=False)


@needs("prometheus")
def test_prometheus_finds_every_target_of_its_configuration_by_name_and_it_is_up(
    platform: Platform,
) -> None:
    def up() -> set[str]:
        return {found["metric"]["job"] for found in platform.query("up == 1")}

    with contextlib.suppress(TimeoutError):
        seconds_until(lambda: up() == jobs(), within=TWO_SCRAPES)
    targets = platform["prometheus"].get(9090, "/api/v1/targets").json()["data"]["activeTargets"]

    assert [target["lastError"] for target in targets if target["health"] != "up"] == []
    assert up() == jobs()


@needs("prometheus", "alertmanager")
def test_prometheus_finds_its_alertmanager(platform: Platform) -> None:
    answer = platform["prometheus"].get(9090, "/api/v1/alertmanagers").json()

    assert [manager["url"] for manager in answer["data"]["activeAlertmanagers"]] == [
        "http://alertmanager:9093/api/v2/alerts"
    ]


@needs("prometheus", "pushgateway")
def test_what_is_pushed_keeps_the_labels_of_who_pushed_it(platform: Platform) -> None:
    seconds_until(lambda: platform.query('rows_total{job="nightly"}') != [], within=TWO_SCRAPES)


@needs("redis", "redis-exporter")
def test_the_redis_exporter_opens_redis_with_the_password(platform: Platform) -> None:
    metrics = platform["redis-exporter"].metrics()

    assert total(metrics, "redis_up") == 1
    assert total(metrics, "redis_memory_max_bytes") == int(0.75 * 2**30)


@needs("node-exporter")
def test_the_node_exporter_reads_the_machine_and_not_its_container(platform: Platform) -> None:
    metrics = platform["node-exporter"].metrics()
    root = os.statvfs("/")

    assert total(metrics, "node_filesystem_size_bytes", mountpoint="/") == (
        root.f_blocks * root.f_frsize
    )
    for collector in COLLECTORS:
        assert total(metrics, "node_scrape_collector_success", collector=collector) == 1, collector


def test_the_ollama_exporter_asks_ollama_by_its_name(platform: Platform) -> None:
    metrics = platform["ollama-exporter"].metrics()

    assert total(metrics, "ollama_up") == 1
