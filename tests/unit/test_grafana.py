"""What the Grafana spec promises."""

import pytest
import yaml
from pydantic import ValidationError

from components.context import Context
from components.monitoring.grafana import Grafana, GrafanaArgs
from components.spec import Edge, ServiceSpec


def spec_of(args: GrafanaArgs | None = None) -> ServiceSpec:
    return Grafana.describe(args or GrafanaArgs(), Context())


def test_it_answers_on_the_guides_port() -> None:
    assert spec_of().port("http").published == 3000
    assert spec_of().edge


def test_the_password_is_in_a_file_and_nowhere_else() -> None:
    spec = spec_of()

    (secret,) = spec.secret_files
    assert secret.template == "${grafanaAdminPassword}"
    assert spec.environment["GF_SECURITY_ADMIN_PASSWORD__FILE"] == secret.path
    assert "GF_SECURITY_ADMIN_PASSWORD" not in spec.environment
    assert not any("${" in file.content for file in spec.files)


def test_the_administrator_has_the_name_that_the_guide_gives() -> None:
    assert spec_of().environment["GF_SECURITY_ADMIN_USER"] == "admin"


def test_prometheus_is_there_as_the_data_source_that_dashboards_expect() -> None:
    (file,) = spec_of().files
    (source,) = yaml.safe_load(file.content)["datasources"]

    assert file.path.startswith("/etc/grafana/provisioning/datasources/")
    assert source["uid"] == source["type"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    assert source["isDefault"]


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
