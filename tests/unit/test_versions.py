"""Two versions of a service side by side: what settings may say, and what comes of it."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.rollout.version import version
from settings import SettingsError, Stack, parse
from tests.conftest import planned, platform

FILE = "Pulumi.test.yaml"


def tree(**services: Any) -> dict[str, Any]:
    """The staging stack with room for a canary of everything, and these rollouts."""
    found = copy.deepcopy(platform("staging"))
    found["capacity"] = {"cpus": 96, "memory": 192, "disk": 2000}
    found["gpu"]["gpus"] = 4
    found["rollout"] = {"services": services}
    return found


def parsed(**services: Any) -> Stack:
    return parse(tree(**services), FILE)


def refused(**services: Any) -> str:
    with pytest.raises(SettingsError) as error:
        parsed(**services)
    return str(error.value)


CANARY = {"image": "example/triton:2", "memory": 9}


def test_a_canary_is_the_service_with_what_differs() -> None:
    found = parsed(triton={"canary": CANARY})

    stable, canary = (entry for entry in found.entries if entry.spec.name == "triton")
    assert (stable.spec.instance, canary.spec.instance) == ("triton-stable", "triton-canary")
    assert canary.args == replace(stable.args, image="example/triton:2", memory=9)
    assert canary.spec.ports == stable.spec.ports
    assert version(canary.spec) != version(stable.spec)


def test_a_version_keeps_its_name_when_it_is_promoted() -> None:
    trial = parsed(triton={"canary": CANARY})
    canary = next(entry.spec for entry in trial.entries if entry.is_canary)
    promoted = tree()
    promoted["services"]["triton"] |= CANARY

    (stable,) = (e.spec for e in parse(promoted, FILE).entries if e.spec.name == "triton")

    assert version(stable) == version(canary)


def test_without_a_word_everybody_gets_the_stable_version() -> None:
    found = parsed().settings.context.weights

    assert found["ollama"] == {"stable": 100, "canary": 0}
    assert sorted(found) == ["faiss", "ollama", "triton"]


@given(stable=st.integers(0, 100), canary=st.integers(0, 100))
def test_weights_that_are_not_everybody_are_refused(stable: int, canary: int) -> None:
    weights = {"stable": stable, "canary": canary}
    if stable + canary == 100:
        assert parsed(triton={"canary": CANARY, "weights": weights})
        return

    message = refused(triton={"canary": CANARY, "weights": weights})

    assert "researchflow-ai:platform.rollout.services.triton.weights" in message
    assert f"are {stable + canary} per cent together; they must be 100" in message


@pytest.mark.parametrize(
    ("services", "said"),
    [
        ({"ollama": {"weights": {"stable": 90, "canary": 10}}}, "but there is no canary"),
        ({"ollama": {"weights": {"stable": 50, "beta": 50}}}, "weights.beta: unknown key"),
        ({"redis": {"canary": {}}}, "rollout.services.redis: unknown key"),
        ({"triton": {"canary": {}}}, "rollout.services.triton.canary changes nothing"),
        ({"triton": {"canary": {"cpus": 1}}}, "triton.canary.cpus: unknown key"),
        ({"triton": {"canary": {"cpu": -1}}}, "triton.canary.cpu: Input should be greater than 0"),
        ({"ollama": {"canary": {"replicas": 3}}}, "services.ollama.canary: replicas is 3, but"),
        ({"triton": {"weights": {"stable": 99.5, "canary": 0.5}}}, "weights.stable: Input should"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rollout_that_makes_no_sense_is_refused_by_its_key(
    services: dict[str, Any], said: str
) -> None:
    assert said in refused(**services)


@pytest.mark.parametrize(
    ("rollout", "said"),
    [
        ({"steps": [50, 10, 100]}, "must grow, and end with 100"),
        ({"steps": [10, 50]}, "must grow, and end with 100"),
        ({"steps": [0, 100]}, "where there is nothing to judge"),
        (
            {"freeze": [{"start": "2026-12-27T00:00Z", "end": "2026-12-24T00:00Z", "reason": "x"}]},
            "before it starts",
        ),
        (
            {"freeze": [{"start": "2026-12-24T00:00", "end": "2026-12-25T00:00", "reason": "x"}]},
            "timezone info",
        ),
    ],
)
def test_steps_and_freezes_are_checked(rollout: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        parse(tree() | {"rollout": rollout}, FILE)


def test_a_canary_counts_for_capacity_and_gpus() -> None:
    small = tree(triton={"canary": CANARY})
    small["gpu"]["gpus"] = 2

    with pytest.raises(SettingsError, match="is 2, but the services ask for 3 GPUs"):
        parse(small, FILE)


def test_the_rollout_owns_what_servers_watch_and_shows_policies_what_it_is() -> None:
    services = {"canary": CANARY, "weights": {"stable": 90, "canary": 10}}
    plan = planned(tree(triton=services))
    resources = {f"{each.kind} {each.name}": each for each in plan.resources}

    rollout = resources["Rollout rollout"]
    children = {each.name for each in plan.resources if each.parent == rollout.urn}
    assert children == {
        "rollout-gateway-live-etc-envoy-routes",
        "rollout-flags-live-etc-flagd-flags",
    }
    seen = rollout.inputs["services"]["triton"]  # type: ignore[index, call-overload]
    assert seen["weights"] == {"stable": 90, "canary": 10}  # type: ignore[index, call-overload]
    assert seen["canaryVersion"] != seen["stableVersion"]  # type: ignore[index, call-overload]
    assert "Deployment triton-canary-deployment" in resources
    assert "PersistentVolumeClaim triton-canary-volume-models" in resources


def test_a_weight_changes_the_route_file_and_nothing_else() -> None:
    before, after = (
        planned(tree(triton={"canary": CANARY, "weights": {"stable": 100 - part, "canary": part}}))
        for part in (10, 50)
    )

    changed = {
        new.name
        for old, new in zip(before.resources, after.resources, strict=True)
        if new.custom and old.inputs != new.inputs
    }
    assert changed == {"rollout-gateway-live-etc-envoy-routes"}
