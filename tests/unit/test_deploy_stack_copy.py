"""The stack file that the Pulumi CLI gets: the committed one, plus this machine's secrets."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rf.deploy.stack_copy import ENCRYPTION, merged, rendered, secrets_in, write_copy
from rf.strict_yaml import read_mapping

SETTINGS = {"config": {"p:platform": {"a": 1}}}
FORMER = {
    "config": {"p:platform": {"a": 0}, "p:gone": "plain", "p:password": {"secure": "v1:one"}},
    "encryptionsalt": "v1:salt",
}

scalars = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(-1e9, 1e9, allow_nan=False)
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
secure = st.fixed_dictionaries({"secure": st.text(min_size=1)})
keys = st.sampled_from(["p:platform", "p:password", "p:token", "docker:host"])
stack_files = st.fixed_dictionaries(
    {"config": st.dictionaries(keys, secure | trees, max_size=4)},
    optional={key: st.sampled_from(["one", "two"]) for key in ENCRYPTION},
)


def test_settings_come_from_the_committed_file_and_secrets_from_the_former_copy() -> None:
    assert merged(SETTINGS, FORMER) == {
        "config": {"p:platform": {"a": 1}, "p:password": {"secure": "v1:one"}},
        "encryptionsalt": "v1:salt",
    }


def test_a_committed_secret_wins_over_the_former_copy() -> None:
    committed = {
        "config": {"p:password": {"secure": "v1:two"}},
        "encryptionsalt": "v1:salt",
    }

    assert merged(committed, FORMER)["config"]["p:password"] == {"secure": "v1:two"}


@pytest.mark.parametrize("key", ENCRYPTION)
def test_secrets_encrypted_another_way_than_the_committed_ones_are_dropped(key: str) -> None:
    committed = {**SETTINGS, key: "another"}

    assert merged(committed, FORMER) == committed


@settings(deadline=None)
@given(committed=stack_files, former=stack_files)
def test_whatever_was_committed_is_in_the_copy(
    committed: dict[str, Any], former: dict[str, Any]
) -> None:
    result = merged(committed, former)

    assert result["config"].items() >= committed["config"].items()
    assert {key: result[key] for key in committed if key != "config"} == {
        key: committed[key] for key in committed if key != "config"
    }


@settings(deadline=None)
@given(committed=stack_files, former=stack_files)
def test_only_secrets_with_their_own_encryption_survive_from_the_former_copy(
    committed: dict[str, Any], former: dict[str, Any]
) -> None:
    result = merged(committed, former)

    added = {key for key in result["config"] if key not in committed["config"]}
    assert all(list(former["config"][key]) == ["secure"] for key in added)
    if added:
        assert {key: result.get(key) for key in ENCRYPTION} == {
            key: former.get(key) for key in ENCRYPTION
        }


@settings(deadline=None)
@given(committed=stack_files, former=stack_files)
def test_merging_again_changes_nothing(committed: dict[str, Any], former: dict[str, Any]) -> None:
    once = merged(committed, former)

    assert merged(committed, once) == once


@settings(deadline=None)
@given(tree=trees)
def test_every_value_reads_back_as_it_was(
    tree: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.getbasetemp() / "copy.yaml"
    content = {"config": {"p:platform": tree}}

    copy.write_text(rendered(content), encoding="utf-8")

    assert read_mapping(copy) == content


@pytest.mark.parametrize("text", ["1e3", "22:00", "0o17", "on", "null", "~", "2027-12-31", "+1"])
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    # Of these, PyYAML by itself quotes only what YAML 1.1 would read as another type.
    assert rendered({"key": text}) == f'"key": "{text}"\n'


def test_the_copy_of_a_shared_stack_holds_nothing_of_the_former_one(tmp_path: Path) -> None:
    committed, copy = tmp_path / "committed.yaml", tmp_path / "copy.yaml"
    committed.write_text("config:\n  p:platform: {}\n")
    copy.write_text("config:\n  p:password:\n    secure: v1:one\nencryptionsalt: v1:salt\n")

    write_copy(committed, copy, keep_secrets=False)

    assert read_mapping(copy) == {"config": {"p:platform": {}}}


def test_the_copy_is_for_its_owner_only_and_lists_its_secrets(tmp_path: Path) -> None:
    committed, copy = tmp_path / "committed.yaml", tmp_path / "copy.yaml"
    committed.write_text("config:\n  p:platform: {}\n  p:password:\n    secure: v1:one\n")

    write_copy(committed, copy, keep_secrets=True)

    assert copy.stat().st_mode & 0o777 == 0o600
    assert secrets_in(copy) == {"p:password"}
