"""The fenced blocks of a page, and what the page's source says of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = ("README.md", "docs/DEPLOYMENT.md")
FENCE = re.compile(
    r"(?:^<!-- (?P<mark>parsed|settings): (?P<about>[^\n]+?) -->\n)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SHELL = "bash"
SETTINGS = "yaml"


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block, and what the comment above it says.

    ``needs`` is what its commands would need, so that they are not run here; ``stack`` is whose its
    settings are.
    """

    page: str
    line: int
    language: str
    text: str
    needs: str | None
    stack: str | None

    @property
    def name(self) -> str:
        """Where it is."""
        return f"{self.page}:{self.line}"

    @property
    def lines(self) -> list[str]:
        """Its command lines; the shell's continuations are joined, comments left out."""
        joined = self.text.replace("\\\n", " ").splitlines()
        return [line.strip() for line in joined if line.strip() and not line.startswith("#")]


def blocks(language: str) -> list[Block]:
    """The blocks of all pages in ``language``, in their order."""
    return [block for page in PAGES for block in _of(page) if block.language == language]


def _of(page: str) -> Iterator[Block]:
    text = Path(page).read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        mark, about = found["mark"], found["about"]
        yield Block(
            page=page,
            line=text.count("\n", 0, found.start("language")) + 1,
            language=found["language"],
            text=found["text"],
            needs=about if mark == "parsed" else None,
            stack=about if mark == "settings" else None,
        )
