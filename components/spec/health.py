"""How one sees that a server is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tool = Literal["wget", "curl", "python", "bash"]


@dataclass(frozen=True, kw_only=True)
class HttpCheck:
    """Healthy when GET ``path`` answers 2xx.

    ``tool`` is what the image has to ask with from inside (Docker has no HTTP probe), or, where
    there is nothing, the reason why Docker cannot check.
    """

    port: int
    path: str
    tool: Tool | NoTool


@dataclass(frozen=True, kw_only=True)
class NoTool:
    """The image holds nothing that could ask; says why, and that is shown to reviewers."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class ExecCheck:
    """Healthy when ``command`` exits 0 inside the container."""

    command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NoCheck:
    """No health check at all, and why."""

    reason: str


Check = HttpCheck | ExecCheck | NoCheck


@dataclass(frozen=True, kw_only=True)
class Health:
    """``startup`` may take ``startup_seconds``; then ``ready`` gates traffic, ``live`` restarts."""

    ready: Check
    live: Check | None = None
    startup: Check | None = None
    startup_seconds: int = 60
