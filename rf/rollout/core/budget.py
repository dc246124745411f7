"""How the chance of a false rollback is divided over gates and steps."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ERROR_RATE = "error_rate"
ERRORS_VS_CONTROL = "errors_vs_control"
P95 = "p95"
P99 = "p99"
P95_VS_CONTROL = "p95_vs_control"
P99_VS_CONTROL = "p99_vs_control"

PARTS: Mapping[str, float] = MappingProxyType(
    {
        ERROR_RATE: 0.5,
        ERRORS_VS_CONTROL: 0.1,
        P95: 0.1,
        P99: 0.1,
        P95_VS_CONTROL: 0.1,
        P99_VS_CONTROL: 0.1,
    }
)
"""Part of ``alpha`` that each gate may use, 1 in all. Errors harm most and have most. A gate that
does not apply leaves its part unused."""


def evidence_to_fail(alpha: float, gate: str, start: int) -> float:
    """Evidence (nats) at which ``gate`` fails on what was counted since step ``start``, from 0.

    The test begins anew with every step, besides going on from the earlier ones: a fault that shows
    at 50 % is not outvoted by a clean 10 %. Half of the gate's part is for the test from the first
    step on, where a bad version meets traffic first, a quarter for the one from the second, and so
    on: less than the whole for any number of steps.
    """
    return -math.log(alpha * PARTS[gate]) + (start + 1) * math.log(2)


def evidence_to_pass(beta: float) -> float:
    """Evidence (nats) at which a gate passes a step, on what was counted in that step alone."""
    return -math.log(beta)
