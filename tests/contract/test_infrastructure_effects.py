"""No setting of an infrastructure stack without effect, and none of a pool."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from rf.schema import infrastructure_schema
from settings import SettingsError
from tests.conftest import planned, platform
from tests.contract.test_setting_effects import inputs, settings_in

STACK = "staging-infra"
EFFECTS: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("infrastructure_effects.yaml").read_text()
)
POOL: dict[str, tuple[Any, str, str]] = {
    "capacity": (
        ["on-demand"],
        "NodePool pools-gpu",
        "spec.template.spec.requirements[1].values[0]",
    ),
    "cpus": (64, "NodePool pools-gpu", "spec.limits.cpu"),
    "disk": (300, "NodeClass pools-gpu-class", "spec.ephemeralStorage.size"),
    "families": (["g6"], "NodePool pools-gpu", "spec.template.spec.requirements[2].values[0]"),
    "gpus": (2, "NodePool pools-gpu", "spec.limits.nvidia.com/gpu"),
    "instance_types": (
        ["g6.xlarge"],
        "NodePool pools-gpu",
        "spec.template.spec.requirements[2].values[0]",
    ),
    "lifetime_days": (7, "NodePool pools-gpu", "spec.template.spec.expireAfter"),
    "memory": (256, "NodePool pools-gpu", "spec.limits.memory"),
    "reservations": (
        ["cr-0123456789abcdef0"],
        "NodeClass pools-gpu-class",
        "spec.capacityReservationSelectorTerms[0].id",
    ),
    "usual_nodes": (1, "Budget budget", "estimateUsd.expected"),
}


def changed(setting: str, value: Any) -> dict[str, Any]:
    tree: dict[str, Any] = copy.deepcopy(platform(STACK))
    if setting.startswith("backups.lock"):
        tree["backups"] = {"lock": "GOVERNANCE", "lock_days": 7}
    *parents, last = setting.split(".")
    node = tree
    for part in parents:
        node = node.setdefault(part, {})
    node[last] = value
    return tree


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    schema = infrastructure_schema()
    root = schema["properties"]["config"]["properties"]["researchflow-ai:platform"]

    assert sorted(EFFECTS) == sorted(set(settings_in(root, schema["$defs"])))
    assert sorted(POOL) == sorted(schema["$defs"]["PoolArgs"]["properties"])


@pytest.mark.parametrize("setting", sorted(EFFECTS))
def test_a_changed_setting_changes_what_its_row_names(setting: str) -> None:
    row = EFFECTS[setting]
    tree = changed(setting, row["to"])

    if "refused" in row:
        with pytest.raises(SettingsError, match=row["refused"]):
            planned(tree)
        return
    assert effect(tree, row["resource"], row["input"])


@pytest.mark.parametrize("setting", sorted(POOL))
def test_a_changed_setting_of_a_pool_changes_its_nodes_or_their_price(setting: str) -> None:
    value, resource, path = POOL[setting]
    tree = changed(f"pools.gpu.{setting}", value)
    if setting == "families":
        del tree["pools"]["gpu"]["instance_types"]

    assert effect(tree, resource, path)


def effect(tree: dict[str, Any], resource: str, path: str) -> bool:
    """Whether the input is there, before or after, and differs."""
    place = (resource, path)
    before, after = inputs(yaml.safe_dump(platform(STACK))), inputs(yaml.safe_dump(tree))
    return (place in before or place in after) and before.get(place) != after.get(place)
