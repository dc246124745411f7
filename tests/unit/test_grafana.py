"""What the Grafana spec promises."""

import json

import pytest
import yaml
from pydantic import ValidationError

from alerts.runbooks import BOARDS
from components.context import Context
from components.monitoring import boards
from components.monitoring.grafana import DATASOURCE, Grafana, GrafanaArgs
from components.spec import ServiceSpec
from components.spec.network import Edge


def spec_of(args: GrafanaArgs | None = None) -> ServiceSpec:
    return Grafana.describe(args or GrafanaArgs(), Context())


def content(path: str) -> str:
    (file,) = (file for file in spec_of().files if file.path == path)
    return file.content


def test_it_answers_on_the_guides_port() -> None:
    assert spec_of().port("http").published == 3000
    assert spec_of().edge


def test_the_password_is_in_a_file_and_nowhere_else() -> None:
    spec = spec_of()

    (secret,) = spec.secret_files
    assert secret.template == "${grafanaAdminPassword}"
    assert spec.environment["GF_SECURITY_ADMIN_PASSWORD__FILE"] == secret.path
    assert "GF_SECURITY_ADMIN_PASSWORD" not in spec.environment
    assert not any("assword" in file.content for file in spec.files)


def test_the_administrator_has_the_name_that_the_guide_gives() -> None:
    assert spec_of().environment["GF_SECURITY_ADMIN_USER"] == "admin"


def test_prometheus_is_there_as_the_data_source_that_dashboards_expect() -> None:
    (source,) = yaml.safe_load(content(DATASOURCE))["datasources"]

    assert DATASOURCE.startswith("/etc/grafana/provisioning/datasources/")
    assert source["uid"] == source["type"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    assert source["isDefault"]


def test_every_board_is_a_file_where_grafana_looks_for_boards() -> None:
    (provider,) = yaml.safe_load(content(boards.PROVIDER))["providers"]
    folder = provider["options"]["path"]

    loaded = [json.loads(f.content) for f in spec_of().files if f.path.startswith(f"{folder}/")]

    assert {board["uid"] for board in loaded} == set(BOARDS)
    assert provider["type"] == "file"


def test_boards_are_changed_in_the_repository_and_not_in_grafana() -> None:
    (provider,) = yaml.safe_load(content(boards.PROVIDER))["providers"]

    assert provider["allowUiUpdates"] is False


def test_the_boards_fit_into_one_config_map() -> None:
    folder = [file for file in spec_of().files if file.path.startswith(boards.FOLDER)]

    # JSON text grows where a manifest quotes it again: half of the room is for that.
    assert sum(len(json.dumps(file.content)) for file in folder) < boards.LIMIT / 2


def test_it_may_ask_prometheus_and_nobody_else() -> None:
    assert spec_of().talks_to == (Edge(service="prometheus", port=9090),)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GF_ANALYTICS_REPORTING_ENABLED", "false"),
        ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false"),
        ("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "false"),
        ("GF_PLUGINS_PREINSTALL_DISABLED", "true"),
        ("GF_SECURITY_DISABLE_GRAVATAR", "true"),
    ],
)
def test_it_calls_nobody_outside(variable: str, value: str) -> None:
    assert spec_of().environment[variable] == value


@pytest.mark.parametrize("url", ["prometheus:9090", "http://user:pass@prometheus:9090", "http://"])
def test_a_url_is_complete_and_holds_no_password(url: str) -> None:
    with pytest.raises(ValidationError, match="prometheus_url") as refusal:
        GrafanaArgs(prometheus_url=url)

    assert "user:pass" not in str(refusal.value)
