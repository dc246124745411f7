"""SIGINT and SIGTERM are a wish to end: waiting ends, and nothing else is cut short."""

import os
import signal
import threading
import time

import pytest

from rf.rollout.clock import SystemClock


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_waiting_and_is_answered_once(
    number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    clock = SystemClock()
    before = signal.getsignal(number)

    with clock.until_signalled("ending soon"):
        threading.Timer(0.2, os.kill, (os.getpid(), number)).start()
        began = time.monotonic()
        clock.sleep(30)
        took = time.monotonic() - began
        os.kill(os.getpid(), number)

    assert clock.ended
    assert took < 10
    assert capfd.readouterr().err == "\nending soon\n"
    assert signal.getsignal(number) is before


def test_without_a_signal_it_waits_as_long_as_it_should() -> None:
    began = time.monotonic()

    SystemClock().sleep(0.25)

    assert time.monotonic() - began >= 0.25
