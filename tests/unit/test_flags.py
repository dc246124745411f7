"""The flag file: what flagd is told, for every percentage."""

import json
from pathlib import Path

import jsonschema
from hypothesis import given
from hypothesis import strategies as st
from referencing import Registry, Resource

from components.context import Context
from components.flags import Flags, FlagsArgs, flag, flag_file

SCHEMAS = Path(__file__).with_name("flagd")


@given(st.integers(0, 100))
def test_weights_are_integers_that_sum_to_a_hundred(percentage: int) -> None:
    rule = flag(percentage).get("targeting")
    if rule is None:
        assert percentage in (0, 100)
        return

    weights = [weight for _, weight in rule["fractional"]]

    assert sum(weights) == 100
    assert all(type(weight) is int for weight in weights)


def test_nobody_and_everybody_need_no_rule_so_a_user_without_a_key_is_safe() -> None:
    assert flag(0) == {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "off",
    }
    assert flag(100)["defaultVariant"] == "on"
    assert "targeting" not in flag(100)


def test_on_comes_first_so_growing_keeps_the_users_it_has() -> None:
    assert [variant for variant, _ in flag(30)["targeting"]["fractional"]] == ["on", "off"]


def test_the_file_may_change_without_a_restart_and_answers_on_the_guides_port() -> None:
    spec = Flags.describe(FlagsArgs(), Context(features={"ai_inference": 25}))

    assert [(file.path, file.live) for file in spec.files] == [
        ("/etc/flagd/flags/flags.json", True)
    ]
    assert "--ofrep-port=8080" in spec.args
    assert spec.port("ofrep").published == 8080


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 100), min_size=1))
def test_flagd_own_schema_accepts_the_file(features: dict[str, int]) -> None:
    documents = {
        name: json.loads((SCHEMAS / name).read_text()) for name in ("flags.json", "targeting.json")
    }
    registry: Registry = Registry().with_resources(
        [("./targeting.json", Resource.from_contents(documents["targeting.json"]))]
        + [(d["$id"], Resource.from_contents(d)) for d in documents.values()]
    )

    jsonschema.Draft7Validator(documents["flags.json"], registry=registry).validate(
        json.loads(flag_file(features))
    )
