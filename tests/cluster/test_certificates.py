"""What is asked of cert-manager is something that its own definitions know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
import yaml

from components.context import Context
from components.gateway import Gateway, GatewayArgs
from components.gateway.tls import TlsArgs
from components.internal_tls.args import IssuerArgs
from components.platforms.kubernetes.certificates import certificates
from tests.cluster.api import ApiError
from tests.cluster.definitions import definition, knowing
from tests.unit.kubernetes_objects import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.api import Api
    from tests.cluster.control_plane.binaries import Binaries

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

CERT_MANAGER = "github.com/cert-manager/cert-manager@v1.21.2"


@pytest.fixture(scope="module")
def api(programs: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A control plane that knows certificates, and a namespace."""
    known = [
        definition(CERT_MANAGER, f"deploy/crds/cert-manager.io_{kind}.yaml")
        for kind in ("certificates", "clusterissuers")
    ]
    with knowing(programs, tmp_path_factory.mktemp("certificates"), *known) as found:
        yield found


def wanted(kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer") -> Body:
    """The gateway's certificate."""
    tls = TlsArgs(hosts=("ai.example.com",), issuer=IssuerArgs(name="mine", kind=kind))
    (found,) = certificates(Gateway.describe(GatewayArgs(tls=tls), Context()), cluster())
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


def test_the_authority_of_the_guide_is_taken_as_it_is(api: Api) -> None:
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cert-manager"}})

    for body in yaml.safe_load_all(Path("deploy/internal-authority.yaml").read_text()):
        made = api.apply(body)

        assert made.warnings == ()
        assert made.body["spec"] == body["spec"]
