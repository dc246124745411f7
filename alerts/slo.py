"""How fast the errors that the objective allows are used up.

Two windows for each pace, so that an alert begins on evidence and ends soon after the errors do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .inference import BOARD, GATEWAY, RATIO_RECORD, enough, ratios
from .model import Alert, Group, Record, number

if TYPE_CHECKING:
    from .model import Facts, Severity

BURN_WINDOWS = ("1h", "30m", "2h", "6h", "1d", "3d")
PAGE = (("1h", "5m", 1.0), ("6h", "30m", 6 / 14.4))
TICKET = (("1d", "2h", 1.0), ("3d", "6h", 1 / 3))
"""Long window, short window, and the share of the threshold that holds there (Google's SRE
workbook, chapter 5: 14.4 and 6 times for a page, 3 and 1 times for a ticket)."""
BURNS: tuple[tuple[str, tuple[tuple[str, str, float], ...], Severity], ...] = (
    ("ErrorBudgetBurnFast", PAGE, "critical"),
    ("ErrorBudgetBurnSlow", TICKET, "warning"),
)


def slo(facts: Facts) -> Group:
    """How fast the errors that the objective allows are used up."""
    return Group(
        name="slo",
        interval_seconds=60,
        rules=(
            *(record for window in BURN_WINDOWS for record in ratios(window)),
            Record(name="inference_objective_ratio", expr=f"vector({number(facts.objective)})"),
            *burns(facts),
        ),
    )


def burns(facts: Facts) -> tuple[Alert, Alert]:
    """Errors at a pace that uses up a month's allowance early; two windows, so that they end."""
    fast, slow = (
        Alert(
            name=name,
            measures=f"{RATIO_RECORD.format(window=arms[0][0])} / {number(1 - facts.objective)}",
            condition=" or ".join(f"({arm})" for arm in burn_arms(facts, name, arms)),
            severity=severity,
            category="inference",
            service="",
            dashboard=BOARD,
            summary="Errors use up the month's allowance too fast.",
            description=(
                "{{ $labels.service }}: {{ $value | humanizePercentage }} of requests failed; the "
                f"objective allows {number(100 * (1 - facts.objective))} % over a month."
            ),
            needs=GATEWAY,
        )
        for name, arms, severity in BURNS
    )
    return fast, slow


def burn_arms(facts: Facts, name: str, arms: tuple[tuple[str, str, float], ...]) -> list[str]:
    """One condition for each pair of windows."""
    threshold = facts.threshold(name).value
    found = []
    for long, short, share in arms:
        bound = number(threshold * share * (1 - facts.objective))
        both = (
            f"{RATIO_RECORD.format(window=long)} > {bound} and on (service) "
            f"{RATIO_RECORD.format(window=short)} > {bound}"
        )
        found.append(enough(facts, both, long))
    return found
