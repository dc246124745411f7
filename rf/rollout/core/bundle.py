"""The evidence bundle: all that a verdict rests on, as a file that gives it again anywhere."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from .evidence import Evidence
from .settings import GateArgs
from .verdict import canonical_json, digest

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Evidence of one service with the settings it was judged by."""

    args: GateArgs
    evidence: Evidence
    tool: str = ""
    """Version of the program that wrote it; no part of the verdict."""
    queries: tuple[str, ...] = ()
    """Where the numbers came from, for people; no part of the verdict."""
    format: int = FORMAT

    @property
    def json(self) -> str:
        """The bundle as canonical JSON."""
        # Read back, so that it is the same before and after it was a file (0 becomes 0.0).
        read = _BUNDLE.validate_python(_BUNDLE.dump_python(self, mode="json"))
        return canonical_json(_BUNDLE.dump_python(read, mode="json"))

    @property
    def sha256(self) -> str:
        """What the bundle is called: 64 hex digits that change with any count or setting."""
        return digest(self.json)


def read_bundle(text: str) -> Bundle:
    """The bundle in ``text``; ValueError with the reason where it is none."""
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else None
        raise ValueError(f"the bundle's format is {found}; this version reads format {FORMAT}")
    bundle: Bundle = _BUNDLE.validate_python(document)
    return bundle


_BUNDLE: TypeAdapter[Any] = TypeAdapter(Bundle)
