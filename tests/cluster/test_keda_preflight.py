"""A real API server says whether it knows ScaledObjects, to whoever may log in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.platforms.kubernetes.refresh import connect
from rf.keda import lacking
from tests.cluster.api import Api
from tests.cluster.control_plane.plane import control_plane
from tests.cluster.definitions import definition, not_served
from tests.cluster.test_scaling import KEDA
from tests.cluster.waiting import until_nothing
from tests.unit.test_keda_preflight import scaling

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.control_plane.binaries import Binaries

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

MAY_LITTLE = "system:kube-proxy"
"""Not allowed to see definitions."""


def test_a_cluster_lacks_keda_until_its_definition_is_there(
    programs: Binaries, tmp_path: Path
) -> None:
    objects = definition(KEDA, "config/crd/bases/keda.sh_scaledobjects.yaml")
    with control_plane(programs, tmp_path) as plane, plane.client() as http:
        client = connect(plane.kubeconfigs[MAY_LITTLE].read_text(), None)
        api = Api(http)

        before = lacking(client, scaling())
        api.apply(objects)
        until_nothing(lambda: not_served(api, objects))
        after = lacking(client, scaling())

    assert before is not None
    assert "it does not serve ScaledObject of keda.sh/v1alpha1" in before
    assert after is None
