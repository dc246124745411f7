"""``rf rollout`` from the outside: stack files in, text and exit status out."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from components.gateway.metrics import ERRORS, REQUESTS
from rf.cli import run
from rf.deploy import deployment, packs
from rf.exit_codes import ExitCode
from rf.rollout import preflight
from rf.rollout.effects import EffectError
from rf.rollout.lanes import expected
from rf.rollout.wiring import Wiring
from settings import parse
from tests.conftest import platform
from tests.rollout.statistics import statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.spec import ServiceSpec

Rf = Callable[..., tuple[int, str]]
ROOT = Path.cwd()
NEW = ("--service", "triton", "--image", "example/triton:2")
ROOM = "\n    capacity: {cpus: 96, memory: 192, disk: 2000}\n"


class Gateways:
    """One gateway that serves what the stack file says, or another thing, or nothing.

    ``up``: how many of triton's two instances it sees healthy.
    """

    def __init__(self, *, behind: bool = False, silent: bool = False, up: int = 2) -> None:
        self._behind, self._silent, self._up = behind, silent, up

    def scrape(self) -> Mapping[str, str]:
        if self._silent:
            raise EffectError("gateway gives no answer")
        served = expected(parse(platform("local"), "Pulumi.local.yaml"))
        if self._behind:
            served = dict.fromkeys(served, "older")
        up, every = ({"stable": number, "canary": 0} for number in (self._up, 2))
        return {"gateway": statistics("triton", {}, up, every, served)}


class Inside:
    """Nothing inside answers, or a Prometheus that knows a day of triton's stable version."""

    def __init__(self, *, knows: bool = False) -> None:
        self._knows = knows

    def exchange(self, spec: ServiceSpec, path: str, content: str | None = None) -> str:
        del content
        if not self._knows or spec.name != "prometheus":
            raise EffectError(f"{spec.instance} gives no answer")
        asked = parse_qs(path.partition("?")[2])
        start = float(asked["start"][0])
        made: tuple[tuple[str, dict[str, str], Callable[[int], int]], ...] = (
            (REQUESTS, {}, lambda at: 6000 * at),
            (ERRORS, {"reason": "answer"}, lambda at: 40 * (at // 3)),
        )
        series: list[dict[str, object]] = [
            {
                "metric": {"__name__": name, "track": "stable", "instance": "a", **labels},
                "values": [[start + 60 * at, str(value(at))] for at in range(360)],
            }
            for name, labels, value in made
        ]
        return json.dumps({"status": "success", "data": {"result": series}})


@pytest.fixture
def rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Rf:
    """Run ``rf rollout`` in a project of its own, with a gateway that is well."""
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    text = (ROOT / "Pulumi.local.yaml").read_text()
    (tmp_path / "Pulumi.local.yaml").write_text(text.rstrip() + ROOM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Wiring, "gateways", Gateways())
    monkeypatch.setattr(Wiring, "inside", Inside())
    monkeypatch.setattr(preflight, "SAMPLE_SECONDS", 0.01)

    def call(*arguments: str) -> tuple[int, str]:
        status = run(("rollout", *arguments))
        out, err = capfd.readouterr()
        return status, out + err

    return call


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


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
        (("--service", "triton", "--image", "no image"), "is no reference of an image; write it"),
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
    rf: Rf, tmp_path: Path, arguments: tuple[str, ...], said: str
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
    rf: Rf, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    before = digest(tmp_path)

    status, text = rf(*arguments, "--dry-run")

    assert status == ExitCode.DONE, text
    assert "10 %" in text
    assert digest(tmp_path) == before


def test_a_dry_run_names_stages_evidence_and_time(rf: Rf) -> None:
    _, text = rf(*NEW, "--dry-run")

    assert "1. shift: 10 % of the users get it, for 60 s at least" in text
    assert "7. remove: the second copy goes\n" in text
    assert "requests at least" in text
    assert "without requests there is no verdict: the rollout would pause" in text
    assert "runs twice" in text


def test_a_dry_run_of_a_feature_names_the_header_by_which_its_users_are_told_apart(
    rf: Rf, tmp_path: Path
) -> None:
    path = tmp_path / "Pulumi.local.yaml"
    path.write_text(path.read_text().replace("vector_search: 100", "vector_search: 0"))

    _, text = rf("--feature", "vector_search", "--target-percentage", "50", "--dry-run")

    assert "1. shift: 10 % of the users get it" in text
    assert "compared with the others" in text
    assert "x-researchflow-feature-vector-search: on or off" in text


@pytest.mark.parametrize("answer", ["", "n\n"], ids=["nobody", "no"])
@pytest.mark.parametrize(
    "arguments", [NEW, ("--feature", "ai_inference", "--rollback", "--target-percentage", "10")]
)
def test_without_a_yes_nothing_is_begun(
    rf: Rf,
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


def test_without_a_prometheus_a_dry_run_says_that_the_setting_counts(rf: Rf) -> None:
    _, text = rf(*NEW, "--dry-run")

    assert "no history, so the setting gates.design_effect says" in text
    assert "prometheus gives no answer" in text
    assert "design effect of errors: 2, the setting, not measured" in text


def test_with_one_a_dry_run_counts_with_what_the_last_day_shows(
    rf: Rf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "inside", Inside(knows=True))
    before = digest(tmp_path)

    _, text = rf(*NEW, "--dry-run")

    (found,) = re.findall(r"design effect of errors: ([\d.]+), measured on the last day", text)
    assert float(found) > 20
    assert "requests slower than 5000 ms: 2, the setting, not measured" in text
    assert "no history" not in text
    assert digest(tmp_path) == before


def test_nothing_is_begun_where_gateways_serve_something_else(
    rf: Rf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "gateways", Gateways(behind=True))

    status, text = rf(*NEW, "--dry-run")

    assert status == ExitCode.PREFLIGHT
    assert "gateway serves routes of triton that are not those of the stack file" in text


@pytest.mark.parametrize(
    ("up", "status"), [(0, ExitCode.PREFLIGHT), (1, ExitCode.DONE), (2, ExitCode.DONE)]
)
def test_nothing_is_begun_where_nobody_could_be_sent_back(
    rf: Rf, monkeypatch: pytest.MonkeyPatch, up: int, status: ExitCode
) -> None:
    monkeypatch.setattr(Wiring, "gateways", Gateways(up=up))

    found, text = rf(*NEW, "--dry-run")

    assert found == status
    assert ("targets: none of the 2 instances of triton is healthy" in text) == (up == 0)


def test_nothing_is_begun_where_gateways_do_not_answer(
    rf: Rf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "gateways", Gateways(silent=True))

    status, text = rf(*NEW, "--dry-run")

    assert status == ExitCode.PREFLIGHT
    assert "gateways: gateway gives no answer" in text


def test_nothing_is_begun_on_a_cluster_that_cannot_scale(
    rf: Rf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "lacking", lambda *_: "ollama-stable: the cluster has no KEDA")

    status, said = rf(*NEW, "--dry-run")

    assert status == ExitCode.PREFLIGHT
    assert "not begun\nscaling: ollama-stable: the cluster has no KEDA" in said


def test_an_interrupt_is_no_defect(rf: Rf, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Gateways, "scrape", interrupted)

    status, text = rf(*NEW, "--dry-run")

    assert status == 128 + signal.SIGINT
    assert "error" not in text
    assert "Traceback" not in text


def test_steps_that_the_policies_refuse_are_not_begun(rf: Rf) -> None:
    status, text = rf(*NEW, "--steps", "30,100", "--dry-run")

    assert status == ExitCode.PREFLIGHT
    assert "policy rollout/" in text


@pytest.mark.parametrize("manner", ["--dry-run", "--force"])
def test_nothing_is_begun_without_the_policy_packs(
    rf: Rf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: str
) -> None:
    monkeypatch.setattr(packs, "POLICIES", tmp_path)
    monkeypatch.setattr(deployment, "outputs", lambda *_: {})
    before = digest(tmp_path)

    status, text = rf(*NEW, manner)

    assert status == ExitCode.PREFLIGHT
    assert "policies: the policy pack security is missing" in text
    assert digest(tmp_path) == before
