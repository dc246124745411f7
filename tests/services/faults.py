"""Faults put into a server process from outside: Python imports ``sitecustomize`` before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def replace_search(shims: Path, body: str) -> None:
    """Make faiss search an exact index by ``body``, which returns (distances, neighbours)."""
    (shims / "sitecustomize.py").write_text(
        "import os, time, faiss, numpy\n"
        f"def search(self, *args, **kwargs):\n    {body}\n"
        "faiss.IndexFlatL2.search = search\n"
    )


@dataclass(frozen=True)
class Held:
    """A search that has begun, and ends when it is let go."""

    folder: Path

    def has_begun(self) -> bool:
        """Whether anybody is in it."""
        return (self.folder / "begun").exists()

    def let_go(self) -> None:
        """Let it answer."""
        (self.folder / "let-go").touch()


def hold_search(shims: Path, answer: str) -> Held:
    """Make faiss search an exact index by ``answer``, after it was let go."""
    held = Held(shims)
    wait = f"while not os.path.exists({str(shims / 'let-go')!r}):\n        time.sleep(0.01)"
    begin = f"open({str(shims / 'begun')!r}, 'w').close()"
    replace_search(shims, f"{begin}\n    {wait}\n    return {answer}")
    return held


def replace_resolver(shims: Path, body: str) -> None:
    """Make the name ``ollama.test`` resolve by ``body``, which returns what getaddrinfo does."""
    (shims / "sitecustomize.py").write_text(
        "import socket, time\n"
        "def answer(family, *sockaddr):\n"
        "    return family, socket.SOCK_STREAM, 6, '', sockaddr\n"
        f"def getaddrinfo(host, port, *args, **kwargs):\n    {body}\n"
        "real, fake = socket.getaddrinfo, getaddrinfo\n"
        "socket.getaddrinfo = lambda host, *args, **kwargs: (\n"
        "    fake if host == 'ollama.test' else real)(host, *args, **kwargs)\n"
    )
