"""What Prometheus has kept, asked by its HTTP API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from . import EffectError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.spec import ServiceSpec

    from . import Inside


@dataclass(frozen=True, kw_only=True)
class Series:
    """One series: its labels, and its value at each Unix time at which it had one."""

    labels: Mapping[str, str]
    values: Mapping[float, float]


class Prometheus:
    """``spec`` by way of ``inside``."""

    def __init__(self, inside: Inside, spec: ServiceSpec) -> None:
        self._inside = inside
        self._spec = spec

    def range(self, query: str, *, start: float, end: float, step: int) -> Sequence[Series]:
        """Every series of ``query``, each ``step`` seconds from ``start`` to ``end``.

        EffectError when there is no answer, or it is no whole one.
        """
        asked = urlencode({"query": query, "start": start, "end": end, "step": step})
        text = self._inside.exchange(self._spec, f"/api/v1/query_range?{asked}")
        try:
            document = json.loads(text)
            if document["status"] != "success" or document.get("warnings"):
                raise EffectError(f"{self._spec.instance} has no whole answer to {query}")
            return [
                Series(
                    labels=each["metric"],
                    values={float(at): float(value) for at, value in each["values"]},
                )
                for each in document["data"]["result"]
            ]
        except (ValueError, KeyError, TypeError) as error:
            said = type(error).__name__
            raise EffectError(f"{self._spec.instance} gave no answer to read: {said}") from None
