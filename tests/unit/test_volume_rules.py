"""Volumes that the cluster cannot hold are refused before anything is made."""

import copy
from typing import Any

import pytest

from components.platforms.kubernetes.args import KubernetesArgs
from components.storage_classes import DISKS, FILES
from components.volume_rules import share_our_files
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


def shared_by_our_files(tree: dict[str, Any]) -> tuple[str, ...]:
    """The services that need the file system of the stack that made the cluster."""
    found = parse(tree, FILE)
    assert isinstance(found.settings.target, KubernetesArgs)
    return share_our_files(found.specs, found.settings.target)


def test_on_a_cluster_of_ours_volumes_of_several_nodes_need_its_file_system() -> None:
    assert shared_by_our_files(stack("production", infrastructure=INFRASTRUCTURE)) == (
        "ollama",
        "triton",
    )


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("staging", {"infrastructure": INFRASTRUCTURE}),
        (
            "production",
            {
                "infrastructure": INFRASTRUCTURE,
                "shared_storage_class": "another",
                "storage_encrypted": True,
            },
        ),
        ("staging", {"shared_storage_class": FILES}),
    ],
    ids=["no volume is shared", "a class of one's own", "a cluster of somebody else"],
)
def test_nothing_else_needs_it(name: str, target: dict[str, Any]) -> None:
    assert shared_by_our_files(stack(name, **target)) == ()


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


def test_only_the_classes_that_we_made_are_known_to_encrypt() -> None:
    named = {"infrastructure": INFRASTRUCTURE, "storage_class": "fast"}
    (said,) = refused(stack("production", **named))

    assert said.startswith("storage_encrypted is not true")
    assert "see that storage_class encrypt" in said
    assert parse(stack("production", **named, storage_encrypted=True), FILE)


def test_a_class_that_is_only_called_like_ours_is_not_known_to_encrypt() -> None:
    (said,) = refused(stack("production", storage_class=DISKS, shared_storage_class=FILES))

    assert said.startswith("storage_encrypted is not true")


def test_staging_takes_the_clusters_default() -> None:
    assert parse(stack("staging"), FILE)
