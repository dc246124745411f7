"""Volumes that the cluster cannot hold are refused before anything is made."""

import copy
from typing import Any

import pytest

from settings import SettingsError, parse
from tests.conftest import platform

FILE = "Pulumi.test.yaml"
INFRASTRUCTURE = "organization/researchflow-ai/production-infra"


def production(**target: str) -> dict[str, Any]:
    """Production, whose models are shared by nodes, on another target."""
    tree = copy.deepcopy(platform("production"))
    tree["target"] |= target
    return tree


def test_shared_volumes_on_our_cluster_need_a_class_that_several_nodes_can_mount() -> None:
    with pytest.raises(SettingsError) as raised:
        parse(production(infrastructure=INFRASTRUCTURE), FILE)

    said = str(raised.value)
    assert said.startswith(f"{FILE}: researchflow-ai:platform.target.shared_storage_class is not")
    assert "ollama, triton" in said
    assert INFRASTRUCTURE in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "target",
    [{"infrastructure": INFRASTRUCTURE, "shared_storage_class": "efs"}, {}],
    ids=["a class is named", "a cluster of somebody else"],
)
def test_a_class_of_ones_own_is_taken_at_its_word(target: dict[str, str]) -> None:
    assert parse(production(**target), FILE)


def test_volumes_of_one_node_each_need_no_such_class() -> None:
    tree = copy.deepcopy(platform("staging"))
    tree["target"]["infrastructure"] = INFRASTRUCTURE

    assert parse(tree, FILE)
