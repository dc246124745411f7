"""An expression taken apart: what it selects, over which windows, by which functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import promql_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

RATES = frozenset({"rate", "irate", "increase"})


@dataclass(frozen=True, kw_only=True)
class Selection:
    """One selector: ``seconds`` is its window (0: an instant), ``function`` what it is given to."""

    name: str
    matchers: tuple[tuple[str, str], ...]
    seconds: float
    function: str


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """The labels that something is added up by, or ``without``, and the metrics below it."""

    labels: frozenset[str]
    without: bool
    operation: str
    below: tuple[Selection, ...]


def selections(expr: str) -> list[Selection]:
    """Every selector of ``expr``; ValueError when it is no PromQL."""
    return list(_selections(promql_parser.parse(expr), ""))


def groupings(expr: str) -> list[Grouping]:
    """Every aggregation of ``expr``."""
    return list(_groupings(promql_parser.parse(expr)))


def _selections(node: Any, function: str) -> Iterator[Selection]:
    kind = type(node).__name__
    if kind == "VectorSelector":
        yield _selection(node, 0, function)
    elif kind == "MatrixSelector":
        yield _selection(node.vector_selector, node.range.total_seconds(), function)
    else:
        called = node.func.name if kind == "Call" else function if kind == "ParenExpr" else ""
        for child in _children(node):
            yield from _selections(child, called)


def _selection(node: Any, seconds: float, function: str) -> Selection:
    matchers = tuple((each.name, each.value) for each in node.matchers.matchers)
    return Selection(name=node.name, matchers=matchers, seconds=seconds, function=function)


def _groupings(node: Any) -> Iterator[Grouping]:
    if type(node).__name__ == "AggregateExpr":
        modifier = node.modifier
        yield Grouping(
            labels=frozenset(modifier.labels if modifier else ()),
            without=str(modifier).startswith("without"),
            operation=str(node.op),
            below=tuple(_selections(node.expr, "")),
        )
    for child in _children(node):
        yield from _groupings(child)


def _children(node: Any) -> list[Any]:
    named = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "param")]
    return [
        child
        for child in (*named, *(getattr(node, "args", None) or ()))
        if child is not None and type(child).__module__ == promql_parser.__name__
    ]
