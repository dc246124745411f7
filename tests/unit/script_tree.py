"""A checkout whose commands only take notes, for the scripts of the workflows."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

MAKEFILE = ".venv-run:\n\t@true\n.PHONY: .venv-run\n"
STAND_IN = """#!/usr/bin/env bash
echo "$(basename "$0") $*" >> "$CALLS"
{body}
"""


class Tree:
    """A folder with the scripts, a Makefile and stand-ins."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls = root / "calls"
        self.output = root / "output"
        shutil.copytree("scripts/ci", root / "scripts/ci")
        (root / "Makefile").write_text(MAKEFILE)
        (root / ".venv/bin").mkdir(parents=True)
        (root / "bin").mkdir()

    def stand_in(self, name: str, body: str = "") -> None:
        """``rf`` goes where the scripts expect it, everything else on PATH."""
        path = self.root / (".venv/bin" if name == "rf" else "bin") / name
        path.write_text(STAND_IN.format(body=body))
        path.chmod(0o755)

    def run(
        self, *command: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        given = {
            "PATH": f"{self.root}/bin:{os.environ['PATH']}",
            "HOME": str(self.root),
            "CALLS": str(self.calls),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.root / "summary"),
            "HEALTH_PAUSE": "0",
            "PUSH_PAUSE": "0",
            **(environment or {}),
        }
        return subprocess.run(
            command, cwd=self.root, env=given, capture_output=True, text=True, check=False
        )

    @property
    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []
