"""Waiting for what takes a moment."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def seconds_until(holds: Callable[[], bool], within: float) -> float:
    """How long it took until ``holds``; TimeoutError when it does not ``within`` seconds."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within:
            raise TimeoutError(f"not within {within:g} s")
        time.sleep(0.02)
    return time.monotonic() - began
