"""A real API server says which operators' kinds it knows, to whoever may log in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.platforms.kubernetes.refresh import connect
from rf.operators import lacking
from tests.cluster.api import Api
from tests.cluster.control_plane.plane import control_plane
from tests.cluster.definitions import definition, not_served
from tests.cluster.test_certificates import CERT_MANAGER
from tests.cluster.test_scaling import KEDA
from tests.cluster.waiting import until_nothing
from tests.unit.test_operators_preflight import NO_CERT_MANAGER, NO_KEDA, needing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.control_plane.binaries import Binaries

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

MAY_LITTLE = "system:kube-proxy"
"""Not allowed to see definitions."""


def test_a_cluster_lacks_an_operator_until_its_definition_is_there(
    programs: Binaries, tmp_path: Path
) -> None:
    keda = definition(KEDA, "config/crd/bases/keda.sh_scaledobjects.yaml")
    cert_manager = definition(CERT_MANAGER, "deploy/crds/cert-manager.io_certificates.yaml")
    with control_plane(programs, tmp_path) as plane, plane.client() as http:
        client = connect(plane.kubeconfigs[MAY_LITTLE].read_text(), None)
        api = Api(http)

        neither = lacking(client, needing())
        api.apply(keda)
        until_nothing(lambda: not_served(api, keda))
        one = lacking(client, needing())
        api.apply(cert_manager)
        until_nothing(lambda: not_served(api, cert_manager))
        both = lacking(client, needing())

    assert (neither, one, both) == ((NO_KEDA, NO_CERT_MANAGER), (NO_CERT_MANAGER,), ())
