"""Settings of single services: what each changes in the spec.

That none is without effect is a contract (``tests/contract/setting_effects.yaml``).
"""

from collections.abc import Callable
from typing import Any

import pytest

from components.context import Context, GpuArgs
from components.faiss import Faiss
from components.flags import Flags
from components.monitoring.alertmanager import Alertmanager
from components.monitoring.exporters import (
    DcgmExporter,
    NodeExporter,
    OllamaExporter,
    RedisExporter,
)
from components.monitoring.grafana import Grafana
from components.monitoring.prometheus import Prometheus
from components.monitoring.pushgateway import Pushgateway
from components.service import AIService
from components.spec import ServiceSpec
from components.spec.health import HttpCheck
from components.triton import DynamicBatchingArgs, Triton

Component = type[AIService[Any]]
Reading = Callable[[ServiceSpec], object]

COMPONENTS: tuple[Component, ...] = (
    Triton, Faiss, Prometheus, Alertmanager, Pushgateway, Grafana, NodeExporter, RedisExporter,
    DcgmExporter, OllamaExporter,
)  # fmt: skip
CONTEXT = Context(gpu=GpuArgs())


def described(component: Component, **settings: Any) -> ServiceSpec:
    return component.describe(component.args_type(**settings), CONTEXT)


def variable(name: str) -> Reading:
    return lambda spec: spec.environment[name]


def command_line(spec: ServiceSpec) -> object:
    return spec.args


def volume_size(spec: ServiceSpec) -> object:
    return [volume.size for volume in spec.volumes]


EVERYWHERE: tuple[tuple[str, object, Reading], ...] = (
    ("image", "example:1", lambda spec: spec.image),
    ("cpu", 0.75, lambda spec: spec.resources.cpu),
    ("memory", 20, lambda spec: spec.resources.memory),
)

ROWS: tuple[tuple[Component, dict[str, Any], Reading], ...] = (
    *(
        (component, {setting: value}, reading)
        for component in COMPONENTS
        for setting, value, reading in EVERYWHERE
    ),
    (Triton, {"replicas": 2, "shared_models": True}, lambda spec: spec.replicas),
    (Triton, {"instances": 2}, command_line),
    (Triton, {"dynamic_batching": DynamicBatchingArgs()}, command_line),
    (Triton, {"exit_timeout": 90}, command_line),
    (Triton, {"exit_timeout": 90}, lambda spec: spec.drain.seconds),
    (Triton, {"shared_memory": 2}, lambda spec: spec.scratch),
    (Triton, {"gpus": 1}, lambda spec: spec.resources.gpus),
    (Triton, {"models_volume": 80}, volume_size),
    (Triton, {"shared_models": True}, lambda spec: [v.shared for v in spec.volumes]),
    (Faiss, {"index_type": "Flat"}, variable("FAISS_INDEX_TYPE")),
    (Faiss, {"cache_size": "5GB"}, variable("FAISS_CACHE_SIZE")),
    (Faiss, {"num_workers": 4}, variable("FAISS_NUM_WORKERS")),
    (Faiss, {"data_volume": 200}, volume_size),
    (Prometheus, {"retention": "60d"}, command_line),
    (Prometheus, {"volume": 40}, command_line),
    (Prometheus, {"volume": 40}, volume_size),
    (Alertmanager, {"volume": 2}, volume_size),
    (Grafana, {"admin_user": "ada"}, variable("GF_SECURITY_ADMIN_USER")),
    (Grafana, {"prometheus_url": "http://prometheus:9090/p"}, lambda s: s.files[0].content),
    (Grafana, {"volume": 2}, volume_size),
)


def label(row: tuple[Component, dict[str, Any], Reading]) -> str:
    return f"{row[0].service}.{'+'.join(row[1])}"


@pytest.mark.parametrize(("component", "settings", "reading"), ROWS, ids=map(label, ROWS))
def test_a_setting_changes_what_it_names(
    component: Component, settings: dict[str, Any], reading: Reading
) -> None:
    assert reading(described(component, **settings)) != reading(described(component))


LOGS: tuple[tuple[Component, Reading], ...] = (
    (Triton, command_line),
    (Faiss, variable("LOG_LEVEL")),
    (Flags, command_line),
    (Prometheus, command_line),
    (Alertmanager, command_line),
    (Pushgateway, command_line),
    (Grafana, variable("GF_LOG_LEVEL")),
    (NodeExporter, command_line),
    (RedisExporter, variable("REDIS_EXPORTER_LOG_LEVEL")),
    (DcgmExporter, variable("DCGM_EXPORTER_DEBUG")),
    (OllamaExporter, variable("LOG_LEVEL")),
)


@pytest.mark.parametrize(("component", "reading"), LOGS, ids=[row[0].service for row in LOGS])
def test_the_stacks_log_level_reaches_every_server(component: Component, reading: Reading) -> None:
    args = component.args_type()

    debug = component.describe(args, Context(gpu=GpuArgs(), log_level="debug"))

    assert reading(debug) != reading(component.describe(args, CONTEXT))


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.service)
def test_every_port_that_is_scraped_or_checked_is_one_that_the_service_has(
    component: Component,
) -> None:
    spec = described(component)

    checks = (spec.health.ready, spec.health.live, spec.health.startup)
    used = {check.port for check in checks if isinstance(check, HttpCheck)}
    used |= {spec.scrape.port} if spec.scrape else set()
    assert used <= {port.number for port in spec.ports}


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.service)
def test_a_secret_is_named_in_secret_files_and_nowhere_else(component: Component) -> None:
    spec = described(component)

    plain = [
        *spec.args,
        *spec.command,
        *spec.environment.values(),
        # Grafana's own variables are written like ours.
        *(f.content for f in spec.files if not f.path.endswith(".json")),
    ]
    assert not any("${" in text or "assword}" in text for text in plain)
