"""A real flagd with the flag file that the program writes, asked as applications ask it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import threading
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from components.flags import FLAG_FILE, OFREP_PORT, flag_file
from rf.health.questions import EVALUATE
from tests.e2e.harness.needs import needs
from tests.e2e.harness.waiting import seconds_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.e2e.harness.container import Container
    from tests.e2e.harness.platform import Platform

pytestmark = [pytest.mark.xdist_group("e2e"), needs("flags")]

FEATURE = "ai_inference"
USERS = [f"user-{number}" for number in range(5_000)]
OK, NOT_FOUND = 200, 404
IN_FORCE_SECONDS = 2.0
"""What docs/DEPLOYMENT.md promises."""

Answer = tuple[int, Any]


class Application:
    """One connection to flagd's port for applications, kept open and never made anew."""

    def __init__(self, platform: Platform) -> None:
        self._connection = HTTPConnection(platform["flags"].address, OFREP_PORT, timeout=5)
        with platform.world.entered():
            self._connection.connect()
        self._connection.auto_open = 0

    def ask(self, feature: str, body: bytes) -> Answer:
        """Status and answer for a feature."""
        self._connection.request("POST", f"{EVALUATE}/{feature}", body)
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())

    def sees(self, user: str) -> dict[str, bool]:
        """Every feature, for one user."""
        status, answer = self.ask("", context(targetingKey=user))
        assert status == OK, answer
        return {flag["key"]: flag["value"] for flag in answer["flags"]}


def context(**fields: object) -> bytes:
    return json.dumps({"context": fields}).encode()


@pytest.fixture
def flags(platform: Platform) -> Iterator[Container]:
    """The server; it starts anew with the files of its spec when the test has ended."""
    server = platform["flags"]
    yield server
    server.stop()
    shutil.rmtree(server.folder / "files")
    server.start()
    platform.wait_until_ready(server.name)


@pytest.fixture
def application(platform: Platform, flags: Container) -> Application:
    del flags
    return Application(platform)


def put_in_force(
    features: Mapping[str, int], application: Application, write: Callable[[str], None]
) -> float:
    """Write the file with ``features``; seconds until flagd answers by it.

    A feature that is in no other file tells it from the one before.
    """
    mark = f"mark_{os.urandom(4).hex()}"
    write(flag_file({**features, mark: 100}))
    return seconds_until(lambda: application.ask(mark, b"")[0] == OK, within=10)


def rewrite(server: Container) -> Callable[[str], None]:
    return partial(server.rewrite, FLAG_FILE)


def test_the_guides_own_line_is_answered(platform: Platform, flags: Container) -> None:
    page = Path("docs/DEPLOYMENT.md").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in page if EVALUATE in line and line.startswith("curl "))
    command = shlex.split(line.replace("localhost", flags.address))

    with platform.world.entered():
        asked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["value"] in (True, False)


def test_a_feature_that_is_not_in_the_settings_is_said_to_be_unknown(
    application: Application,
) -> None:
    status, answer = application.ask("no_such_feature", context(targetingKey="me"))

    assert status == NOT_FOUND
    assert answer["errorCode"] == "FLAG_NOT_FOUND"


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", context(), context(targetingKey=""), context(targetingKey=7), context(plan="a")],
    ids=["no body", "no context", "empty", "empty key", "a number as key", "attributes alone"],
)
def test_a_user_without_a_targeting_key_is_harmless(
    flags: Container, application: Application, body: bytes
) -> None:
    put_in_force({"nobody": 0, "half": 50, "everybody": 100}, application, rewrite(flags))

    found = {name: application.ask(name, body) for name in ("nobody", "half", "everybody")}

    assert {status for status, _ in found.values()} == {OK}
    assert {name: answer["value"] for name, (_, answer) in found.items()} == {
        "nobody": False,
        "half": False,
        "everybody": True,
    }


def test_every_user_sees_what_flagds_evaluator_for_python_says(
    flags: Container, application: Application
) -> None:
    percentages = {"ai_inference": 10, "vector_search": 50, "semantic_cache": 99, "all": 100}
    put_in_force(percentages, application, rewrite(flags))
    evaluator = FlagdCore()
    evaluator.set_flags(flag_file(percentages))

    found = {user: application.sees(user) for user in USERS}

    for name, percentage in percentages.items():
        audience = {user for user in USERS if found[user][name]}
        assert audience == {
            user
            for user in USERS
            if evaluator.resolve_boolean_value(
                name, default_value=False, ctx=EvaluationContext(user)
            ).value
        }
        assert 100 * len(audience) / len(USERS) == pytest.approx(percentage, abs=2)


@contextmanager
def asking(platform: Platform) -> Iterator[list[Answer]]:
    """Somebody who asks for a feature all the time, over one connection; what was answered."""
    answers: list[Answer] = []
    ended = threading.Event()
    application = Application(platform)

    def ask() -> None:
        while not ended.is_set():
            answers.append(application.ask(FEATURE, context(targetingKey="me")))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        ended.set()
        thread.join(10)


def as_a_kubelet(server: Container) -> Callable[[str], None]:
    """Replace the file as a kubelet does: a link to a folder changes, and the old folder goes.

    The file becomes a link through that link when this is called.
    """
    folder = server.folder / "files" / "etc-flagd-flags"
    name = Path(FLAG_FILE).name
    data, beside = folder / "..data", folder / "..data_tmp"

    def write(text: str) -> None:
        old = data.resolve() if data.is_symlink() else None
        new = folder / f"..{os.urandom(4).hex()}"
        new.mkdir()
        (new / name).write_text(text)
        beside.symlink_to(new.name)
        beside.rename(data)
        if old is not None:
            (old / name).unlink()
            old.rmdir()

    write((folder / name).read_text())
    (folder / ".link").symlink_to(f"..data/{name}")
    (folder / ".link").rename(folder / name)
    return write


@pytest.mark.parametrize("way", [rewrite, as_a_kubelet], ids=["Docker", "Kubernetes"])
def test_a_change_is_in_force_within_two_seconds_and_no_question_stays_without_an_answer(
    platform: Platform,
    flags: Container,
    application: Application,
    way: Callable[[Container], Callable[[str], None]],
) -> None:
    pid = flags.pid
    write = way(flags)
    put_in_force({FEATURE: 0}, application, write)

    with asking(platform) as answers:
        took = [
            put_in_force({FEATURE: 100 * (number % 2)}, application, write)
            for number in range(1, 10)
        ]

    assert max(took) < IN_FORCE_SECONDS
    assert {status for status, _ in answers} == {OK}
    assert {answer["value"] for _, answer in answers} == {True, False}
    assert flags.pid == pid
    assert flags.running


@pytest.mark.parametrize("text", ["", "{", '{"flags": 7}'], ids=["empty", "cut off", "no flags"])
def test_a_file_that_is_none_changes_nothing(
    flags: Container, application: Application, text: str
) -> None:
    put_in_force({FEATURE: 100}, application, rewrite(flags))

    flags.rewrite(FLAG_FILE, text)
    seconds_until(lambda: "error setting state" in flags.log_tail, within=10)

    assert application.ask(FEATURE, b"")[1]["value"] is True
    assert put_in_force({FEATURE: 0}, application, rewrite(flags)) < IN_FORCE_SECONDS
