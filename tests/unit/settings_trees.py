"""Trees of settings with one thing changed, and what is said of them."""

import copy
from typing import Any

import pytest

from settings import SettingsError, parse

FILE = "Pulumi.test.yaml"
LOCAL: dict[str, Any] = {"environment": "local", "target": {"kind": "docker"}}


def with_value(tree: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    tree = copy.deepcopy(tree)
    node = tree
    *parents, last = path.split(".")
    for part in parents:
        node = node.setdefault(part, {})
    node[last] = value
    return tree


def complaint(tree: Any) -> str:
    with pytest.raises(SettingsError) as raised:
        parse(tree, FILE)
    return str(raised.value)
