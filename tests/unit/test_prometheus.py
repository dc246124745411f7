"""What the Prometheus spec promises."""

import pytest
from pydantic import ValidationError

from components.context import Context
from components.monitoring.alertmanager import Alertmanager, AlertmanagerArgs
from components.monitoring.exporters import RedisExporter, RedisExporterArgs
from components.monitoring.prometheus import Prometheus, PrometheusArgs
from components.redis import Redis, RedisArgs
from components.spec import ApiAccess, Edge, ServiceSpec

PEERS = (
    Redis.describe(RedisArgs(), Context()),
    RedisExporter.describe(RedisExporterArgs(), Context()),
    Alertmanager.describe(AlertmanagerArgs(), Context()),
)


def spec_of(args: PrometheusArgs | None = None, context: Context | None = None) -> ServiceSpec:
    return Prometheus.describe(args or PrometheusArgs(), context or Context())


def test_it_answers_on_the_guides_port() -> None:
    assert spec_of().port("http").published == 9090
    assert spec_of().edge


def test_samples_are_kept_for_the_guides_thirty_days() -> None:
    assert "--storage.tsdb.retention.time=30d" in spec_of().args
    assert "--storage.tsdb.retention.time=60d" in spec_of(PrometheusArgs(retention="60d")).args


def test_the_oldest_samples_go_before_the_volume_is_full() -> None:
    spec = spec_of(PrometheusArgs(volume=10))

    assert [volume.size for volume in spec.volumes] == [10]
    assert "--storage.tsdb.retention.size=8192MB" in spec.args


@pytest.mark.parametrize("retention", ["30", "1y", "0d", "30d --web.enable-admin-api"])
def test_retention_is_a_number_of_days(retention: str) -> None:
    with pytest.raises(ValidationError, match="retention"):
        PrometheusArgs(retention=retention)


def test_it_may_open_connections_to_what_it_scrapes_and_to_alertmanager_only() -> None:
    spec = spec_of(context=Context(peers=PEERS))

    assert spec.talks_to == (
        Edge(service="alertmanager", port=9093),
        Edge(service="redis-exporter", port=9121),
    )


def test_only_on_kubernetes_it_may_look_at_pods_and_never_change_them() -> None:
    assert spec_of().api_access == ()
    assert spec_of(context=Context(kubernetes=True)).api_access == (
        ApiAccess(resources=("pods",), verbs=("get", "list", "watch")),
    )


def test_nobody_reconfigures_it_or_deletes_series_over_http() -> None:
    assert not any(flag.startswith("--web.enable") for flag in spec_of().args)


def test_reading_its_log_after_a_crash_may_take_ten_minutes() -> None:
    health = spec_of().health

    assert health.startup == health.ready
    assert health.startup_seconds == 600


def test_its_volume_has_one_writer_at_a_time() -> None:
    assert spec_of().recreate
