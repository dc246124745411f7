"""Volumes that the cluster cannot hold are refused before anything is made."""

import copy
from typing import Any

import pytest

from settings import SettingsError, parse
from tests.conftest import platform

FILE = "Pulumi.test.yaml"
INFRASTRUCTURE = "organization/researchflow-ai/production-infra"


def stack(name: str, **target: Any) -> dict[str, Any]:
    """A stack file's settings on a cluster of which only ``target`` is said."""
    tree = copy.deepcopy(platform(name))
    for key in ("storage_class", "shared_storage_class", "storage_encrypted"):
        tree["target"].pop(key, None)
    tree["target"] |= target
    return tree


def refused(tree: dict[str, Any]) -> list[str]:
    """What is said of the target, line by line."""
    with pytest.raises(SettingsError) as raised:
        parse(tree, FILE)
    start = f"{FILE}: researchflow-ai:platform.target."
    lines = str(raised.value).splitlines()
    assert all(line.startswith(start) for line in lines)
    return [line.removeprefix(start) for line in lines]


def test_shared_volumes_on_our_cluster_need_a_class_that_several_nodes_can_mount() -> None:
    (said,) = refused(stack("production", infrastructure=INFRASTRUCTURE))

    assert said.startswith("shared_storage_class is not set")
    assert "ollama, triton" in said
    assert INFRASTRUCTURE in said


def test_a_class_of_ones_own_is_taken_at_its_word() -> None:
    target = {"infrastructure": INFRASTRUCTURE, "shared_storage_class": "efs"}

    assert parse(stack("production", **target), FILE)


def test_volumes_of_one_node_each_need_no_such_class() -> None:
    assert parse(stack("staging", infrastructure=INFRASTRUCTURE), FILE)


def test_production_on_another_cluster_names_its_classes_and_says_that_they_encrypt() -> None:
    said = refused(stack("production"))

    assert [line.partition(" ")[0] for line in said] == [
        "storage_class",
        "shared_storage_class",
        "storage_encrypted",
    ]
    assert parse(
        stack("production", storage_class="a", shared_storage_class="b", storage_encrypted=True),
        FILE,
    )


def test_a_class_is_encrypted_only_where_somebody_says_so() -> None:
    (said,) = refused(stack("production", storage_class="a", shared_storage_class="b"))

    assert said.startswith("storage_encrypted is not true")
    assert "storage_class and shared_storage_class" in said


def test_no_class_is_asked_for_that_no_volume_has() -> None:
    tree = stack("production", storage_class="a", storage_encrypted=True)
    for service in ("ollama", "triton"):
        tree["services"][service] |= {"replicas": 1, "shared_models": False}

    assert parse(tree, FILE)


def test_staging_takes_the_clusters_default() -> None:
    assert parse(stack("staging"), FILE)
