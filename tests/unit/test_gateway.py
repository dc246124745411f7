"""The gateway's configuration, as data and in a real Envoy."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.gateway import Gateway, GatewayArgs
from components.gateway.names import DURATION_BUCKETS_MS
from components.gateway.routes import route_file
from components.ollama import Ollama, OllamaArgs
from components.spec import ServiceSpec
from components.triton import Triton, TritonArgs


@pytest.fixture
def ollama() -> ServiceSpec:
    return Ollama.describe(OllamaArgs(), Context())


@pytest.fixture
def gateway(ollama: ServiceSpec) -> ServiceSpec:
    return Gateway.describe(GatewayArgs(), Context().knowing(ollama))


def bootstrap(gateway: ServiceSpec) -> Any:
    return yaml.safe_load(next(f.content for f in gateway.files if f.path.endswith("envoy.yaml")))


def test_it_listens_on_the_guides_port_of_every_service_behind_it(gateway: ServiceSpec) -> None:
    assert {port.number for port in gateway.ports if port.published} == {11434}


def test_it_may_talk_to_exactly_the_services_behind_it(gateway: ServiceSpec) -> None:
    assert [(edge.service, edge.port) for edge in gateway.talks_to] == [("ollama", 11434)]


def test_clusters_are_named_service_and_track(gateway: ServiceSpec) -> None:
    names = [cluster["name"] for cluster in bootstrap(gateway)["static_resources"]["clusters"]]

    assert names == ["ollama_stable", "admin"]


def test_idle_connections_are_closed_before_the_faiss_server_would_close_them(
    gateway: ServiceSpec,
) -> None:
    source = Path("services/faiss_server/faiss_server/serving.py").read_text()
    kept = re.search(r"^KEEP_ALIVE_SECONDS = (\d+)$", source, re.MULTILINE)
    cluster = bootstrap(gateway)["static_resources"]["clusters"][0]
    (options,) = cluster["typed_extension_protocol_options"].values()
    closed = options["common_http_protocol_options"]["idle_timeout"]

    assert kept
    assert int(closed.removesuffix("s")) < int(kept[1])


def test_the_alert_thresholds_are_bucket_bounds_below_the_highest_one() -> None:
    assert {5000, 10_000} <= set(DURATION_BUCKETS_MS)
    assert max(DURATION_BUCKETS_MS) == 300_000


def test_the_admin_interface_stays_on_loopback(gateway: ServiceSpec) -> None:
    address = bootstrap(gateway)["admin"]["address"]["socket_address"]["address"]

    assert address == "127.0.0.1"


def test_only_route_files_may_change_without_a_restart(gateway: ServiceSpec) -> None:
    assert {file.path: file.live for file in gateway.files} == {
        "/etc/envoy/envoy.yaml": False,
        "/etc/envoy/routes/ollama.yaml": True,
    }


def test_every_listener_has_a_file_of_its_own_with_its_own_routes_and_no_others() -> None:
    context = Context()
    for spec in (
        Ollama.describe(OllamaArgs(), context),
        Triton.describe(TritonArgs(), context),
        Faiss.describe(FaissArgs(), context),
    ):
        context = context.knowing(spec)
    gateway = Gateway.describe(GatewayArgs(), context)
    contents = {file.path: file.content for file in gateway.files}

    for listener in bootstrap(gateway)["static_resources"]["listeners"]:
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        if "rds" in manager:
            source = manager["rds"]["config_source"]["path_config_source"]
            (found,) = yaml.safe_load(contents.pop(source["path"]))["resources"]
            assert found["name"] == manager["rds"]["route_config_name"]
            assert str(Path(source["path"]).parent) == source["watched_directory"]["path"]

    assert list(contents) == ["/etc/envoy/envoy.yaml"]


def test_the_route_files_version_changes_with_its_routes(ollama: ServiceSpec) -> None:
    one, two = (yaml.safe_load(route_file(s)) for s in (ollama, replace(ollama, track="canary")))

    assert one["version_info"] != two["version_info"]
    assert json.dumps(one["resources"]) != json.dumps(two["resources"])


def test_the_drain_command_turns_readiness_off_and_then_waits(gateway: ServiceSpec) -> None:
    *shell, script = gateway.drain.command
    told, _, waits = script.partition("; ")

    assert shell == ["bash", "-c"]
    # Envoy's admin interface answers HTTP/1.0, or no host, with an error, and stays ready.
    assert "POST /healthcheck/fail HTTP/1.1\\r\\nHost: " in told
    assert waits == f"sleep {gateway.drain.seconds}"


@pytest.mark.skipif(
    shutil.which("envoy", path=".venv/bin") is None,
    reason="no envoy for this machine on the package index",
)
def test_a_real_envoy_accepts_the_configuration(gateway: ServiceSpec, tmp_path: Path) -> None:
    (tmp_path / "routes").mkdir()
    for file in gateway.files:
        target = tmp_path / Path(file.path).relative_to("/etc/envoy")
        target.write_text(file.content.replace("/etc/envoy", str(tmp_path)))

    done = subprocess.run(
        [".venv/bin/envoy", "--mode", "validate", "-c", str(tmp_path / "envoy.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
