"""KEDA itself takes what it is told without a word, and does what docs/scaling.md says."""

from __future__ import annotations

import base64
import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.api import Api, Ref
from tests.cluster.control_plane.plane import control_plane
from tests.cluster.control_plane.processes import free_ports
from tests.cluster.definitions import NAMESPACE, definition, definitions, teach
from tests.cluster.operators import HERE, certificates, found, running, until_listening
from tests.cluster.test_scaling import KEDA, SLEEPS
from tests.cluster.waiting import until_nothing
from tests.unit.scaling_objects import LOAD, NIGHTS, made, ollama

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.control_plane.binaries import Binaries

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

OPERATOR, WEBHOOKS, ITS_OWN = "keda", "keda-admission-webhooks", "keda"
ENVIRONMENT = {
    "POD_NAMESPACE": ITS_OWN,
    "KEDA_CLUSTER_OBJECT_NAMESPACE": ITS_OWN,
    "WATCH_NAMESPACE": "",
}
SCALINGS: dict[str, dict[str, Any]] = {
    "load": {"load": LOAD},
    "from-zero": {"load": {"per_second": 0.001, "max": 2, "min": 0}},
    "clock": {"schedule": SLEEPS},
    "both": {"load": LOAD, "schedule": NIGHTS},
}


@pytest.fixture(scope="module")
def api(programs: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A control plane with KEDA's operator and its webhook, and no Prometheus to ask."""
    paths = found(OPERATOR, WEBHOOKS)
    folder = tmp_path_factory.mktemp("keda")
    grpc, port = free_ports(2)
    authority = certificates(folder / "certificates", HERE)
    silent = (
        f"--cert-dir={folder / 'certificates'}",
        "--metrics-bind-address=0",
        "--health-probe-bind-address=0",
    )
    metrics = f"--metrics-service-bind-address={HERE}:{grpc}"
    commands = {
        OPERATOR: (paths[OPERATOR], *silent, metrics, "--enable-webhook-patching=false"),
        WEBHOOKS: (paths[WEBHOOKS], *silent, f"--port={port}"),
    }
    with control_plane(programs, folder) as plane, plane.client() as client:
        made = Api(client)
        teach(made, *definitions(KEDA, "config/crd/bases"), namespaces=(NAMESPACE, ITS_OWN))
        with running(plane, folder, commands, **ENVIRONMENT):
            until_listening(port)
            made.apply(webhook(port, authority))
            yield made


def webhook(port: int, authority: trustme.CA) -> Body:
    """KEDA's own configuration; only where the webhook is differs, and that it must answer."""
    body: Body = definition(KEDA, "config/webhooks/validation_webhooks.yaml")
    trusted = base64.b64encode(authority.cert_pem.bytes()).decode()
    for each in body["webhooks"]:
        path = each["clientConfig"]["service"]["path"]
        each["clientConfig"] = {"url": f"https://{HERE}:{port}{path}", "caBundle": trusted}
        each["failurePolicy"] = "Fail"
    return body


def wanted(name: str, **scaling: Any) -> tuple[Body, Body]:
    """A Deployment and its ScaledObject, both called ``name``."""
    manifests = made(ollama(**scaling))
    deployment = copy.deepcopy(manifests["Deployment"].body)
    scaler = copy.deepcopy(manifests["ScaledObject"].body)
    scaler["spec"]["scaleTargetRef"]["name"] = name
    for body in (deployment, scaler):
        body["metadata"] |= {"name": name, "namespace": NAMESPACE}
    return deployment, scaler


def condition(api: Api, ref: Ref, kind: str) -> str:
    conditions = api.get(ref).get("status", {}).get("conditions") or []
    return next((each["status"] for each in conditions if each["type"] == kind), "")


@pytest.mark.parametrize("scaling", SCALINGS)
def test_keda_warns_of_nothing_and_makes_an_autoscaler_of_it(api: Api, scaling: str) -> None:
    deployment, scaler = wanted(scaling, **SCALINGS[scaling])
    ref = Ref.of(scaler)

    api.apply(deployment)
    answer = api.apply(scaler)
    until_nothing(lambda: [] if condition(api, ref, "Ready") == "True" else [f"{ref}: not ready"])
    (made_of_it,) = (
        each["spec"]
        for each in api.list("autoscaling/v2", "HorizontalPodAutoscaler", NAMESPACE)
        if each["spec"]["scaleTargetRef"]["name"] == scaling
    )

    assert answer.warnings == ()
    assert made_of_it["minReplicas"] == max(1, scaler["spec"]["minReplicaCount"])
    assert made_of_it["maxReplicas"] == scaler["spec"]["maxReplicaCount"]
    assert len(made_of_it["metrics"]) == len(scaler["spec"]["triggers"])


def test_a_sleeping_service_is_woken_when_nobody_knows_its_load(api: Api) -> None:
    deployment, scaler = wanted("asleep", load={**LOAD, "min": 0})
    deployment["spec"]["replicas"] = 0
    scaler["spec"]["pollingInterval"] = 1
    ref = Ref.of(deployment)

    api.apply(deployment)
    api.apply(scaler)

    until_nothing(lambda: [] if api.get(ref)["spec"]["replicas"] == 1 else [f"{ref} sleeps"])
