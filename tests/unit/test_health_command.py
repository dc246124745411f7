"""``rf health`` from the outside: stack files in, a table and an exit status out."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rf.cli import run
from rf.exit_codes import ExitCode
from rf.health import wiring
from rf.health.reach import Answer, ReachError
from tests.conftest import Rf
from tests.unit.health_objects import well

ROOT = Path.cwd()


@pytest.fixture
def rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command_line: Rf) -> Rf:
    """Run ``rf health`` in a project with the stack files of this one."""
    for name in ("Pulumi.yaml", "__main__.py", "Pulumi.local.yaml", "Pulumi.staging.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)

    def call(reach: Any, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(wiring, "reach", reach)
        return command_line("health", *arguments)

    return call


def test_a_healthy_stack_ends_with_0(rf: Rf) -> None:
    status, out, _ = rf(lambda _: well("local"))

    assert status == ExitCode.DONE
    assert out.endswith("local is healthy\n")


def test_an_unhealthy_stack_ends_with_8_and_names_what_is_not_well(rf: Rf) -> None:
    silent = (Answer(copy="grafana", fault="no answer (ConnectionError)"),)
    status, out, _ = rf(lambda _: well("local", grafana=silent))

    assert status == ExitCode.UNHEALTHY
    assert "grafana: see docs/runbooks/ServiceDown.md" in out
    assert out.endswith("local is unhealthy: grafana\n")


def test_where_nothing_of_a_stack_answers_it_says_how_to_deploy_it_and_lists_no_runbooks(
    rf: Rf,
) -> None:
    class Empty:
        any_port = False

        def send(self, *_: Any) -> tuple[Answer, ...]:
            return (Answer(copy="none", fault="there is no such container"),)

        def lacking(self, _: Any) -> tuple[str, ...]:
            return ()

        run = send

    status, out, _ = rf(lambda _: Empty())

    assert status == ExitCode.UNHEALTHY
    assert "nothing of local answers; if it is not deployed, rf up local does that" in " ".join(
        out.split()
    )
    assert "runbooks" not in out


def test_the_same_as_data(rf: Rf) -> None:
    status, out, _ = rf(lambda _: well("staging"), "--stack", "staging", "--json")

    document = json.loads(out)
    assert status == ExitCode.DONE
    assert (document["version"], document["subject"], document["healthy"]) == (1, "staging", True)
    assert set(document["rows"][0]) == {
        *("subject", "asked", "answer", "verdict", "seconds", "advice")
    }


def test_a_platform_that_gives_no_answer_is_unhealthy(rf: Rf) -> None:
    def refuse(_: Any) -> None:
        raise ReachError("Docker gives no answer")

    status, out, _ = rf(refuse)

    assert status == ExitCode.UNHEALTHY
    assert "Docker gives no answer" in out


def test_a_stack_that_does_not_exist_is_bad_input(rf: Rf) -> None:
    status, _, err = rf(lambda _: well("local"), "--stack", "nowhere")

    assert status == ExitCode.ERROR
    assert "there is no stack 'nowhere'" in err


def test_a_kubeconfig_that_cannot_be_read_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", str(missing))

    status = run(("health", "--stack", "staging"))

    assert status == ExitCode.ERROR
    assert f"KUBECONFIG is {missing}, which cannot be read" in capfd.readouterr().err
