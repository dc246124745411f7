"""The gateway's upstream side as data: balancing, health, failover, limits."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.gateway import Gateway, GatewayArgs
from components.ollama import Ollama, OllamaArgs
from components.triton import Triton, TritonArgs


def clusters(*, canary: bool = False, **args: Any) -> dict[str, Any]:
    """The clusters before Ollama, Triton and FAISS by name; with ``canary``, Ollama has one."""
    stable = Context()
    second = replace(stable, track="canary")
    peers = (
        Ollama.describe(OllamaArgs(), stable),
        *([Ollama.describe(OllamaArgs(), second)] if canary else []),
        Triton.describe(TritonArgs(), stable),
        Faiss.describe(FaissArgs(), stable),
    )
    gateway = Gateway.describe(GatewayArgs(**args), replace(stable, peers=peers))
    config = next(f.content for f in gateway.files if f.path.endswith("envoy.yaml"))
    found = {c["name"]: c for c in yaml.safe_load(config)["static_resources"]["clusters"]}
    del found["admin"]
    return found


def addresses(cluster: Any) -> list[tuple[int, str]]:
    """Priority and host of every endpoint."""
    return [
        (group["priority"], entry["endpoint"]["address"]["socket_address"]["address"])
        for group in cluster["load_assignment"]["endpoints"]
        for entry in group["lb_endpoints"]
    ]


def test_clusters_are_named_service_and_track() -> None:
    services, tracks = ("ollama", "triton", "faiss"), ("stable", "canary")

    assert list(clusters()) == [f"{name}_{track}" for name in services for track in tracks]


def test_a_canary_that_comes_or_goes_starts_no_gateway_anew() -> None:
    assert clusters(canary=True) == clusters()


def test_a_canary_falls_back_on_stable_and_stable_on_nobody() -> None:
    found = clusters()

    assert addresses(found["ollama_canary"]) == [(0, "ollama-canary"), (1, "ollama-stable")]
    assert addresses(found["ollama_stable"]) == [(0, "ollama-stable")]


@pytest.mark.parametrize("name", ["ollama_stable", "ollama_canary", "triton_stable"])
def test_no_version_keeps_a_server_that_fails_because_it_has_no_other(name: str) -> None:
    cluster = clusters()[name]

    outliers = cluster["outlier_detection"]
    assert outliers["always_eject_one_host"] is True
    assert outliers["enforcing_consecutive_gateway_failure"] == 100
    assert outliers["max_ejection_percent"] == 100
    assert cluster["common_lb_config"]["healthy_panic_threshold"] == {"value": 0}


def test_only_a_server_that_does_not_say_that_it_stops_goes_when_its_name_does() -> None:
    key = "ignore_health_on_host_removal"
    found = {name for name, cluster in clusters().items() if cluster.get(key)}

    assert found == {"ollama_stable", "ollama_canary"}


def test_the_health_check_asks_what_the_service_says_of_its_readiness() -> None:
    paths = {
        name: cluster["health_checks"][0]["http_health_check"]["path"]
        for name, cluster in clusters().items()
    }

    assert paths == {
        **dict.fromkeys(("ollama_stable", "ollama_canary"), "/api/version"),
        **dict.fromkeys(("triton_stable", "triton_canary"), "/v2/health/ready"),
        **dict.fromkeys(("faiss_stable", "faiss_canary"), "/ready"),
    }


def test_requests_of_unlike_length_go_to_the_server_that_has_the_fewest() -> None:
    policies = {name: cluster["lb_policy"] for name, cluster in clusters().items()}

    assert policies.pop("faiss_stable") == policies.pop("faiss_canary") == "ROUND_ROBIN"
    assert set(policies.values()) == {"LEAST_REQUEST"}


def test_each_service_may_have_a_circuit_breaker_of_its_own() -> None:
    found = clusters(max_active=70, max_active_of={"ollama": 30})

    limits = {name: cluster["circuit_breakers"]["thresholds"][0] for name, cluster in found.items()}
    assert limits["ollama_stable"]["max_requests"] == 30
    assert limits["faiss_stable"]["max_requests"] == 70
    # A version that dies needs another try for each of its requests at once.
    assert limits["ollama_stable"]["max_retries"] == 30


def test_idle_connections_are_closed_before_the_faiss_server_would_close_them() -> None:
    source = Path("services/faiss_server/faiss_server/serving.py").read_text()
    kept = re.search(r"^KEEP_ALIVE_SECONDS = (\d+)$", source, re.MULTILINE)
    (options,) = clusters()["faiss_stable"]["typed_extension_protocol_options"].values()
    closed = options["common_http_protocol_options"]["idle_timeout"]

    assert kept
    assert int(closed.removesuffix("s")) < int(kept[1])
