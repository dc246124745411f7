"""The head of every runbook: its numbers come from the rules, the rest is written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .inhibition import INHIBITIONS
from .model import OPERATORS, duration, number

if TYPE_CHECKING:
    from components.thresholds import Threshold

    from .model import Alert, Facts

BEGIN = "<!-- From here to the end mark: written by `python -m alerts`. -->"
END = "<!-- End of what is generated. -->"
BODY = """
## Meaning

## Impact

## First commands

```bash
```

## What helps

## Related panels
"""
SECTIONS = ("Meaning", "Impact", "First commands", "What helps", "Related panels")
BOARDS = {
    "ai-overview": "AI Overview",
    "ollama-detail": "Ollama Detail",
    "triton-detail": "Triton Detail",
    "faiss-detail": "FAISS Detail",
    "cost-analysis": "Cost Analysis",
    "infrastructure-health": "Infrastructure Health",
    "rollout": "Rollout",
}
"""Title of each dashboard, by its uid."""


SPECIAL = {
    "Watchdog": "always",
    "GpuBudgetExceeded": "above `cost.budget` for 1h",
}
"""Alerts without a number of their own."""


def page(alert: Alert, facts: Facts, present: str = "") -> str:
    """The runbook of ``alert``: a new head on the ``present`` text, or on an empty one."""
    _, _, body = present.partition(f"{END}\n")
    return f"# {alert.name}\n\n{BEGIN}\n\n{head(alert, facts)}\n{END}\n{body or BODY}"


def head(alert: Alert, facts: Facts) -> str:
    """What the rule says, as a table."""
    threshold = facts.threshold(alert.name)
    rows = {
        "Fires": SPECIAL.get(alert.name) or fires(threshold),
        "Severity": alert.severity,
        "About": f"{alert.service or 'the service in its label'} ({alert.category})",
        "Measured": f"`{alert.measures}`".replace("|", "\\|"),
        "Needs": ", ".join(sorted(alert.needs)) or "nothing in particular",
        "Dashboard": BOARDS[alert.dashboard],
        "Silent while": ", ".join(silencers(alert.name)) or "nothing else",
        "Other numbers": f"`services.prometheus.alerts.thresholds.{alert.name}`",
    }
    if alert.name in SPECIAL:
        del rows["Other numbers"]
    table = "".join(f"| {name} | {text} |\n" for name, text in rows.items())
    return f"{alert.summary}\n\n| | |\n|---|---|\n{table}"


def fires(threshold: Threshold) -> str:
    """When, in words: ``above 5000 ms for 2m``."""
    value = number(threshold.value)
    unit = "" if threshold.unit in ("1", "events") else f" {threshold.unit}"
    if threshold.unit == "s":
        value, unit = duration(int(threshold.value)), ""
    if threshold.unit == "ratio":
        value, unit = f"{number(100 * threshold.value)} %", ""
    lasting = f" for {duration(threshold.for_seconds)}" if threshold.for_seconds else ""
    return f"{threshold.side} {value}{unit}{lasting} (`{OPERATORS[threshold.side]}`)"


def silencers(name: str) -> list[str]:
    """The alerts that, while they fire for the same thing, keep this one from notifying."""
    return sorted(f"[{i.source}]({i.source}.md)" for i in INHIBITIONS if name in i.targets)
