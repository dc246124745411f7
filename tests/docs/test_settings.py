"""Settings that the pages show are accepted on top of the stack that they are shown for."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from settings import SettingsError, parse
from tests.conftest import STACKS, platform
from tests.docs.pages import SETTINGS, Block, blocks

BLOCKS = blocks(SETTINGS)


def over(below: Any, above: Any) -> Any:
    """``above`` where it says something, ``below`` elsewhere; lists are taken whole."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: over(below.get(key), value) for key, value in above.items()}}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_settings_are_accepted_and_change_something(block: Block) -> None:
    assert block.stack in STACKS, "a comment above it says which stack it is for"
    before = platform(block.stack)

    after = over(before, yaml.safe_load(block.text))

    assert after != before
    parse(after, f"Pulumi.{block.stack}.yaml")


def test_a_setting_that_there_is_not_would_be_found() -> None:
    with pytest.raises(SettingsError, match=r"services\.ollama\.threads"):
        parse(over(platform("staging"), {"services": {"ollama": {"threads": 8}}}), "a page")
