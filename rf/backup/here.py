"""Runs the backup tool as a process of this machine, with the credentials that this user has."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SERVICE = "services/faiss_server"


def run(root: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run it with the sources below ``root``; its exit status. It prints for itself."""
    done = subprocess.run(
        [sys.executable, "-m", "faiss_server.backup", *arguments],
        env={**os.environ, **variables, "PYTHONPATH": str(root / SERVICE)},
        check=False,
    )
    return done.returncode
