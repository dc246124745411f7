"""Verdicts, and the record of one: canonical JSON and its SHA-256."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class Verdict(StrEnum):
    """What a gate says, from best to worst."""

    PASS = "pass"  # noqa: S105 no password
    INCONCLUSIVE = "inconclusive"
    """Too little evidence. It holds, then pauses; it never ships and never rolls back."""
    ERROR = "error"
    """The evidence cannot be trusted."""
    FAIL = "fail"
    """The evidence is good, and the candidate is not."""


class Cause(StrEnum):
    """Who is to blame for a verdict of ``fail`` or ``error``."""

    CANARY_FAULT = "canary_fault"
    SHARED_DEPENDENCY = "shared_dependency"
    """The control fails as well and the candidate is no worse. Rolling back would not help."""
    BLIND = "blind"
    """Nobody can tell: the metrics are at fault."""


_ORDER = tuple(Verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; ``error`` for none, since a run without a gate has judged nothing."""
    return max(verdicts, key=_ORDER.index, default=Verdict.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate's verdict and what it rests on."""

    gate: str
    verdict: Verdict
    reason: str
    """A sentence for people, with the counts and the limit."""
    counts: dict[str, int] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict on one service at one step: the worst of its gates."""

    service: str
    weight: int
    """Per cent asked for."""
    verdict: Verdict
    cause: Cause | None
    gates: tuple[GateResult, ...]
    notes: tuple[str, ...] = ()
    """What a reader must know, such as gates that could not apply."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the verdict is what it is: the sentences of the gates that have it."""
        return tuple(gate.reason for gate in self.gates if gate.verdict is self.verdict)

    @property
    def json(self) -> str:
        """The record as canonical JSON; 2 and 2.0 are the same threshold."""
        document = asdict(self)
        for gate in document["gates"]:
            gate["thresholds"] = {
                name: round(float(value), 9) for name, value in gate["thresholds"].items()
            }
        return canonical_json(document)

    @property
    def sha256(self) -> str:
        """What the record is called: 64 hex digits."""
        return digest(self.json)


def canonical_json(document: Any) -> str:
    """One text for one document: sorted keys, no spaces, no NaN."""
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(text: str) -> str:
    """SHA-256 of ``text`` in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
