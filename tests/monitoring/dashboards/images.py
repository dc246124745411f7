"""``make dashboard-images``: every board as a picture, drawn without Grafana.

Grafana's own components (@grafana/ui) in a headless Chromium, over a made-up day in a real
Prometheus. The npm packages are heavy, so they are kept outside the project and no test needs them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.monitoring.dashboards.queries import BOARDS, filled, panels
from tests.monitoring.dashboards.store import STEP, day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.monitoring.dashboards.store import Store

    Json = dict[str, Any]

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "dashboards" / "images"
TARGET = ROOT / "docs" / "images"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
WORKSHOP = CACHE / "researchflow" / "dashboard-images"
NEEDED = ("prometheus", "promtool", "node", "npm", "chromium")
WIDTH, ROW, HEADER = 1440, 38, 56
CAPTION = "Drawn from made-up data with @grafana/ui, without a Grafana server"
STEPS = 360
"""Samples from left to right."""
DRAWING_MS = 10_000


def main() -> int:
    """The exit status: 1 when a program is missing or a panel is empty."""
    missing = [program for program in NEEDED if not shutil.which(program)]
    if missing:
        sys.stderr.write(f"dashboard-images needs {', '.join(missing)} on PATH\n")
        return 1
    install()
    now = int(time.time()) // 60 * 60
    with tempfile.TemporaryDirectory() as folder, day(Path(folder), now) as store:
        pages = {uid: page(uid, store, now) for uid in BOARDS}
    empty = [
        f"{uid}: {panel['title']}"
        for uid, found in pages.items()
        for panel in panels(uid)
        if panel["type"] != "text" and not found["panels"][panel["id"]]
    ]
    for uid, found in pages.items():
        draw(uid, found)
    pictures = [TARGET / f"dashboard-{uid}.png" for uid in pages]
    subprocess.run(["node", "shrink.mjs", *pictures], cwd=WORKSHOP, check=True)
    sys.stderr.writelines(f"{each}: empty\n" for each in empty)
    return 1 if empty else 0


def install() -> None:
    """The npm packages, and our page in one file, outside the project."""
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    for path in SOURCE.iterdir():
        shutil.copy(path, WORKSHOP)
    stamp = WORKSHOP / "installed.json"
    wanted = (SOURCE / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        # Some packages of Grafana's still ask for an older React than Grafana itself.
        command = ["npm", "ci", "--legacy-peer-deps", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=WORKSHOP, check=True)
        stamp.write_text(wanted)
    bundle = ["node_modules/.bin/esbuild", "board.jsx", "--bundle", "--outfile=board.js"]
    looks = [
        "--jsx=automatic",
        "--loader:.ttf=dataurl",
        '--define:process.env.NODE_ENV="production"',
    ]
    subprocess.run([*bundle, *looks, "--minify", "--log-level=error"], cwd=WORKSHOP, check=True)


def page(uid: str, store: Store, now: int) -> Json:
    """What the page of one board needs: the board, and the answers to its queries."""
    board = BOARDS[uid]
    hours = int(re.fullmatch(r"now-(\d+)h", board["time"]["from"])[1])  # type: ignore[index]
    step = hours * 3600 // STEPS
    found = {}
    for panel in panels(uid):
        back = 0 if panel["type"] in ("stat", "table") else hours * 3600
        times = range(now - back, now + 1, step)
        found[panel["id"]] = [
            series
            for target in panel.get("targets", ())
            for series in answers(store, uid, target, times)
        ]
    return {
        "board": board,
        "title": board["title"],
        "caption": CAPTION,
        "panels": found,
        "range": [now - hours * 3600, now, step],
    }


def answers(store: Store, uid: str, target: Json, times: range) -> list[Json]:
    """The series of one query: names, labels, times in ms, values, and None in between."""
    expr = filled(target["expr"], uid, rate_interval=f"{max(4 * STEP, times.step)}s")
    data = store.ask("query_range", query=expr, start=times[0], end=times[-1], step=times.step)
    found = []
    for each in data["result"]:
        values = {int(at): number(value) for at, value in each["values"]}
        if any(value is not None for value in values.values()):
            found.append(
                {
                    "refId": target["refId"],
                    "name": named(target["legendFormat"], each["metric"]),
                    "labels": {k: v for k, v in each["metric"].items() if k != "__name__"},
                    "times": [1000 * at for at in times],
                    "values": [values.get(at) for at in times],
                }
            )
    return found


def number(text: str) -> float | None:
    """A sample as JSON knows it: without NaN and infinity."""
    return None if text in ("NaN", "+Inf", "-Inf") else float(text)


def named(legend: str, labels: Mapping[str, str]) -> str:
    """What Grafana calls a series."""
    return " ".join(re.sub(r"{{(\w+)}}", lambda m: labels.get(m[1], ""), legend).split())


def draw(uid: str, found: Json) -> None:
    """One picture in docs/images."""
    html = WORKSHOP / f"{uid}.html"
    data = json.dumps(found).replace("</", "<\\/")
    html.write_text(
        "<!doctype html><meta charset=utf-8><link rel=stylesheet href=board.css>"
        f"<div id=root></div><script>window.BOARD = {data}</script><script src=board.js></script>"
    )
    height = HEADER + ROW * max(
        each["gridPos"]["y"] + each["gridPos"]["h"] for each in found["board"]["panels"]
    )
    subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--allow-file-access-from-files", f"--window-size={WIDTH},{height}",
            f"--virtual-time-budget={DRAWING_MS}",
            f"--screenshot={TARGET / f'dashboard-{uid}.png'}", html.as_uri(),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
