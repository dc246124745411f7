"""Kubernetes files, and ``rf policy check`` on them."""

from pathlib import Path

import pytest
import yaml

from rf.cli import run
from tests.policy.manifests import Check, Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, *documents: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump_all(documents))
        return path

    return written


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    def checked(*arguments: object) -> tuple[int, str, str]:
        status = run(["policy", "check", *map(str, arguments)])
        written = capsys.readouterr()
        return status, written.out, written.err

    return checked
