"""What KEDA is told is something that its own definition knows, and replicas are left to it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.api import CONFLICT, ApiError, Ref
from tests.cluster.definitions import NAMESPACE, definition, knowing
from tests.unit.scaling_objects import LOAD, NIGHTS, made, ollama

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.api import Api
    from tests.cluster.control_plane.binaries import Binaries

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

KEDA = "github.com/kedacore/keda/v2@v2.21.0"
OVERRIDE = {"replicas": 3, "until": "2027-01-01", "reason": "incident 7"}
SLEEPS = {**NIGHTS, "outside": 0, "allow_zero": True}


@pytest.fixture(scope="module")
def api(programs: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A control plane that knows ScaledObjects, and a namespace."""
    objects = definition(KEDA, "config/crd/bases/keda.sh_scaledobjects.yaml")
    with knowing(programs, tmp_path_factory.mktemp("scaling"), objects) as found:
        yield found


def wanted(kind: str, **scaling: Any) -> Body:
    body = copy.deepcopy(made(ollama(**scaling))[kind].body)
    body["metadata"]["namespace"] = NAMESPACE
    return body


@pytest.mark.parametrize(
    "scaling",
    [
        {"load": LOAD},
        {"load": {"per_second": 2.5, "max": 2, "min": 0}},
        {"schedule": SLEEPS},
        {"load": LOAD, "schedule": NIGHTS, "override": OVERRIDE},
    ],
    ids=["load", "from-zero", "clock", "everything"],
)
def test_a_scaled_object_is_taken_as_it_is_and_taken_once(
    api: Api, scaling: dict[str, Any]
) -> None:
    body = wanted("ScaledObject", **scaling)

    first = api.apply(body)
    again = api.apply(body)

    assert first.warnings == ()
    assert first.body["spec"] == body["spec"]
    assert again.body["metadata"]["resourceVersion"] == first.body["metadata"]["resourceVersion"]


def test_a_word_that_keda_does_not_know_would_be_refused(api: Api) -> None:
    body = wanted("ScaledObject", load=LOAD)
    body["spec"]["minReplicas"] = 1

    with pytest.raises(ApiError, match="minReplicas"):
        api.apply(body)


def replicas(api: Api, ref: Ref) -> int:
    found: int = api.get(ref)["spec"]["replicas"]
    return found


def test_a_number_that_a_scaler_has_set_stays_where_ours_is_left_out(api: Api) -> None:
    body = wanted("Deployment", load=LOAD)
    without = copy.deepcopy(body)
    del without["spec"]["replicas"]
    ref = Ref.of(body)
    api.apply(body)

    api.patch(ref, {"spec": {"replicas": 5}})
    api.apply(without)
    kept = replicas(api, ref)
    with pytest.raises(ApiError) as raised:
        api.apply(body)
    # How scaling is switched off: an override holds the number that is then set again.
    api.patch(ref, {"spec": {"replicas": body["spec"]["replicas"]}})
    api.apply(body)

    assert kept == 5
    assert raised.value.status == CONFLICT
    assert replicas(api, ref) == 1


def test_left_out_before_any_scaler_has_set_it_the_number_would_fall_to_one(api: Api) -> None:
    body = wanted("Deployment", load=LOAD)
    body["metadata"]["name"] = "other"
    body["spec"]["replicas"] = 2
    without = copy.deepcopy(body)
    del without["spec"]["replicas"]

    api.apply(body)
    api.apply(without)

    assert replicas(api, Ref.of(body)) == 1
