"""``rf health``: what is asked, what an answer means, and how it is told."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from components.spec import ServiceSpec
from rf.cli import run
from rf.exit_codes import ExitCode
from rf.health import monitoring, wiring
from rf.health.examine import Examination
from rf.health.questions import questions
from rf.health.reach import Answer, Command, ReachError, Request
from rf.health.rows import Row, Verdict
from settings import parse
from tests.conftest import platform

ROOT = Path.cwd()
GUIDE = {"/api/tags", "/v2/health/ready", "/health", "/api/health"}
RUNBOOKS = "docs/runbooks"


def specs(stack: str) -> tuple[ServiceSpec, ...]:
    """The services of a stack of this repository."""
    return parse(platform(stack), "test").specs


def targets(*jobs: str, **down: str) -> dict[str, Any]:
    """Prometheus' list: ``jobs`` are up, and those of ``down`` fail with an error."""
    up = [{"labels": {"job": job}, "health": "up", "lastError": ""} for job in jobs]
    bad = [
        {"labels": {"job": job}, "health": "down", "lastError": said} for job, said in down.items()
    ]
    return {"activeTargets": [*up, *bad]}


def alert(name: str, severity: str, state: str = "firing") -> dict[str, Any]:
    """An alert as Prometheus lists it."""
    return {
        "labels": {"alertname": name, "severity": severity, "service": "ollama"},
        "annotations": {
            "description": f"ollama: {name}",
            "runbook_url": f"https://runbooks.example/{name}.md",
        },
        "state": state,
    }


WATCHDOG = alert("Watchdog", "info")


@dataclass
class FakeReach:
    """A platform that is well, but for what ``answers`` say of an instance."""

    any_port: bool = False
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    prometheus: Mapping[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Request | Command]] = field(default_factory=list)

    def send(self, spec: ServiceSpec, request: Request) -> tuple[Answer, ...]:
        self.asked.append((spec.instance, request))
        body = json.dumps({"status": "success", "data": self.prometheus.get(request.path, {})})
        well = (Answer(copy=spec.instance, status=200, body=body.encode()),)
        return self.answers.get(spec.instance, well)

    def run(self, spec: ServiceSpec, command: Command) -> tuple[Answer, ...]:
        self.asked.append((spec.instance, command))
        return self.answers.get(spec.instance, (Answer(copy=spec.instance, status=0),))


def well(stack: str, *alerts: dict[str, Any], **answers: tuple[Answer, ...]) -> FakeReach:
    """A platform of ``stack`` whose Prometheus sees everything."""
    return FakeReach(
        any_port=stack != "local",
        answers={name.replace("_", "-"): given for name, given in answers.items()},
        prometheus={
            monitoring.TARGETS: targets(*monitoring.jobs(specs(stack))),
            monitoring.ALERTS: {"alerts": [WATCHDOG, *alerts]},
        },
    )


def examined(reach: FakeReach, stack: str = "local") -> dict[str, Row]:
    """The rows about a stack, by subject."""
    rows = Examination(specs=specs(stack), reach=reach, runbooks=RUNBOOKS).rows()
    return {row.subject: row for row in rows}


def failing(rows: Mapping[str, Row]) -> set[str]:
    """The subjects that are not well."""
    return {name for name, row in rows.items() if row.verdict is Verdict.FAILED}


@pytest.mark.parametrize("stack", ["local", "staging", "production"])
def test_everything_of_the_guides_list_is_asked(stack: str) -> None:
    found = questions(specs(stack), any_port=stack != "local")

    paths = {question.ask.path for question in found if isinstance(question.ask, Request)}
    assert paths >= GUIDE
    assert any(path.startswith("/ofrep/") for path in paths)
    assert {"redis", "prometheus", "alertmanager", "gateway"} <= {q.subject for q in found}


@pytest.mark.parametrize("stack", ["local", "staging", "production"])
def test_no_service_of_a_stack_is_left_out(stack: str) -> None:
    found = questions(specs(stack), any_port=stack != "local")

    assert {question.spec.instance for question in found} == {s.instance for s in specs(stack)}


def test_docker_is_asked_from_outside_on_published_ports_only() -> None:
    found = questions(specs("local"), any_port=False)

    requests = [question.ask for question in found if isinstance(question.ask, Request)]
    assert requests
    assert [ask for ask in requests if ask.port.published is None] == []


def test_redis_is_pinged_by_a_command_that_reads_its_password_from_a_file() -> None:
    (question,) = (q for q in questions(specs("local"), any_port=False) if q.subject == "redis")

    assert isinstance(question.ask, Command)
    assert 'REDISCLI_AUTH="$(cat /run/secrets/redis/password)"' in " ".join(question.ask.argv)
    assert "PING" in question.words


@pytest.mark.parametrize("stack", ["local", "staging"])
def test_a_platform_that_is_well_has_no_row_that_fails(stack: str) -> None:
    rows = examined(well(stack), stack)

    assert failing(rows) == set()
    assert rows["scrape targets"].answer.endswith(f"{len(monitoring.jobs(specs(stack)))} jobs")
    assert rows["alerts"].answer == "0 firing"


def test_a_copy_that_does_not_answer_is_told_from_those_that_do() -> None:
    copies = (
        Answer(copy="grafana-a", status=200),
        Answer(copy="grafana-b", status=503),
        Answer(copy="grafana-c", fault="no answer (TimeoutError)"),
    )
    row = examined(well("staging", grafana=copies), "staging")["grafana"]

    assert row.verdict is Verdict.FAILED
    assert row.answer == "grafana-b: 503; grafana-c: no answer (TimeoutError)"
    assert row.advice == "see docs/runbooks/ServiceDown.md"


def test_a_service_without_any_copy_fails() -> None:
    row = examined(well("staging", faiss_stable=()), "staging")["faiss-stable"]

    assert (row.verdict, row.answer) == (Verdict.FAILED, "no copy runs")


@pytest.mark.parametrize("status", [301, 401, 404, 500])
def test_only_2xx_is_well(status: int) -> None:
    rows = examined(well("local", grafana=(Answer(copy="grafana", status=status),)))

    assert rows["grafana"].answer == str(status)
    assert "grafana" in failing(rows)


def test_a_command_is_well_when_it_ends_with_0_only() -> None:
    rows = examined(well("local", redis=(Answer(copy="redis", status=200),)))

    assert rows["redis"].answer == "exit 200"
    assert rows["redis"].advice == "see docs/runbooks/RedisDown.md"


def test_a_target_that_is_down_is_named_with_prometheus_words() -> None:
    reach = well("local")
    jobs = [job for job in monitoring.jobs(specs("local")) if job != "triton"]
    down = targets(*jobs, triton="connection refused")
    reach.prometheus = {**reach.prometheus, monitoring.TARGETS: down}

    rows = examined(reach)

    assert failing(rows) == {"scrape of triton"}
    assert rows["scrape of triton"].answer == "1 of 1 down: connection refused"


def test_a_job_that_prometheus_does_not_know_is_missing() -> None:
    reach = well("local")
    jobs = [job for job in monitoring.jobs(specs("local")) if job != "faiss"]
    reach.prometheus = {**reach.prometheus, monitoring.TARGETS: targets(*jobs)}

    row = examined(reach)["scrape of faiss"]

    assert row.verdict is Verdict.FAILED
    assert row.advice == "see docs/runbooks/TargetMissing.md"


def test_a_critical_alert_is_unhealthy_and_leads_to_its_own_runbook() -> None:
    rows = examined(well("local", alert("HighErrorRate", "critical")))

    assert failing(rows) == {"HighErrorRate"}
    assert rows["HighErrorRate"].answer == "critical: ollama: HighErrorRate"
    assert rows["HighErrorRate"].advice == "see https://runbooks.example/HighErrorRate.md"


def test_a_warning_is_a_note() -> None:
    rows = examined(well("local", alert("DiskFullSoon", "warning")))

    assert failing(rows) == set()
    assert rows["DiskFullSoon"].verdict is Verdict.NOTE


def test_a_pending_alert_is_not_told() -> None:
    rows = examined(well("local", alert("HighErrorRate", "critical", state="pending")))

    assert "HighErrorRate" not in rows


def test_without_the_watchdog_no_alert_can_be_trusted() -> None:
    reach = well("local")
    reach.prometheus = {**reach.prometheus, monitoring.ALERTS: {"alerts": []}}

    assert failing(examined(reach)) == {"alerts"}


@pytest.mark.parametrize("body", [b"", b"oops", b"[]", b'{"status": "error"}'])
def test_a_prometheus_that_makes_no_sense_is_unhealthy(body: bytes) -> None:
    rows = examined(well("local", prometheus=(Answer(copy="p", status=200, body=body),)))

    assert failing(rows) == {"targets", "alerts"}


def test_every_runbook_that_is_named_exists() -> None:
    named = {question.runbook for question in questions(specs("local"), any_port=False)}

    for name in (*named, "TargetMissing", "Watchdog"):
        assert Path(RUNBOOKS, f"{name}.md").exists()


Rf = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Rf:
    """Run ``rf health`` in a project with the stack files of this one."""
    for name in ("Pulumi.yaml", "__main__.py", "Pulumi.local.yaml", "Pulumi.staging.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)

    def call(reach: Any, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(wiring, "reach", reach)
        status = run(("health", *arguments))
        out, err = capfd.readouterr()
        return status, out, err

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
