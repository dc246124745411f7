"""Writing into a stack file that people keep: only what has to change changes."""

import difflib
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rf.errors import BadInputError
from rf.stack_edit import REMOVED, with_settings

KEY = "researchflow-ai:platform"
PINNED = f"redis:8@sha256:{'ab' * 32}"
STACKS = ("local", "staging", "production")
WRITTEN_BY_HAND = dedent("""\
    # The file.
    config:  # all of it
      researchflow-ai:platform:
        log_level: "info"   # quoted
        clients:
          - name: web   # a list
        # Services, in order of importance.
        services:
          # The cache.
          redis:   # one
            # Big enough.
            memory: 0.50

          # The models.
          ollama: {gpus: 1, replicas: 2}  # on one line
        window: 22:00
      # Secrets.
      researchflow-ai:redisPassword:
        secure: v1:abc
    encryptionsalt: v1:salt
    # The end.
    """)


def edited(text: str, values: dict[tuple[str, ...], str]) -> str:
    return with_settings(text, KEY, values, "Pulumi.test.yaml")


def added(before: str, after: str) -> list[str]:
    """The lines that ``after`` has more; the test fails when it has one less."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    assert [line for line in lines if line.startswith("- ")] == []
    return [line[2:] for line in lines if line.startswith("+ ")]


def test_an_image_goes_first_in_its_section_below_the_comment_on_it() -> None:
    result = edited(WRITTEN_BY_HAND, {("services", "redis", "image"): PINNED})

    assert added(WRITTEN_BY_HAND, result) == [f"        image: {PINNED}"]
    assert f"        # Big enough.\n        image: {PINNED}\n        memory: 0.50\n\n" in result


def test_a_section_on_one_line_stays_on_one_line() -> None:
    result = edited(WRITTEN_BY_HAND, {("services", "ollama", "image"): PINNED})

    assert f"      ollama: {{image: {PINNED}, gpus: 1, replicas: 2}} # on one line\n" in result


def test_a_missing_section_goes_last() -> None:
    result = edited(WRITTEN_BY_HAND, {("services", "flags", "image"): PINNED})

    assert added(WRITTEN_BY_HAND, result) == ["      flags:", f"        image: {PINNED}"]
    assert f"# on one line\n      flags:\n        image: {PINNED}\n    window: 22:00\n" in result


def test_an_image_that_is_there_is_replaced_where_it_is() -> None:
    before = edited(WRITTEN_BY_HAND, {("services", "redis", "image"): "redis:8"})

    result = edited(before, {("services", "redis", "image"): PINNED})

    assert result == before.replace("image: redis:8\n", f"image: {PINNED}\n")


@pytest.mark.parametrize("stack", STACKS)
@settings(deadline=None, max_examples=30)
@given(
    services=st.sets(
        st.sampled_from(["redis", "flags", "ollama", "gateway", "triton", "prometheus"]), min_size=1
    )
)
def test_the_committed_stack_files_only_gain_lines(stack: str, services: set[str]) -> None:
    before = Path(f"Pulumi.{stack}.yaml").read_text()
    values: dict[tuple[str, ...], str] = {
        ("services", name, "image"): PINNED for name in sorted(services)
    }

    after = edited(before, values)

    assert all("image:" in line or line.endswith(":") for line in added(before, after))
    platform = yaml.safe_load(after)["config"][KEY]
    assert {platform["services"][name]["image"] for name in services} == {PINNED}


SHARED = dedent("""\
    config:
      researchflow-ai:platform:
        services:
          redis: &one {memory: 1}
          flags: *one
    """)
MERGED = dedent("""\
    config:
      researchflow-ai:platform:
        services:
          redis: &one {memory: 1}
          flags:
            <<: *one
    """)


@pytest.mark.parametrize("text", [SHARED, MERGED])
def test_a_change_that_would_happen_twice_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match=r"Pulumi\.test\.yaml shares sections by YAML anchors"):
        edited(text, {("services", "redis", "image"): PINNED})


def test_what_was_added_and_is_removed_again_leaves_the_file_as_it_was() -> None:
    path = ("rollout", "services", "ollama", "weights")

    there = with_settings(WRITTEN_BY_HAND, KEY, {path: {"stable": 90, "canary": 10}}, "x")
    gone = with_settings(there, KEY, {path: REMOVED}, "x")

    assert there != WRITTEN_BY_HAND
    assert gone == WRITTEN_BY_HAND


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert with_settings(WRITTEN_BY_HAND, KEY, {("a", "b"): REMOVED}, "x") == WRITTEN_BY_HAND


def test_a_section_with_something_else_in_it_stays() -> None:
    result = with_settings(WRITTEN_BY_HAND, KEY, {("services", "ollama", "gpus"): REMOVED}, "x")

    assert "ollama: {replicas: 2}" in result
