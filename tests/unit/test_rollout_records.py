"""What a rollout leaves behind to be read: its evidence, and a log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rf.cli import run
from rf.rollout.core import Bundle, Evidence, GateArgs
from rf.rollout.log import Log

if TYPE_CHECKING:
    import pytest


def test_a_bundle_gives_its_verdict_without_a_project(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    evidence = Evidence(service="triton", bounds_ms=(5000, 10000), steps=())
    Path("bundle.json").write_text(Bundle(args=GateArgs(), evidence=evidence).json)

    first = (run(("rollout", "replay", "bundle.json")), capfd.readouterr().out)
    again = (run(("rollout", "replay", "bundle.json")), capfd.readouterr().out)

    assert first == again
    assert "triton at 0 %: error" in first[1]


def test_the_log_has_a_file_a_day_and_keeps_thirty_days(tmp_path: Path) -> None:
    log = Log(tmp_path / "logs")
    begin = datetime(2026, 1, 1, 12, tzinfo=UTC)

    for day in range(40):
        log.write(f"day {day}", begin + timedelta(days=day))

    names = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert names[0] == "feature-rollout-2026-01-10.log"
    assert names[-1] == "feature-rollout-2026-02-09.log"
    assert len(names) == 31
