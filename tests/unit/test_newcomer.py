"""Somebody new, with an empty home and nothing but Python, git and make."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WANTED = ("git", "make", "bash")


@pytest.mark.long
def test_the_readmes_two_commands_run_in_a_fresh_clone() -> None:
    missing = [tool for tool in WANTED if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"a newcomer needs {', '.join(missing)}")

    done = subprocess.run(
        ["scripts/newcomer"],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHON": sys.executable, **_pip()},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^(.+) took \d+ s$", done.stdout, re.MULTILINE)[1:] == [
        "make preview",
        ".venv/bin/rf plan staging --verbose",
    ]


def _pip() -> dict[str, str]:
    """Where this machine has its packages from."""
    return {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_"))}


def test_the_two_commands_are_those_of_the_readme() -> None:
    readme, script = Path("README.md").read_text(), Path("scripts/newcomer").read_text()

    for command in ("make preview", ".venv/bin/rf plan staging --verbose"):
        assert f"run {command}\n" in script
        assert command in readme
