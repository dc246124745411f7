"""Proof that an alert can fire: what it reads exists, and its number can be reached.

Not proven here, but by the scenarios: that it fires at the right minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.model import Alert, Record
from components.monitoring.scraping import INTERVAL
from tests.monitoring.promql import RATES, groupings, selections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from alerts.model import Facts
    from tests.monitoring.catalogue import Metric

    Catalogue = Mapping[str, tuple[Metric, ...]]
    Rule = Alert | Record

SCRAPE_SECONDS = int(INTERVAL.removesuffix("s"))
SCRAPES = 4
"""A window that holds fewer is empty after one failed scrape, or says little."""
COUNTERS = frozenset({"counter", "histogram", "summary", "untyped"})
GAUGES = frozenset({"gauge", "untyped"})
OF_GAUGES = frozenset({"delta", "idelta", "deriv", "predict_linear"})


def problems(rules: Iterable[Rule], catalogue: Catalogue, facts: Facts) -> list[str]:
    """What is wrong with ``rules``, a sentence each."""
    known = list(rules)
    recorded = {rule.name for rule in known if isinstance(rule, Record)}
    found = []
    for rule in known:
        expr = rule.condition if isinstance(rule, Alert) else rule.expr
        sentences = [
            *_series(expr, catalogue, recorded),
            *_labels(expr, catalogue),
            *_windows(expr),
            *_types(expr, catalogue, recorded),
        ]
        if isinstance(rule, Alert):
            sentences += _reachable(rule, known, catalogue, facts)
        found += [f"{rule.name}: {sentence}" for sentence in sentences]
    return found


def _series(expr: str, catalogue: Catalogue, recorded: set[str]) -> Iterator[str]:
    for each in selections(expr):
        if each.name not in catalogue and each.name not in recorded:
            yield f"nothing exposes {each.name}"


def _labels(expr: str, catalogue: Catalogue) -> Iterator[str]:
    for each in selections(expr):
        for label, _ in each.matchers:
            if each.name in catalogue and not _has(catalogue, each.name, label):
                yield f"{each.name} has no label {label}"
    for grouping in groupings(expr):
        names = [each.name for each in grouping.below if each.name in catalogue]
        # What label_replace adds is in no catalogue.
        if any(each.function == "label_replace" for each in grouping.below):
            continue
        for label in sorted(grouping.labels):
            if names and not any(_has(catalogue, name, label) for name in names):
                yield f"{grouping.operation} by {label}, which {names[0]} has not"


def _has(catalogue: Catalogue, name: str, label: str) -> bool:
    return any(label in metric.labels for metric in catalogue[name])


def _windows(expr: str) -> Iterator[str]:
    for each in selections(expr):
        if 0 < each.seconds < SCRAPES * SCRAPE_SECONDS:
            yield (
                f"{each.name} over {each.seconds:g} s; take {SCRAPES * SCRAPE_SECONDS} s or more, "
                f"which are {SCRAPES} scrapes"
            )


def _types(expr: str, catalogue: Catalogue, recorded: set[str]) -> Iterator[str]:
    for each in selections(expr):
        if each.function in RATES and each.name in recorded:
            yield f"{each.function} of {each.name}, which a rule made: resets are lost in it"
        kinds = {metric.kind for metric in catalogue.get(each.name, ())}
        if each.function in RATES and kinds and not kinds & COUNTERS:
            yield f"{each.function} of {each.name}, which is no counter"
        if each.function in OF_GAUGES and kinds and not kinds & GAUGES:
            yield f"{each.function} of {each.name}, which is no gauge"


def _reachable(
    alert: Alert, rules: list[Rule], catalogue: Catalogue, facts: Facts
) -> Iterator[str]:
    threshold = facts.threshold(alert.name)
    if threshold.unit == "ratio" and not 0 < threshold.value <= 1:
        yield f"a share is never {threshold.side} {threshold.value:g}"
    if threshold.unit != "ms":
        return
    bounds = _bounds(alert.measures, rules, catalogue)
    if not bounds:
        yield "it compares a duration, and no histogram is behind it"
    elif threshold.value not in bounds:
        yield f"{threshold.value:g} ms is no bound of the histogram"
    elif threshold.value >= max(bounds):
        yield f"no quantile is ever above {max(bounds):g} ms, the highest finite bound"


def _bounds(measures: str, rules: list[Rule], catalogue: Catalogue) -> set[float]:
    """The bounds of the histograms behind an expression, through the rules that record it."""
    expressions = {rule.name: rule.expr for rule in rules if isinstance(rule, Record)}
    found: set[float] = set()
    for each in selections(measures):
        if each.name in expressions:
            found |= _bounds(expressions[each.name], rules, catalogue)
        for metric in catalogue.get(each.name, ()):
            found |= set(metric.bounds)
    return found
