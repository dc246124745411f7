"""The gateway's configuration as data."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.gateway import Gateway, GatewayArgs
from components.gateway.metrics import DURATION_BUCKETS_MS
from components.ollama import Ollama, OllamaArgs
from components.spec import ServiceSpec
from components.spec.network import Port
from components.triton import Triton, TritonArgs


def described(*, canary: bool = False, **args: Any) -> ServiceSpec:
    """The gateway before Ollama, Triton and FAISS; with ``canary``, Ollama has one."""
    stable = Context()
    second = replace(stable, track="canary")
    peers = (
        Ollama.describe(OllamaArgs(), stable),
        *([Ollama.describe(OllamaArgs(image="ollama/ollama:0.0.1"), second)] if canary else []),
        Triton.describe(TritonArgs(), stable),
        Faiss.describe(FaissArgs(), stable),
    )
    return Gateway.describe(GatewayArgs(**args), replace(stable, peers=peers))


def bootstrap(gateway: ServiceSpec) -> Any:
    return yaml.safe_load(next(f.content for f in gateway.files if f.path.endswith("envoy.yaml")))


def managers(gateway: ServiceSpec) -> dict[str, Any]:
    """The settings of every listener's HTTP connections, by its name."""
    return {
        listener["name"]: listener["filter_chains"][0]["filters"][0]["typed_config"]
        for listener in bootstrap(gateway)["static_resources"]["listeners"]
    }


def test_it_listens_on_the_guides_ports_once_for_all_versions_of_a_service() -> None:
    gateway = described(canary=True)

    assert [port.number for port in gateway.ports if port.published] == [11434, 8000, 5000]
    assert list(managers(gateway)) == ["ollama", "triton", "faiss", "stats"]


def test_it_may_talk_to_exactly_the_services_behind_it() -> None:
    assert [(edge.service, edge.port) for edge in described(canary=True).talks_to] == [
        ("ollama", 11434),
        ("triton", 8000),
        ("faiss", 5000),
    ]


def test_the_alert_thresholds_are_bucket_bounds_below_the_highest_one() -> None:
    buckets = bootstrap(described())["stats_config"]["histogram_bucket_settings"][0]["buckets"]

    assert tuple(buckets) == DURATION_BUCKETS_MS
    assert {5000, 10_000} <= set(DURATION_BUCKETS_MS)
    assert max(DURATION_BUCKETS_MS) == 300_000


def test_the_admin_interface_stays_on_loopback() -> None:
    address = bootstrap(described())["admin"]["address"]["socket_address"]["address"]

    assert address == "127.0.0.1"


def test_the_second_listener_knows_two_paths() -> None:
    (host,) = managers(described())["stats"]["route_config"]["virtual_hosts"]

    assert [route["match"] for route in host["routes"]] == [
        {"path": "/ready"},
        {"path": "/stats/prometheus"},
    ]


def test_every_listener_of_clients_writes_a_log_and_believes_no_header_of_envoys() -> None:
    found = managers(described())
    del found["stats"]

    for manager in found.values():
        (log,) = manager["access_log"]
        assert log["typed_config"]["@type"].endswith("StdoutAccessLog")
        assert manager["use_remote_address"] is True
        assert manager["internal_address_config"]["cidr_ranges"] == []


def test_a_slow_request_is_given_up_and_a_long_answer_is_not() -> None:
    gateway = described()
    manager = managers(gateway)["ollama"]
    (routes,) = (f.content for f in gateway.files if f.path.endswith("ollama.yaml"))
    route = yaml.safe_load(routes)["resources"][0]["virtual_hosts"][0]["routes"][-1]["route"]

    assert manager["request_headers_timeout"] == "10s"
    assert manager["request_timeout"] == "120s"
    assert route["timeout"] == "0s"
    assert route["retry_policy"]["per_try_idle_timeout"] == "300s"


def test_no_log_line_has_room_for_what_clients_say_but_method_and_path() -> None:
    (log,) = managers(described())["ollama"]["access_log"]

    fields = " ".join(log["typed_config"]["log_format"]["json_format"].values())
    from_headers = re.findall(r"%REQ[^%]*%|%PATH[^%]*%|%RESP\(.*?\)%|%QUERY[^%]*%", fields)
    assert from_headers == ["%REQ(:METHOD)%", "%PATH(NQ)%"]


def test_only_route_files_may_change_without_a_restart() -> None:
    assert {file.path: file.live for file in described(canary=True).files} == {
        "/etc/envoy/envoy.yaml": False,
        "/etc/envoy/routes/ollama.yaml": True,
        "/etc/envoy/routes/triton.yaml": True,
        "/etc/envoy/routes/faiss.yaml": True,
    }


def test_every_listener_has_a_file_of_its_own_with_its_own_routes_and_no_others() -> None:
    gateway = described(canary=True)
    contents = {file.path: file.content for file in gateway.files}

    for manager in managers(gateway).values():
        if "rds" in manager:
            source = manager["rds"]["config_source"]["path_config_source"]
            (found,) = yaml.safe_load(contents.pop(source["path"]))["resources"]
            assert found["name"] == manager["rds"]["route_config_name"]
            assert str(Path(source["path"]).parent) == source["watched_directory"]["path"]

    assert list(contents) == ["/etc/envoy/envoy.yaml"]


def test_two_services_on_one_port_are_refused_in_words() -> None:
    ollama = Ollama.describe(OllamaArgs(), Context())
    other = replace(ollama, name="vllm")

    with pytest.raises(ValueError, match=r"services\.vllm: its port 11434 .* belongs to ollama"):
        Gateway.describe(GatewayArgs(), Context(peers=(ollama, other)))


@pytest.mark.parametrize("port", [9901, 9902])
def test_a_service_on_a_port_of_the_gateway_itself_is_refused(port: int) -> None:
    ollama = Ollama.describe(OllamaArgs(), Context())
    moved = replace(ollama, ports=(Port(name="http", number=port),))

    with pytest.raises(ValueError, match=f"services.ollama: its port {port} .* the gateway's"):
        Gateway.describe(GatewayArgs(), Context(peers=(moved,)))


def test_a_limit_for_a_service_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"no service 'vllm' .* there are ollama, triton, faiss"):
        described(max_active_of={"vllm": 3})


@pytest.mark.parametrize("key", ["max_request", "max_connections", "max_active"])
def test_a_limit_of_zero_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        TypeAdapter(GatewayArgs).validate_python({key: 0})


def test_the_drain_command_turns_readiness_off_and_then_waits() -> None:
    gateway = described()
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
def test_a_real_envoy_accepts_the_configuration_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "routes").mkdir()
    for file in described(canary=True).files:
        target = tmp_path / Path(file.path).relative_to("/etc/envoy")
        target.write_text(file.content.replace("/etc/envoy", str(tmp_path)))

    done = subprocess.run(
        [".venv/bin/envoy", "--mode", "validate", "-c", str(tmp_path / "envoy.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "[warning]" not in done.stderr
