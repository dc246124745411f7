"""Expressions of panels. Every scraped series is narrowed to the jobs and instances chosen.

What rules recorded has neither label, and a rate is taken before anything is added up.
"""

from __future__ import annotations

CHOSEN = 'job=~"$job", instance=~"$instance"'
SERVICE = 'service=~"$service"'


def scraped(metric: str, *matchers: str) -> str:
    """``metric`` of the targets that are chosen."""
    return f"{metric}{{{', '.join((CHOSEN, *matchers))}}}"


def inference(metric: str, *matchers: str) -> str:
    """A metric of the gateway, of the services that are chosen."""
    return scraped(metric, SERVICE, *matchers)


def recorded(metric: str) -> str:
    """What a rule recorded for each service."""
    return f"{metric}{{{SERVICE}}}"


def rate(selector: str, *, by: str = "") -> str:
    """A second's increase of a counter, added up over all series or ``by`` some labels."""
    return f"{total(by)} (rate({selector}[$__rate_interval]))"


def increase(selector: str, window: str, *, by: str = "") -> str:
    """The increase of a counter within ``window``; only where the window is what is shown."""
    return f"{total(by)} (increase({selector}[{window}]))"


def quantile(share: float, buckets: str, *, by: str = "") -> str:
    """What ``share`` of the observations stay below, by the buckets of a histogram."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({share:g}, {rate(buckets, by=labels)})"


def total(by: str) -> str:
    """``sum`` over all series or ``by`` some labels."""
    return f"sum by ({by})" if by else "sum"


def threshold(alert: str) -> str:
    """Where ``alert`` fires in this stack, which may have set another number than the default."""
    return f'max(alert_threshold{{alertname="{alert}"}})'
