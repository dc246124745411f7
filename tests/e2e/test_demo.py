"""``make demo``: what it shows is what it says it shows."""

from __future__ import annotations

import pytest
from rich.console import Console

from demo.__main__ import FAULT_AT, act, settings_with_room
from demo.report import page
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY

pytestmark = [
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY),
]


def test_the_bad_version_is_taken_back_from_the_step_at_which_it_began_to_fail() -> None:
    shown = act(Console(quiet=True), settings_with_room(), "example/triton:bad", fails=True)

    assert shown.end == "rolled back", shown.reason
    assert max(weight for _, weight in shown.weights) == FAULT_AT
    assert shown.told[-1][1].startswith("rolled_back: triton: ")
    assert "errors" in shown.reason

    text = page([shown])
    assert f"triton: {FAULT_AT} % of the users get it" in text
    assert "100 % of the users" not in text
