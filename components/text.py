"""Configuration files as text."""

from collections.abc import Mapping
from typing import Any

import yaml

# libyaml writes the same text several times faster; a wheel without it has only the Python one.
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def to_yaml(document: Mapping[str, Any]) -> str:
    """``document`` as YAML, its keys in their own order."""
    text: str = yaml.dump(document, Dumper=_DUMPER, sort_keys=False)
    return text
