"""Files that are made of something else and committed all the same: written, or only compared."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def stale(root: Path, wanted: Mapping[Path, str], owned: Iterable[Path] = ()) -> list[Path]:
    """The paths below ``root`` whose text is another than ``wanted``, or not there.

    And those of ``owned``, what is there of the same kind, that nothing makes any more.
    """
    differ = [path for path, text in wanted.items() if _text(root / path) != text]
    return differ + sorted(set(owned) - wanted.keys())


def write(root: Path, wanted: Mapping[Path, str]) -> None:
    """Make them what they should be, and leave alone those that are."""
    for path in stale(root, wanted):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(wanted[path], encoding="utf-8")


def main(
    arguments: list[str],
    command: str,
    root: Path,
    wanted: Mapping[Path, str],
    owned: Iterable[Path] = (),
) -> int:
    """What ``command`` does: write, or with ``--check`` only compare; the exit status."""
    if arguments == ["--check"]:
        found = stale(root, wanted, owned)
        for path in found:
            todo = f"differs; run {command}" if path in wanted else "nothing makes it; remove it"
            sys.stderr.write(f"{path}: {todo}\n")
        return 1 if found else 0
    if arguments:
        sys.stderr.write(f"usage: {command} [--check]\n")
        return 1
    write(root, wanted)
    return 0


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
