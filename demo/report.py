"""A page with two pictures: who got the new version, and what became of their requests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT, LEFT, TOP = 900, 220, 60, 20
FAILED = 500
STYLE = (
    "body{font:15px system-ui,sans-serif;max-width:1000px;margin:2em auto;color:#222}"
    "svg text{font:12px system-ui,sans-serif;fill:#555}"
)


@dataclass(frozen=True, kw_only=True)
class Act:
    """One rollout. Times are seconds since it began; weights are per cent of the users."""

    image: str
    end: str
    weights: Sequence[tuple[float, int]]
    replies: Sequence[tuple[float, int]]
    told: Sequence[tuple[float, str]]
    reason: str


def page(acts: Sequence[Act]) -> str:
    """The whole page, which loads nothing."""
    parts = "".join(_section(act) for act in acts)
    return (
        f"<!doctype html><meta charset='utf-8'><title>Rollouts</title><style>{STYLE}</style>"
        f"<h1>Two rollouts behind one gateway</h1>{parts}"
    )


def _section(act: Act) -> str:
    failed = sum(status >= FAILED for _, status in act.replies)
    events = "".join(
        f"<li><b>{at:.0f} s</b> {escape(line.replace('_', ' '))}</li>" for at, line in act.told
    )
    return (
        f"<h2>{escape(act.image)}: {escape(act.end)}</h2>{picture(act)}"
        f"<p>{len(act.replies)} requests; {failed} of them were answered "
        "with an error. What the gateway let the old version answer in place of the new one counts "
        "against the new one, too.</p>"
        f"<ul>{events}</ul>"
    )


def picture(act: Act) -> str:
    """The share of users on the new version (line) and failed requests a second (bars)."""
    length = max((at for at, _ in act.replies), default=1.0)
    failures = Counter(int(at) for at, status in act.replies if status >= FAILED and at >= 0)
    most = max(failures.values(), default=1)

    def x(at: float) -> float:
        return LEFT + (WIDTH - 2 * LEFT) * at / length

    def y(share: float) -> float:
        return TOP + HEIGHT * (1 - share)

    bars = "".join(
        f"<rect x='{x(at):.1f}' y='{y(count / most):.1f}' width='{max(2, x(1) - x(0) - 1):.1f}' "
        f"height='{HEIGHT * count / most:.1f}' fill='#d33' opacity='0.75'/>"
        for at, count in failures.items()
    )
    points, last = [], 0
    for at, weight in act.weights:
        points += [f"{x(at):.1f},{y(last / 100):.1f}", f"{x(at):.1f},{y(weight / 100):.1f}"]
        last = weight
    points.append(f"{x(length):.1f},{y(last / 100):.1f}")
    grid = "".join(
        f"<line x1='{LEFT}' x2='{WIDTH - LEFT}' y1='{y(share)}' y2='{y(share)}' stroke='#ddd'/>"
        f"<text x='{LEFT - 8}' y='{y(share) + 4}' text-anchor='end'>{share:.0%}</text>"
        for share in (0, 0.1, 0.3, 0.5, 1)
    )
    seconds = "".join(
        f"<text x='{x(at):.1f}' y='{TOP + HEIGHT + 18}' text-anchor='middle'>{at} s</text>"
        for at in range(0, int(length) + 1, 5)
    )
    scale = f"<text x='{WIDTH - LEFT + 6}' y='{TOP + 4}'>{most}/s</text>" if failures else ""
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT + TOP + 50}' width='100%'>{grid}{bars}{seconds}{scale}"
        f"<polyline points='{' '.join(points)}' fill='none' stroke='#26c' stroke-width='2.5'/>"
        f"<text x='{LEFT}' y='{TOP + HEIGHT + 40}'>blue: users on the new version; red: failed "
        "requests a second</text></svg>"
    )
