"""A canary must differ from stable, except while stable is about to become it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from components.rollout.version import version
from settings import SettingsError, parse
from tests.conftest import platform

FILE = "Pulumi.test.yaml"
NEW = "example/triton:2"


def tree(**rollout: Any) -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(platform("local"))
    found["capacity"] = {"cpus": 96, "memory": 192, "disk": 2000}
    found["services"] = {"triton": {"image": NEW}}
    found["rollout"] = {"services": {"triton": {"canary": {"image": NEW}, **rollout}}}
    return found


def passed(name: str) -> dict[str, Any]:
    return {"version": name, "weight": 100, "verdict": "a" * 64}


def new_version() -> str:
    plain = tree() | {"rollout": {}}
    return next(version(spec) for spec in parse(plain, FILE).specs if spec.name == "triton")


def test_a_canary_like_stable_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"rollout\.services\.triton\.canary changes nothing"):
        parse(tree(), FILE)


def test_one_whose_last_pass_is_on_record_warms_up_stable() -> None:
    stack = parse(tree(passed=passed(new_version())), FILE)

    assert [spec.track for spec in stack.specs if spec.name == "triton"] == ["stable", "canary"]


def test_a_pass_of_another_version_is_no_excuse() -> None:
    with pytest.raises(SettingsError, match="changes nothing"):
        parse(tree(passed=passed("0" * 12)), FILE)
