"""Whether the stack file is still what a rollout left it as. People edit it, too."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ..stack_edit import REMOVED, edited
from .subject import VersionSubject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .core import State
    from .subject import Subject


def fingerprint(platform: Mapping[str, Any], subject: Subject) -> str:
    """What all settings come to that are no part of the rollout of ``subject``."""
    others = edited(platform, dict.fromkeys(subject.owned, REMOVED))
    return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()


def differences(
    platform: Mapping[str, Any], subject: Subject, state: State, *, settings: str
) -> str:
    """What somebody has changed since, and what to do about it; empty when nothing was."""
    if state.current is not None:
        found = subject.weight_in(platform)
        if found != state.weight:
            return (
                f"the stack file gives {subject.name} {found} %, and this rollout left it at "
                f"{state.weight} %; set it back and rf rollout resume, or rf rollout abort"
            )
        if isinstance(subject, VersionSubject) and not subject.is_in(platform):
            return (
                f"the canary of {subject.name} was changed in the stack file; put it back and "
                "rf rollout resume, or rf rollout abort"
            )
    if fingerprint(platform, subject) != settings:
        return (
            "other settings of the stack file were changed meanwhile; rf rollout resume goes on "
            "with them, and the next full deployment applies them"
        )
    return ""
