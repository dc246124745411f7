"""A Kubernetes object on its way to the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Body = dict[str, Any]
"""An object, or a part of one, as the Kubernetes API spells it."""

Stage = Literal["namespace", "setup", "job", "server", "scaler"]
STAGES: tuple[Stage, ...] = ("namespace", "setup", "job", "server", "scaler")
"""Order of creation: each stage waits for all that came before it."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One object.

    ``suffix`` ends the logical name and never changes. ``templates`` maps file names to texts with
    ``${secret}`` in them: a Secret gets them, filled in, as ``stringData``; a workload gets their
    hash in its pod template. No secret is ever in ``body``. ``protect``: the engine refuses to
    delete or replace it until somebody says ``pulumi state unprotect``. ``ignored``: paths
    that are set when it is made, and that somebody else changes from then on.
    """

    suffix: str
    body: Body
    stage: Stage = "setup"
    timeout_seconds: int | None = None
    protect: bool = False
    ignored: tuple[str, ...] = ()
    templates: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
