"""Samples as a server gives them, and sums over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from tests.services.server_process import Series, series

if TYPE_CHECKING:
    from collections.abc import Mapping

Samples = dict[Series, float]


def samples(text: str) -> Samples:
    """Every sample of a scrape in Prometheus' text format; ValueError on text that is not."""
    # Without its type, a counter keeps its own name: the parser would end each in "_total".
    untyped = "\n".join(line for line in text.splitlines() if not line.startswith("# TYPE "))
    return {
        series(sample.name, **sample.labels): sample.value
        for family in text_string_to_metric_families(untyped + "\n")
        for sample in family.samples
    }


def total(found: Mapping[Series, float], name: str, **labels: str) -> float:
    """Sum over the series ``name`` that have all ``labels``; KeyError when there is none."""
    wanted = set(labels.items())
    values = [value for (n, has), value in found.items() if n == name and wanted <= has]
    if not values:
        raise KeyError(f"no series {name} with {labels}")
    return sum(values)
