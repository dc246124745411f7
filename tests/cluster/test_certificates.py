"""What is asked of cert-manager is something that its own definitions know."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
import yaml

from components.context import Context
from components.gateway import Gateway, GatewayArgs
from components.gateway.tls import IssuerArgs, TlsArgs
from components.platforms.kubernetes.certificates import certificate
from tests.cluster.api import Api, ApiError, Ref
from tests.cluster.control_plane.plane import control_plane
from tests.cluster.waiting import until_nothing
from tests.unit.kubernetes_objects import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.control_plane.binaries import Binaries

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

CERT_MANAGER = "github.com/cert-manager/cert-manager@v1.19.1"
NAMESPACE = "ai"


@pytest.fixture(scope="module")
def definition() -> Any:
    """The definition of certificates, from cert-manager's own module."""
    command = ["go", "mod", "download", "-json", CERT_MANAGER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{CERT_MANAGER} cannot be had: {done.stderr or done.stdout}")
    folder = Path(json.loads(done.stdout)["Dir"]) / "deploy/crds"
    return yaml.safe_load((folder / "cert-manager.io_certificates.yaml").read_text())


@pytest.fixture(scope="module")
def api(
    definition: Any, programs: Binaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    """A control plane that knows certificates, and a namespace."""
    with (
        control_plane(programs, tmp_path_factory.mktemp("certificates")) as plane,
        plane.client() as client,
    ):
        found = Api(client)
        found.apply(definition)
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        found.apply(namespace)
        until_nothing(lambda: not_established(found, Ref.of(definition)))
        yield found


def not_established(api: Api, ref: Ref) -> list[str]:
    """Nothing once the server knows the kind."""
    conditions = api.get(ref).get("status", {}).get("conditions", [])
    held = [each["type"] for each in conditions if each["status"] == "True"]
    return [] if "Established" in held else [f"{ref} is {held}"]


def wanted(kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer") -> Body:
    """The gateway's certificate."""
    tls = TlsArgs(hosts=("ai.example.com",), issuer=IssuerArgs(name="mine", kind=kind))
    (found,) = certificate(Gateway.describe(GatewayArgs(tls=tls), Context()), cluster())
    return found.body


@pytest.mark.parametrize("kind", ["ClusterIssuer", "Issuer"])
def test_a_certificate_is_taken_as_it_is_and_taken_once(
    api: Api, kind: Literal["ClusterIssuer", "Issuer"]
) -> None:
    made = api.apply(wanted(kind))
    again = api.apply(wanted(kind))

    assert made.warnings == ()
    assert made.body["spec"] == wanted(kind)["spec"]
    assert again.body["metadata"]["resourceVersion"] == made.body["metadata"]["resourceVersion"]


def test_a_word_that_cert_manager_does_not_know_would_be_refused(api: Api) -> None:
    spec = {**wanted()["spec"], "dnsName": "ai.example.com"}

    with pytest.raises(ApiError, match="dnsName"):
        api.apply({**wanted(), "spec": spec})
