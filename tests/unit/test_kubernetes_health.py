"""How pods are checked and how they stop."""

from hypothesis import given
from hypothesis import strategies as st

from components.spec.health import ExecCheck, Health, NoCheck
from components.spec.runs import Drain
from tests.unit.kubernetes_objects import (
    CHECK,
    container,
    objects,
    pod,
    service,
)

SECONDS = st.integers(min_value=1, max_value=3600)


def test_an_http_check_asks_the_port_and_path() -> None:
    probe = container(service(health=Health(ready=CHECK)))["readinessProbe"]

    assert probe["httpGet"] == {"path": "/ready", "port": 8000}


def test_an_exec_check_runs_its_command() -> None:
    check = ExecCheck(command=("ping", "me"))

    assert container(service(health=Health(ready=check)))["readinessProbe"]["exec"] == {
        "command": ["ping", "me"]
    }


def test_a_service_that_cannot_be_checked_has_no_probes() -> None:
    health = Health(ready=NoCheck(reason="it answers nothing"))

    assert not {key for key in container(service(health=health)) if key.endswith("Probe")}


def test_a_slow_starter_without_a_start_up_check_is_given_its_time_by_the_readiness_check() -> None:
    health = Health(ready=CHECK, live=ExecCheck(command=("alive",)), startup_seconds=300)

    startup = container(service(health=health))["startupProbe"]

    assert startup["httpGet"]["path"] == "/ready"
    assert startup["periodSeconds"] * startup["failureThreshold"] == 300


@given(seconds=SECONDS)
def test_liveness_never_begins_before_a_start_may_be_over(seconds: int) -> None:
    live = ExecCheck(command=("alive",))
    health = Health(ready=NoCheck(reason="none"), live=live, startup_seconds=seconds)

    startup = container(service(health=health))["startupProbe"]

    assert startup["periodSeconds"] * startup["failureThreshold"] >= seconds


@given(seconds=SECONDS, command=st.sampled_from([(), ("sh", "-c", "drain")]))
def test_the_grace_period_is_longer_than_the_drain(seconds: int, command: tuple[str, ...]) -> None:
    spec = service(drain=Drain(seconds=seconds, command=command))
    before = container(spec)["lifecycle"]["preStop"].get("sleep", {"seconds": 0})["seconds"]

    assert pod(spec)["spec"]["terminationGracePeriodSeconds"] > before + seconds


def test_a_drain_command_that_takes_the_whole_drain_still_leaves_time_for_it() -> None:
    spec = service(drain=Drain(seconds=60, command=("drain",)))

    assert container(spec)["lifecycle"]["preStop"] == {"exec": {"command": ["drain"]}}
    assert pod(spec)["spec"]["terminationGracePeriodSeconds"] > 2 * 60


@given(
    startup=st.integers(min_value=1, max_value=3600),
    drain=st.integers(min_value=1, max_value=3600),
    replicas=st.integers(min_value=1, max_value=9),
)
def test_a_rollout_is_awaited_as_long_as_its_pods_may_take(
    startup: int, drain: int, replicas: int
) -> None:
    spec = service(
        health=Health(ready=CHECK, startup_seconds=startup),
        drain=Drain(seconds=drain),
        replicas=replicas,
    )
    manifest = objects(spec)["Deployment", "search-stable"]

    deadline = manifest.body["spec"]["progressDeadlineSeconds"]

    assert deadline > startup + pod(spec)["spec"]["terminationGracePeriodSeconds"]
    assert manifest.timeout_seconds == deadline * replicas
