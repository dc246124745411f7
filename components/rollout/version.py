"""What a version of a service is called."""

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

from ..spec import ServiceSpec

LENGTH = 12
ABOUT_SCALING = ("scaling", "asked_by_scaler")
"""How many copies run says nothing about what they are, and changes while a rollout runs."""


def version(spec: ServiceSpec) -> str:
    """Twelve hex digits that change with anything in ``spec`` but its track.

    Canary and stable have the same version when nothing differs between them, and a version keeps
    its name when it is promoted.
    """
    described = asdict(replace(spec, track=None, scaling=None))
    for name in ABOUT_SCALING:
        del described[name]
    text = json.dumps(_plain(described), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def _plain(value: Any) -> Any:
    """``value`` with whole numbers as such: 4 and 4.0 CPUs are the same."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
