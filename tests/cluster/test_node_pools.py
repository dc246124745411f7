"""NodePools are something that Karpenter's own definition knows, its rules in CEL included.

NodeClass has no definition in public: EKS installs its own.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from components.aws.args import PoolArgs
from components.aws.node_pools import node_pool
from tests.cluster.api import ApiError
from tests.cluster.definitions import definition, knowing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.api import Api
    from tests.cluster.control_plane.binaries import Binaries

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

KARPENTER = "sigs.k8s.io/karpenter@v1.14.0"
GPU: dict[str, Any] = {"instance_types": ("g5.2xlarge",), "gpus": 2}
GENERAL: dict[str, Any] = {"families": ("m7i", "m7a"), "cpus": 32, "memory": 128}


@pytest.fixture(scope="module")
def api(programs: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A control plane that knows NodePools."""
    pools = definition(KARPENTER, "pkg/apis/crds/karpenter.sh_nodepools.yaml")
    with knowing(programs, tmp_path_factory.mktemp("pools"), pools) as found:
        yield found


def made(args: dict[str, Any]) -> Body:
    return node_pool("gpu", PoolArgs(**args), {"app.kubernetes.io/part-of": "researchflow-ai"})


@pytest.mark.parametrize(
    "args",
    [
        GPU,
        GENERAL,
        GPU | {"capacity": ("spot", "on-demand"), "reservations": ("cr-0123456789abcdef0",)},
        GPU | {"cpus": 64, "memory": 256, "lifetime_days": 20},
    ],
    ids=["gpu", "general", "reserved", "every-limit"],
)
def test_a_pool_is_taken_as_it_is_and_taken_once(api: Api, args: dict[str, Any]) -> None:
    first = api.apply(made(args))
    again = api.apply(made(args))

    assert first.warnings == ()
    assert first.body["metadata"]["generation"] == again.body["metadata"]["generation"]


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("disruption", {"consolidationPolicy": "WhenBored", "consolidateAfter": "1m"}, "WhenBored"),
        ("template", {"spec": {"requirements": []}}, "nodeClassRef"),
    ],
)
def test_the_definition_refuses_what_is_no_pool(
    api: Api, part: str, value: Any, message: str
) -> None:
    body = copy.deepcopy(made(GPU))
    body["spec"][part] = value

    with pytest.raises(ApiError, match=message):
        api.apply(body)


def test_it_refuses_labels_that_are_karpenters_own(api: Api) -> None:
    """One of the rules that only an API server runs."""
    body = copy.deepcopy(made(GPU))
    body["spec"]["template"]["metadata"]["labels"]["karpenter.sh/nodepool"] = "other"

    with pytest.raises(ApiError, match="restricted"):
        api.apply(body)
