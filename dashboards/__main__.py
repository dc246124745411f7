"""``python -m dashboards``: write what Grafana loads; ``--check`` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from rf import generated

from .boards import BOARDS
from .render import board_json

ROOT = Path(__file__).parents[1]
FOLDER = Path("dashboards/generated")


def rendered() -> dict[Path, str]:
    """The files as they should be, by their path below the project."""
    return {FOLDER / f"{board.uid}.json": board_json(board) for board in BOARDS}


def present(root: Path) -> set[Path]:
    """Those that are there."""
    return {path.relative_to(root) for path in (root / FOLDER).glob("*.json")}


def main(arguments: list[str]) -> int:
    """The exit status: 1 when something differs and was not to be written."""
    return generated.main(arguments, "python -m dashboards", ROOT, rendered(), present(ROOT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
