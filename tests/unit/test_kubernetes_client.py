"""The client of a cluster's API: it gives up, and says in words why there is no answer."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING

import pytest
import yaml
from kubernetes.client import ApiClient, CoreV1Api
from urllib3.exceptions import HTTPError

from components.platforms.kubernetes import client as module
from components.platforms.kubernetes.client import NoCredentialsError, client, why
from rf.rollout.effects import EffectError
from rf.rollout.effects.cluster import ClusterGateways
from rf.rollout.store import StoreError
from rf.rollout.store.cluster import ClusterStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a-token-of-a-person"
EXEC = "client.authentication.k8s.io/v1"


def kubeconfig(port: int, user: dict[str, object]) -> str:
    server = {"server": f"http://127.0.0.1:{port}"}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": server}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@pytest.fixture
def closed() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def reaching(port: int) -> ApiClient:
    return client(kubeconfig(port, {"token": TOKEN}), None)


def test_a_cluster_that_never_answers_is_given_up(
    silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    core = CoreV1Api(reaching(silent))

    began = time.monotonic()
    with pytest.raises(HTTPError):
        core.patch_namespaced_config_map("routes", "ai", {})

    assert time.monotonic() - began < 10


def test_a_caller_may_be_more_patient(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.01)
    core = CoreV1Api(reaching(silent))

    began = time.monotonic()
    with pytest.raises(HTTPError):
        core.patch_namespaced_config_map("routes", "ai", {}, _request_timeout=0.5)

    assert time.monotonic() - began >= 0.5


def test_records_on_a_cluster_that_is_not_there_are_a_line_without_a_secret(closed: int) -> None:
    store = ClusterStore(reaching(closed), "ai")

    with pytest.raises(StoreError) as raised:
        store.read("staging/lease")

    said = str(raised.value)
    assert said.startswith("ConfigMaps of the namespace ai cannot be read: Failed to establish")
    assert said.endswith("Connection refused")
    assert TOKEN not in said


def test_so_are_its_gateways(closed: int) -> None:
    gateways = ClusterGateways(reaching(closed), "ai", "gateway", port=9902, path="/stats")

    with pytest.raises(EffectError, match=r"^the cluster's API gives no answer: Failed to estab"):
        gateways.scrape()


def test_an_error_of_one_line_is_left_as_it_is() -> None:
    assert why(HTTPError("broken\nand more")) == "broken"
    assert why(HTTPError()) == "HTTPError"


def asking(folder: Path, script: str) -> dict[str, object]:
    """A user whose credentials ``script`` prints."""
    command = folder / "get-token"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o700)
    return {"exec": {"apiVersion": EXEC, "command": str(command), "interactiveMode": "Never"}}


@pytest.mark.parametrize("script", ["exit 1", "echo '{}'"])
def test_nobody_goes_on_without_the_credentials_that_a_command_should_give(
    tmp_path: Path, script: str
) -> None:
    with pytest.raises(NoCredentialsError):
        client(kubeconfig(1, asking(tmp_path, script)), None)


def test_the_token_that_a_command_gives_is_used(tmp_path: Path) -> None:
    given = {"apiVersion": EXEC, "kind": "ExecCredential", "status": {"token": TOKEN}}

    found = client(kubeconfig(1, asking(tmp_path, f"echo '{json.dumps(given)}'")), None)

    assert TOKEN in str(found.configuration.api_key)
