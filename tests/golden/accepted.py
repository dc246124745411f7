"""Texts as last accepted."""

import os
from pathlib import Path


def compare(path: Path, text: str) -> None:
    """Fail when ``path`` does not hold ``text``; with UPDATE_GOLDEN, make it so."""
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    accepted = path.read_text().splitlines() if path.exists() else []
    assert text.splitlines() == accepted, f"{path.name} changed; if it is meant to: make golden"
