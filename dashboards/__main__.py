"""``python -m dashboards``: write what Grafana loads; ``--check`` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from .boards import BOARDS
from .render import board_json

FOLDER = Path(__file__).with_name("generated")


def generated() -> dict[str, str]:
    """The files as they should be, by name."""
    return {f"{board.uid}.json": board_json(board) for board in BOARDS}


def stale(folder: Path) -> list[str]:
    """The names of files that differ from what the boards say, and of those that no board has."""
    wanted = generated()
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(
        name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)
    )


def main(arguments: list[str]) -> int:
    """The exit status: 1 when something differs and was not to be written."""
    if arguments == ["--check"]:
        found = stale(FOLDER)
        for name in found:
            sys.stderr.write(f"dashboards/generated/{name}: differs; run python -m dashboards\n")
        return 1 if found else 0
    if arguments:
        sys.stderr.write("usage: python -m dashboards [--check]\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    for name, text in generated().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
