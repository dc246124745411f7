"""The committed boards as tests read them: what Grafana asks once variables are filled in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "dashboards" / "generated"
BOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.json"))
}
RATE_INTERVAL = "1m"
"""What Grafana takes at least: four scrapes."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One query: of which board and panel, and the expression with nothing left to fill in."""

    board: str
    panel: str
    expr: str

    @property
    def name(self) -> str:
        """Where it is, for people."""
        return f"{self.board}: {self.panel}"


def panels(board: str) -> list[dict[str, Any]]:
    """The panels of a board, without its headings."""
    return [panel for panel in BOARDS[board]["panels"] if panel["type"] != "row"]


def filled(expr: str, board: str, rate_interval: str = RATE_INTERVAL) -> str:
    """``expr`` as Grafana sends it while everything is chosen."""
    values = {"__rate_interval": rate_interval}
    for variable in BOARDS[board]["templating"]["list"]:
        values[variable["name"]] = variable.get("allValue") or str(variable["query"])
    return re.sub(r"\$(\w+)", lambda found: values.get(found[1], found[0]), expr)


def asked(rate_interval: str = RATE_INTERVAL) -> list[Asked]:
    """Every query of every panel and annotation."""
    found = []
    for uid, board in BOARDS.items():
        of_panels = [(p["title"], t["expr"]) for p in panels(uid) for t in p.get("targets", ())]
        annotations = [(a["name"], a["expr"]) for a in board["annotations"]["list"]]
        found += [
            Asked(board=uid, panel=title, expr=filled(expr, uid, rate_interval))
            for title, expr in (*of_panels, *annotations)
        ]
    return found
