"""What keeps a rollout from being begun."""

from __future__ import annotations

import io
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from rf.deploy import deployment, packs
from rf.exit_codes import ExitCode
from rf.rollout.wiring import Wiring
from settings import parse
from tests.conftest import Rf, platform
from tests.unit.rollout_project import NEW, Gateways, Told, digest, rollout_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command_line: Rf) -> Told:
    """``rf rollout`` in a project of its own."""
    return rollout_in(tmp_path, monkeypatch, command_line)


@pytest.mark.parametrize("answer", ["", "n\n"], ids=["nobody", "no"])
@pytest.mark.parametrize(
    "arguments", [NEW, ("--feature", "ai_inference", "--rollback", "--target-percentage", "10")]
)
def test_without_a_yes_nothing_is_begun(
    rf: Told,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    answer: str,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    stack = parse(platform("local"), "Pulumi.local.yaml").settings.context
    monkeypatch.setattr(
        deployment,
        "outputs",
        lambda *_: {
            "weights": {name: dict(shares) for name, shares in stack.weights.items()},
            "features": dict(stack.features),
        },
    )
    before = digest(tmp_path)

    status, text = rf(*arguments)

    assert status == ExitCode.ERROR
    assert "nothing was changed" in text
    assert ("--force asks no questions" in text) == (not answer)
    assert "internal error" not in text
    assert digest(tmp_path) == before


def test_nothing_is_begun_where_gateways_serve_something_else(
    rf: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "gateways", Gateways(behind=True))

    status, text = rf(*NEW, "--dry-run")

    assert status == ExitCode.PREFLIGHT
    assert "gateway serves routes of triton that are not those of the stack file" in text


@pytest.mark.parametrize(
    ("up", "status"), [(0, ExitCode.PREFLIGHT), (1, ExitCode.DONE), (2, ExitCode.DONE)]
)
def test_nothing_is_begun_where_nobody_could_be_sent_back(
    rf: Told, monkeypatch: pytest.MonkeyPatch, up: int, status: ExitCode
) -> None:
    monkeypatch.setattr(Wiring, "gateways", Gateways(up=up))

    found, text = rf(*NEW, "--dry-run")

    assert found == status
    assert ("targets: none of the 2 instances of triton is healthy" in text) == (up == 0)


def test_nothing_is_begun_where_gateways_do_not_answer(
    rf: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "gateways", Gateways(silent=True))

    status, text = rf(*NEW, "--dry-run")

    assert status == ExitCode.PREFLIGHT
    assert "gateways: gateway gives no answer" in text


def test_nothing_is_begun_on_a_cluster_without_an_operator_it_needs(
    rf: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "lacking", lambda *_: ("ollama-stable: the cluster has no KEDA",))

    status, text = rf(*NEW, "--dry-run")

    assert status == ExitCode.PREFLIGHT
    assert "not begun\ncluster: ollama-stable: the cluster has no KEDA" in text


def test_an_interrupt_is_no_defect(rf: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Gateways, "scrape", interrupted)

    status, text = rf(*NEW, "--dry-run")

    assert status == 128 + signal.SIGINT
    assert "error" not in text
    assert "Traceback" not in text


def test_steps_that_the_policies_refuse_are_not_begun(rf: Told) -> None:
    status, text = rf(*NEW, "--steps", "30,100", "--dry-run")

    assert status == ExitCode.PREFLIGHT
    assert "policy rollout/" in text


@pytest.mark.parametrize("manner", ["--dry-run", "--force"])
def test_nothing_is_begun_without_the_policy_packs(
    rf: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: str
) -> None:
    monkeypatch.setattr(packs, "POLICIES", tmp_path)
    monkeypatch.setattr(deployment, "outputs", lambda *_: {})
    before = digest(tmp_path)

    status, text = rf(*NEW, manner)

    assert status == ExitCode.PREFLIGHT
    assert "policies: the policy pack security is missing" in text
    assert digest(tmp_path) == before
