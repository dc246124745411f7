"""``rf rollout`` from the outside: stack files in, text and exit status out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rf.exit_codes import ExitCode
from rf.rollout.wiring import Wiring
from tests.unit.rollout_project import NEW, Inside, Told, digest, rollout_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Rf


@pytest.fixture
def rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command_line: Rf) -> Told:
    """``rf rollout`` in a project of its own."""
    return rollout_in(tmp_path, monkeypatch, command_line)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give --feature F --target-percentage N, or --service X"),
        (("--feature", "ai_inference", *NEW), "give --feature F"),
        (("--feature", "nothing", "--target-percentage", "5"), "features are ai_inference"),
        (("--feature", "ai_inference"), "--target-percentage is missing"),
        (("--feature", "ai_inference", "--target-percentage", "101"), "whole number from 0 to 100"),
        (("--feature", "ai_inference", "--target-percentage", "-1"), "whole number from 0 to 100"),
        (("--feature", "ai_inference", "--target-percentage", "9.5"), "whole number from 0 to 100"),
        (("--feature", "ai_inference", "--target-percentage", "50"), "take it back use --rollback"),
        (("--feature", "ai_inference", "--rollback"), "no rollout of ai_inference is on record"),
        (
            ("--feature", "ai_inference", "--rollback", "--target-percentage", "101"),
            "takes it to a lower percentage",
        ),
        (("--rollback", "--service", "triton"), "--rollback goes with --feature"),
        (("--service", "redis", "--image", "redis:8"), "services are ollama, triton, faiss"),
        (("--service", "triton"), "nothing is to change"),
        (("--service", "triton", "--image", "x"), "needs an exact tag or a digest"),
        (("--service", "triton", "--set", "memory"), "write KEY=VALUE"),
        (("--service", "triton", "--set", "memory=much"), "memory"),
        (("--service", "triton", "--set", "nix=1"), "unknown key"),
        ((*NEW, "--steps", "10,x"), "write whole numbers with commas"),
        ((*NEW, "--steps", "50,10,100"), "they must rise"),
        ((*NEW, "--steps", "10,50"), "end at 100"),
        (("status",), "no rollout was ever begun in local"),
        (("resume",), "no rollout was ever begun in local"),
        (("pause",), "no rollout was ever begun in local"),
        (("abort",), "no rollout was ever begun in local"),
        (("promote",), "no rollout was ever begun in local"),
        (("replay", "0" * 64), "neither a file nor a verdict on record"),
        (("replay", "Pulumi.yaml"), "is no bundle of evidence"),
        ((*NEW, "--stack", "nowhere"), "nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_answered_with_a_sentence(
    rf: Told, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = digest(tmp_path)

    status, text = rf(*arguments)

    assert status == ExitCode.ERROR
    assert said in text
    assert "Traceback" not in text
    assert digest(tmp_path) == before


@pytest.mark.parametrize(
    "arguments", [NEW, ("--feature", "ai_inference", "--rollback", "--target-percentage", "10")]
)
def test_a_dry_run_says_what_would_happen_and_changes_no_byte(
    rf: Told, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    before = digest(tmp_path)

    status, text = rf(*arguments, "--dry-run")

    assert status == ExitCode.DONE, text
    assert "10 %" in text
    assert digest(tmp_path) == before


def test_a_dry_run_names_stages_evidence_and_time(rf: Told) -> None:
    _, text = rf(*NEW, "--dry-run")

    assert "1. shift: 10 % of the users get it, for 60 s at least" in text
    assert "7. remove: the second copy goes\n" in text
    assert "requests at least" in text
    assert "without requests there is no verdict: the rollout would pause" in text
    assert "runs twice" in text


def test_a_dry_run_of_a_feature_names_the_header_by_which_its_users_are_told_apart(
    rf: Told, tmp_path: Path
) -> None:
    path = tmp_path / "Pulumi.local.yaml"
    path.write_text(path.read_text().replace("vector_search: 100", "vector_search: 0"))

    _, text = rf("--feature", "vector_search", "--target-percentage", "50", "--dry-run")

    assert "1. shift: 10 % of the users get it" in text
    assert "compared with the others" in text
    assert "x-researchflow-feature-vector-search: on or off" in text


def test_without_a_prometheus_a_dry_run_says_that_the_setting_counts(rf: Told) -> None:
    _, text = rf(*NEW, "--dry-run")

    assert "no history, so the setting gates.design_effect says" in text
    assert "prometheus gives no answer" in text
    assert "design effect of errors: 2, the setting, not measured" in text


def test_with_one_a_dry_run_counts_with_what_the_last_day_shows(
    rf: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "inside", Inside(knows=True))
    before = digest(tmp_path)

    _, text = rf(*NEW, "--dry-run")

    (found,) = re.findall(r"design effect of errors: ([\d.]+), measured on the last day", text)
    assert float(found) > 20
    assert "requests slower than 5000 ms: 2, the setting, not measured" in text
    assert "no history" not in text
    assert digest(tmp_path) == before
