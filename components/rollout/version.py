"""What a version of a service is called."""

import hashlib
import json
from dataclasses import asdict, replace

from ..spec import ServiceSpec

LENGTH = 12


def version(spec: ServiceSpec) -> str:
    """Twelve hex digits that change with anything in ``spec`` but its track.

    Canary and stable have the same version when nothing differs between them, and a version keeps
    its name when it is promoted.
    """
    text = json.dumps(asdict(replace(spec, track=None)), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]
