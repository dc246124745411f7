"""Which versions go from one stack to the next, and who goes on with a rollout."""

from types import SimpleNamespace
from typing import Any

import pytest

from rf.cli import run
from rf.exit_codes import ExitCode
from rf.rollout import begin
from rf.rollout import session as session_module
from rf.rollout.candidates import Candidate, candidates
from rf.rollout.core import Phase
from settings import Settings, parse
from tests.conftest import platform
from tests.golden.typical_changes import merged

NEW = "nvcr.io/nvidia/tritonserver:26.08-py3"


def settings(stack: str, changed: dict[str, Any] | None = None) -> Settings:
    return parse(merged(platform(stack), changed or {}), f"Pulumi.{stack}.yaml").settings


def test_stacks_of_the_same_images_have_nothing_to_hand_over() -> None:
    assert candidates(settings("staging"), settings("production")) == ()


def test_an_image_that_only_the_first_stack_has_is_a_candidate() -> None:
    staging = settings("staging", {"services": {"triton": {"image": NEW}}})

    found = candidates(staging, settings("production"))

    assert found == (Candidate(service="triton", image=NEW),)


def test_a_version_that_is_on_its_way_is_not_begun_again() -> None:
    staging = settings("staging", {"services": {"triton": {"image": NEW}}})
    canary = {"rollout": {"services": {"triton": {"canary": {"image": NEW}}}}}

    assert candidates(staging, settings("production", canary)) == ()


def test_an_image_that_is_built_here_is_no_candidate() -> None:
    staging = settings("staging", {"services": {"faiss": {"image": "researchflow/faiss-server:9"}}})

    assert candidates(staging, settings("production")) == ()


def test_the_command_lists_a_line_for_each(capfd: pytest.CaptureFixture[str]) -> None:
    status = run(["rollout", "candidates", "--from", "staging", "--stack", "production"])

    assert (status, capfd.readouterr().out) == (0, "")


def session(*, is_over: bool = False, phase: Phase = Phase.RUNNING) -> SimpleNamespace:
    return SimpleNamespace(id="r1", is_over=is_over, state=SimpleNamespace(phase=phase))


@pytest.mark.parametrize(
    ("found", "status", "resumed"),
    [
        (None, ExitCode.DONE, False),
        (session(is_over=True), ExitCode.DONE, False),
        (session(phase=Phase.PAUSED), ExitCode.PAUSED, False),
        (session(), ExitCode.ROLLED_BACK, True),
    ],
    ids=["none", "over", "paused", "interrupted"],
)
def test_the_schedule_goes_on_only_where_a_controller_has_ended(
    monkeypatch: pytest.MonkeyPatch, found: Any, status: ExitCode, *, resumed: bool
) -> None:
    said: list[str] = []
    asked: list[str | None] = []
    wiring: Any = SimpleNamespace(store=None, name="production", say=said.append)

    def resume(_: Any, *, commits: str | None) -> ExitCode:
        asked.append(commits)
        return ExitCode.ROLLED_BACK

    monkeypatch.setattr(session_module, "latest", lambda _store, _name: found)
    monkeypatch.setattr(begin, "resume", resume)

    assert begin.resume_interrupted(wiring, commits="") is status
    assert asked == ([""] if resumed else [])
    assert len(said) == (0 if resumed else 1)
