"""An interrupt reaches the program that ``rf`` waits for once, with a terminal and without one."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from rf.deploy.runner import SubprocessRunner

# Says when it is ready, counts SIGINTs until none has come for a moment, and ends with the count.
# Python may call a handler once for two signals, but it writes one byte for each.
CHILD = dedent("""
    import os, select, signal, sys
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGINT, lambda number, frame: None)
    print("ready", flush=True)
    select.select([reader], [], [], 20)
    count = 0
    while select.select([reader], [], [], 0.5)[0]:
        count += len(os.read(reader, 16))
    sys.exit(40 + count)
""")
# What rf does with a long-running program.
PARENT = dedent("""
    import os, sys
    from pathlib import Path
    from rf.deploy.runner import SubprocessRunner
    command = [sys.executable, "-c", sys.argv[1]]
    sys.exit(SubprocessRunner().show(command, cwd=Path.cwd(), env=os.environ))
""")
# Makes the terminal that is standard input the one that controls the session.
TAKE_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
ONCE = 41
PATIENCE_SECONDS = 30


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[str]]:
    """PARENT without a terminal, waiting for a CHILD that is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()


def test_without_a_terminal_the_first_interrupt_is_handed_on_and_the_others_are_not(
    waiting: subprocess.Popen[str],
) -> None:
    for _ in range(3):
        waiting.send_signal(signal.SIGINT)
        time.sleep(0.05)

    assert waiting.wait(PATIENCE_SECONDS) == ONCE


def test_without_a_terminal_a_signal_to_the_whole_group_arrives_once(
    waiting: subprocess.Popen[str],
) -> None:
    os.killpg(waiting.pid, signal.SIGINT)

    assert waiting.wait(PATIENCE_SECONDS) == ONCE


def test_a_request_to_end_arrives_as_the_interrupt_that_programs_wind_down_at(
    waiting: subprocess.Popen[str],
) -> None:
    waiting.send_signal(signal.SIGTERM)

    assert waiting.wait(PATIENCE_SECONDS) == ONCE


def at_a_terminal(child: str, typed: bytes) -> tuple[int, str]:
    """Run PARENT in the foreground of a terminal of its own and type; its status and output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL + PARENT, child],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        output = read_until(ours, b"ready")
        os.write(ours, typed)
        status = process.wait(PATIENCE_SECONDS)
        return status, (output + read_until(ours, b"")).decode()
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)


def read_until(terminal: int, wanted: bytes) -> bytes:
    """What the terminal shows, up to the text ``wanted``; what is there already for no text."""
    output = b""
    while select.select([terminal], [], [], PATIENCE_SECONDS if wanted else 0)[0]:
        output += os.read(terminal, 1024)
        if wanted and wanted in output:
            break
    return output


def test_at_a_terminal_control_c_arrives_once() -> None:
    status, _ = at_a_terminal(CHILD, b"\x03")

    assert status == ONCE


def test_at_a_terminal_the_program_can_ask_a_question() -> None:
    status, output = at_a_terminal("print('answer:', input('ready? ').upper())", b"yes\n")

    assert status == 0
    assert "answer: YES" in output


def test_a_program_that_does_not_exist_is_an_answer_and_no_exception() -> None:
    answer = SubprocessRunner().ask(["no-such-program"], cwd=Path.cwd(), env={})

    assert answer.status == 127
    assert answer.reason == "no-such-program: not found"


def test_a_warning_is_no_part_of_what_was_asked_for() -> None:
    program = "import sys; print('apiVersion: v1'); print('warning: old', file=sys.stderr)"

    answer = SubprocessRunner().ask([sys.executable, "-c", program], cwd=Path.cwd(), env={})

    assert answer.output == "apiVersion: v1\n"
    assert answer.errors == "warning: old\n"


def test_what_went_wrong_is_found_wherever_it_was_written() -> None:
    programs = {
        "stdout": "print('error: quota'); raise SystemExit(1)",
        "stderr": "import sys; print('diff'); sys.exit('error: quota')",
    }

    for program in programs.values():
        answer = SubprocessRunner().ask([sys.executable, "-c", program], cwd=Path.cwd(), env={})
        assert answer.reason == "error: quota"


def test_a_program_that_hangs_is_asked_to_wind_down_and_what_it_said_is_kept() -> None:
    program = (
        # What runs in the background of a shell would ignore it.
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n"
        "    print('updating', flush=True)\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit('error: interrupted')\n"
    )

    answer = SubprocessRunner(limit=5).ask([sys.executable, "-c", program], cwd=Path.cwd(), env={})

    assert answer.status == 124
    assert answer.output == "updating\n"
    assert answer.reason == "error: interrupted"
