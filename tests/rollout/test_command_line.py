"""``rf rollout abort``, ``promote`` and ``status --watch`` as people type them, on numbers only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from rf.cli import run
from rf.exit_codes import ExitCode
from rf.rollout import clock, session
from rf.rollout.lanes import Interrupted
from rf.rollout.wiring import Wiring
from tests.rollout.cases import (
    BAD,
    IMPATIENT,
    STACK,
    begun,
    resumed,
    rolled_out,
    simulated,
    tree,
)
from tests.rollout.simulated import Simulated, Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

Rf = Callable[..., tuple[int, str]]


@dataclass
class Clock:
    """The simulated time for a command; ``meanwhile`` is what others do while it waits."""

    world: Simulated
    ended: bool = False
    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.world.now()

    def sleep(self, seconds: float) -> None:
        self.world.sleep(seconds)
        for act in self.meanwhile:
            act()

    @contextmanager
    def until_signalled(self, said: str = "") -> Iterator[None]:
        del said
        yield


@pytest.fixture
def rf(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Rf]:
    """``rf rollout`` on a simulated platform; ``meanwhile``: see ``Clock``."""

    def on(world: Simulated, *meanwhile: Callable[[], None]) -> Rf:
        monkeypatch.setattr(clock, "SystemClock", lambda: Clock(world, meanwhile=list(meanwhile)))
        monkeypatch.setattr(Wiring, "store", world.world.store)
        monkeypatch.setattr(Wiring, "world", lambda *_: world.world)
        monkeypatch.setattr(Wiring, "history", lambda *_: {})
        monkeypatch.setattr(Wiring, "notifier", Silent())

        def call(*words: str) -> tuple[int, str]:
            status = run(("rollout", *words, "--stack", STACK))
            out, err = capfd.readouterr()
            return status, out + err

        return call

    return on


class Silent:
    """Tells nobody."""

    def note(self, line: str) -> None:
        del line


def test_abort_takes_a_paused_rollout_back_and_that_is_a_success(rf: Callable[..., Rf]) -> None:
    world = simulated(Version(), rate=0.0)
    rolled_out(world)
    call = rf(world)

    status, _ = call("abort")
    again, said = call("abort")
    _, standing = call("status")

    assert status == ExitCode.DONE
    assert world.tree == tree()
    assert world.agree
    assert again == ExitCode.ERROR
    assert "is over (rolled back)" in said
    assert "rolled back" in standing


def test_promote_goes_one_step_on_and_status_says_that_there_was_no_pass(
    rf: Callable[..., Rf],
) -> None:
    world = simulated(Version(), rate=0.0)
    rolled_out(world)
    call = rf(world)

    status, _ = call("promote")
    _, said = call("status")

    assert status == ExitCode.PAUSED
    assert world.weights["canary"] == 50
    assert "stages left without a pass: 1" in said
    assert world.agree


def test_promote_is_refused_while_the_verdict_is_fail(rf: Callable[..., Rf]) -> None:
    world = simulated(lambda _image, _at: BAD)
    rolled_out(world, IMPATIENT)
    before = dict(world.weights)

    status, said = rf(world)("promote")

    assert status == ExitCode.ERROR
    assert "the last verdict is fail" in said
    assert world.weights == before


@pytest.mark.parametrize(("command", "weight"), [("abort", 0), ("promote", 50)])
def test_a_controller_at_work_is_asked_to_do_it(
    rf: Callable[..., Rf], command: str, weight: int
) -> None:
    world = simulated(Version(), rate=0.0)
    found = begun(world)
    call = rf(world)
    answers: list[tuple[int, str]] = []

    def asked_at_10() -> None:
        if world.weights["canary"] == 10 and not answers:
            answers.append(call(command))

    world.meanwhile = asked_at_10
    session.run(world.world, found)

    ((status, said),) = answers
    assert status == ExitCode.DONE
    assert f"asked the controller of {found.id} to {command}" in said
    assert world.weights["canary"] == weight
    assert world.agree


@pytest.mark.parametrize(
    ("new", "rate", "ends", "words"),
    [
        (Version(), 20.0, ExitCode.DONE, ["shift, 10 %", "shift, 50 %", "promoted"]),
        (BAD, 20.0, ExitCode.ROLLED_BACK, ["shift, 10 %", "rolled back"]),
        (Version(), 0.0, ExitCode.PAUSED, ["shift, 10 %", "paused", "no request"]),
    ],
    ids=["good", "bad", "quiet"],
)
def test_status_watch_shows_each_change_and_ends_as_the_rollout_does(
    rf: Callable[..., Rf], new: Version, rate: float, ends: ExitCode, words: list[str]
) -> None:
    world = simulated(new, rate=rate)
    session.let_go(begun(world), world)

    def one_stage() -> None:
        """Another process is at work until the next stage is reached."""
        before = len(world.deployed)
        with suppress(Interrupted):
            resumed(world, ended=lambda: len(world.deployed) > max(before, 1))

    status, said = rf(world, one_stage)("status", "--watch")

    assert status == ends
    places = [said.find(each) for each in words]
    assert -1 not in places, said
    assert places == sorted(places)
