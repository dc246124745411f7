"""Numbers as people read them."""

from __future__ import annotations


def per_cent(part: float, whole: float = 1) -> str:
    """``5.8 %``; no more digits than say something."""
    return f"{100 * part / whole:.3g} %" if whole else "no share"


def of(events: int, requests: int) -> str:
    """``7 of 120 = 5.83 %``."""
    return f"{events} of {requests} = {per_cent(events, requests)}" if requests else "0 of 0"
