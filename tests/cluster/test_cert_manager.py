"""cert-manager itself makes of our certificates what gateways, sidecars and callers mount."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import DNSName, SubjectAlternativeName, load_pem_x509_certificate

from components.platforms.kubernetes.certificates import certificates
from tests.cluster.api import Api, Ref
from tests.cluster.control_plane.credentials import ADMIN
from tests.cluster.control_plane.plane import control_plane
from tests.cluster.definitions import NAMESPACE, definitions, teach
from tests.cluster.operators import found, running
from tests.cluster.test_certificates import CERT_MANAGER
from tests.cluster.waiting import until_nothing
from tests.unit.health_objects import specs
from tests.unit.kubernetes_objects import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.control_plane.binaries import Binaries

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

CONTROLLER, ITS_OWN = "cert-manager-controller", "cert-manager"
RENEW = {"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": "renew"}
"""What ``cmctl renew`` says."""


@pytest.fixture(scope="module")
def api(programs: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A control plane with cert-manager, the authority of the guide and staging's certificates."""
    paths = found(CONTROLLER)
    folder = tmp_path_factory.mktemp("cert-manager")
    with control_plane(programs, folder) as plane, plane.client() as client:
        made = Api(client)
        teach(made, *definitions(CERT_MANAGER, "deploy/crds"), namespaces=(NAMESPACE, ITS_OWN))
        command = (
            paths[CONTROLLER],
            f"--kubeconfig={plane.kubeconfigs[ADMIN]}",
            f"--cluster-resource-namespace={ITS_OWN}",
            "--leader-elect=false",
            "--metrics-listen-address=127.0.0.1:0",
            "--internal-healthz-listen-address=127.0.0.1:0",
        )
        with running(plane, folder, {CONTROLLER: command}):
            for body in yaml.safe_load_all(Path("deploy/internal-authority.yaml").read_text()):
                made.apply(body)
            for body in wanted():
                made.apply(body)
            yield made


def wanted() -> tuple[Body, ...]:
    """Every certificate of staging, in the tests' namespace."""
    return tuple(each.body for spec in specs("staging") for each in certificates(spec, cluster()))


def secret(api: Api, body: Body) -> Mapping[str, bytes]:
    """What pods mount, once cert-manager has brought it up to date."""
    ref = Ref.of(body)

    def problems() -> list[str]:
        conditions = api.get(ref).get("status", {}).get("conditions", [])
        held = {each["type"]: each["status"] for each in conditions}
        ready = held.get("Ready") == "True" and held.get("Issuing") != "True"
        return [] if ready else [f"{ref}: {held}"]

    until_nothing(problems)
    name = body["spec"]["secretName"]
    found = api.get(Ref(api_version="v1", kind="Secret", name=name, namespace=ref.namespace))
    assert found["type"] == "kubernetes.io/tls"
    return {key: base64.b64decode(value) for key, value in found["data"].items()}


def vouched_names(files: Mapping[str, bytes]) -> list[str]:
    """The names on a certificate that fits its key and that its authority has signed."""
    leaf, authority = (load_pem_x509_certificate(files[name]) for name in ("tls.crt", "ca.crt"))
    leaf.verify_directly_issued_by(authority)
    assert load_pem_private_key(files["tls.key"], None).public_key() == leaf.public_key()
    names = leaf.extensions.get_extension_for_class(SubjectAlternativeName).value
    return names.get_values_for_type(DNSName)


def test_each_service_gets_its_names_its_key_and_the_authority(api: Api) -> None:
    for body in wanted():
        assert vouched_names(secret(api, body)) == body["spec"]["dnsNames"]


def test_a_renewal_brings_another_key_and_leaves_the_authority(api: Api) -> None:
    body = wanted()[0]
    name, old = body["metadata"]["name"], secret(api, body)

    path = f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}/certificates/{name}/status"
    conditions = api.get(Ref.of(body))["status"]["conditions"]
    answer = api.client.patch(
        path,
        json={"status": {"conditions": [*conditions, RENEW]}},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    until_nothing(
        lambda: ["no other key"] if secret(api, body)["tls.key"] == old["tls.key"] else []
    )
    renewed = secret(api, body)

    assert answer.is_success
    assert vouched_names(renewed) == body["spec"]["dnsNames"]
    assert renewed["ca.crt"] == old["ca.crt"]
