"""What the Alertmanager and Pushgateway specs promise."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from components.context import Context
from components.monitoring.alertmanager import Alertmanager, AlertmanagerArgs, config
from components.monitoring.pushgateway import Pushgateway, PushgatewayArgs


def test_alerts_arrive_at_a_receiver_that_notifies_nobody() -> None:
    document = yaml.safe_load(config())

    assert document["route"]["receiver"] == "none"
    assert document["receivers"] == [{"name": "none"}]


def test_one_alertmanager_looks_for_no_others() -> None:
    spec = Alertmanager.describe(AlertmanagerArgs(), Context())

    assert "--cluster.listen-address=" in spec.args
    assert spec.replicas == 1
    assert spec.recreate


def test_silences_outlive_a_restart() -> None:
    spec = Alertmanager.describe(AlertmanagerArgs(), Context())

    (volume,) = spec.volumes
    assert f"--storage.path={volume.path}" in spec.args


@pytest.mark.skipif(
    shutil.which("amtool") is None, reason="no amtool on PATH (Debian: prometheus-alertmanager)"
)
def test_amtool_accepts_the_file(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(config())

    checked = subprocess.run(
        ["amtool", "check-config", path], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_pushed_metrics_are_kept_in_memory_and_nobody_wipes_them_over_http() -> None:
    spec = Pushgateway.describe(PushgatewayArgs(), Context())

    assert spec.volumes == ()
    assert not any("persistence" in flag or "enable" in flag for flag in spec.args)
    assert spec.scrape is not None
    assert spec.scrape.port == spec.port("http").number == 9091
