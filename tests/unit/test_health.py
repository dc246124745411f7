"""``rf health``: what is asked of a stack, and what an answer means."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from components.scaling import LoadArgs, ScalingArgs, scaled
from rf.health import monitoring
from rf.health.examine import Examination
from rf.health.questions import questions
from rf.health.reach import Answer, Command, Request
from rf.health.rows import Row, Verdict
from tests.unit.health_objects import FakeReach, alert, specs, targets, well

GUIDE = {"/api/tags", "/v2/health/ready", "/health", "/api/health"}
RUNBOOKS = "docs/runbooks"


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
    assert "/ofrep/v1/evaluate/flags/ai_inference" in paths
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


def with_sleepers() -> dict[str, Row]:
    """Staging whose Triton has no copy, and may have none; its gateway says so."""
    args = ScalingArgs(load=LoadArgs(in_flight=4, min=0, max=1))
    sleeping = tuple(
        scaled(spec, args if spec.name == "triton" else None) for spec in specs("staging")
    )
    asleep = Answer(copy="g", status=503, body=b'{"error": "triton is asleep or starting"}')
    reach = well("staging", triton_stable=(), gateway=(asleep,))
    rows = Examination(specs=sleeping, reach=reach, runbooks=RUNBOOKS).rows()
    return {row.subject: row for row in rows}


def test_a_service_that_may_sleep_is_well_while_it_does() -> None:
    rows = with_sleepers()

    for subject in ("triton-stable", "triton for clients"):
        assert rows[subject].verdict is Verdict.OK
        assert rows[subject].answer == "asleep: no copy runs, as scaling allows"


def test_a_service_that_must_run_is_not_well_without_a_copy() -> None:
    assert "triton-stable" in failing(examined(well("staging", triton_stable=()), "staging"))


def test_every_runbook_that_is_named_exists() -> None:
    named = {question.runbook for question in questions(specs("local"), any_port=False)}

    for name in (*named, "TargetMissing", "Watchdog"):
        assert Path(RUNBOOKS, f"{name}.md").exists()
