"""Live files are written by two, and reach pods without a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kubernetes.client import CoreV1Api

from components.platforms.kubernetes.files import PATCH_FIELD_MANAGER, WEIGHTS_MANAGER
from components.platforms.kubernetes.refresh import ANNOTATION, connect, refresh
from tests.cluster.api import CONFLICT, ApiError, Ref

if TYPE_CHECKING:
    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.platform import Platform

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

FLAGS = "flags-etc-flagd-flags"


def live_file(platform: Platform) -> Body:
    """The flag file as the plan has it."""
    (found,) = (body for body in platform.objects if body["metadata"]["name"] == FLAGS)
    return found


def test_what_the_controller_wrote_the_next_deployment_writes_again(platform: Platform) -> None:
    deployed = live_file(platform)
    described = deployed["metadata"]

    CoreV1Api(connect(platform.kubeconfig, None)).patch_namespaced_config_map(
        FLAGS,
        described["namespace"],
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": FLAGS},
            "data": {"flags.json": "{}"},
        },
        field_manager=WEIGHTS_MANAGER,
        _content_type="application/apply-patch+yaml",
    )
    assert platform.api.get(Ref.of(deployed))["data"] == {"flags.json": "{}"}

    platform.api.apply(deployed)
    assert platform.api.get(Ref.of(deployed))["data"] == deployed["data"]


def test_under_another_name_it_would_be_a_conflict(platform: Platform) -> None:
    deployed = live_file(platform)
    described = {
        **deployed["metadata"],
        "annotations": {PATCH_FIELD_MANAGER: "somebody-else"},
    }
    changed = {**deployed, "metadata": described, "data": {"flags.json": "{}"}}

    with pytest.raises(ApiError) as error:
        platform.api.apply(changed)

    assert error.value.status == CONFLICT
    assert WEIGHTS_MANAGER in str(error.value)


def test_a_refresh_touches_every_pod_and_restarts_none(platform: Platform) -> None:
    before = {pod["metadata"]["uid"] for pod in platform.pods_of("gateway")}

    count = refresh(connect(platform.kubeconfig, None), platform.namespaces[0], "gateway", "1")

    after = platform.pods_of("gateway")
    assert count == len(after) > 0
    assert {pod["metadata"]["uid"] for pod in after} == before
    assert {pod["metadata"]["annotations"][ANNOTATION] for pod in after} == {"1"}
