"""What the Prometheus spec promises."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from components.context import Context
from components.monitoring.alertmanager import Alertmanager, AlertmanagerArgs
from components.monitoring.exporters import RedisExporter, RedisExporterArgs
from components.monitoring.prometheus import (
    CONFIG,
    RULES,
    Prometheus,
    PrometheusArgs,
    RemoteWriteArgs,
)
from components.redis import Redis, RedisArgs
from components.spec import ApiAccess, ServiceSpec
from components.spec.network import Edge
from components.thresholds import GUIDE
from settings import parse
from tests.conftest import platform

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


def content(path: str, args: PrometheusArgs | None = None) -> Any:
    (file,) = (file for file in spec_of(args, Context(peers=PEERS)).files if file.path == path)
    return yaml.safe_load(file.content)


def test_it_reads_its_rules() -> None:
    assert content(CONFIG)["rule_files"] == [RULES]
    assert content(RULES)["groups"]


def test_the_thresholds_in_force_are_plain_inputs_of_the_component() -> None:
    alerts = spec_of(context=Context(peers=PEERS)).facts["alerts"]

    assert alerts["RedisDown"] == {"threshold": 1, "forSeconds": 60}
    assert "GpuHot" not in alerts, "no GPU is watched here"


STORE = RemoteWriteArgs(url="https://metrics.example.com/api/v1/push")


def test_samples_go_nowhere_else_unless_a_store_is_named() -> None:
    assert "remote_write" not in content(CONFIG)
    assert spec_of().secret_files == ()
    assert not spec_of().internet


def test_a_remote_store_gets_every_sample_with_a_token_from_a_secret_file() -> None:
    args = PrometheusArgs(remote_write=STORE)
    spec = spec_of(args)

    (written,) = content(CONFIG, args)["remote_write"]
    (secret,) = spec.secret_files
    assert written["url"] == STORE.url
    assert written["authorization"] == {"credentials_file": secret.path}
    assert secret.template == "${remoteWriteToken}"
    assert spec.internet


def test_a_remote_store_may_take_a_user_and_a_password() -> None:
    args = PrometheusArgs(remote_write=RemoteWriteArgs(url=STORE.url, user="123456"))

    (written,) = content(CONFIG, args)["remote_write"]
    assert written["basic_auth"]["username"] == "123456"
    assert "authorization" not in written


def test_a_store_that_falls_behind_is_an_alert() -> None:
    assert "RemoteWriteBehind" in spec_of(PrometheusArgs(remote_write=STORE)).facts["alerts"]
    assert "RemoteWriteBehind" not in spec_of().facts["alerts"]


@pytest.mark.parametrize(
    "url", ["http://metrics.example.com/push", "https://metrics.example.com:9090/push", "metrics"]
)
def test_samples_leave_by_https_only(url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        RemoteWriteArgs(url=url)


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool on PATH (Debian: prometheus)"
)
def test_promtool_accepts_its_rules_in_every_stack(tmp_path: Path) -> None:
    for stack in ("local", "staging", "production"):
        (spec,) = (
            entry.spec
            for entry in parse(platform(stack), "Pulumi.test.yaml").entries
            if entry.spec.name == "prometheus"
        )
        (rules,) = (file.content for file in spec.files if file.path == RULES)
        (tmp_path / f"{stack}.yml").write_text(rules)

        checked = subprocess.run(
            ["promtool", "check", "rules", tmp_path / f"{stack}.yml"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert set(GUIDE) <= spec.facts["alerts"].keys()
