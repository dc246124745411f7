"""What a rule refuses and what it accepts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Properties = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Properties of resources of the type ``token`` that break ``rule`` and that keep it.

    ``config`` is the rule's own; ``stack`` is where the resources are; ``beside`` are others in it,
    as (type token, properties).
    """

    rule: str
    token: str
    red: tuple[Properties, ...]
    green: tuple[Properties, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    stack: str = "production"
    beside: tuple[tuple[str, Properties], ...] = ()
