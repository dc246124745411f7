"""Tests that mean nothing with a stand-in."""

from __future__ import annotations

import pytest

from .images import Image, Missing, find, ollama


def needs(*services: str) -> pytest.MarkDecorator:
    """Skips where one of these is not to be had for real; says why, and how to get it."""
    reasons = [found.reason for name in services if isinstance(found := find(name), Missing)]
    return pytest.mark.skipif(bool(reasons), reason="; ".join(reasons))


def require_ollama() -> Image:
    """A real Ollama; where there is none, the file that asks for it is skipped whole."""
    found = ollama()
    if isinstance(found, Missing):
        pytest.skip(found.reason, allow_module_level=True)
    return found
