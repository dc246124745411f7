"""Slack is told by a real HTTP request, and whatever becomes of that is no matter to a rollout."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from rf.rollout import notify
from rf.rollout.log import Log
from rf.rollout.notify import Everybody

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SECRET = "T0/B0/planted7d21"


@dataclass
class Told:
    """What the channel got and what the terminal said; ``slept``: seconds that were waited."""

    everybody: Everybody
    channel: list[dict[str, Any]]
    terminal: list[str]
    log: Path
    slept: list[float] = field(default_factory=list)

    @property
    def everywhere(self) -> str:
        logged = "".join(path.read_text() for path in self.log.iterdir())
        return "\n".join([*self.terminal, logged])


class Clock:
    """A clock of which only waiting matters."""

    def __init__(self, slept: list[float]) -> None:
        self._slept = slept

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self._slept.append(seconds)


@contextmanager
def webhook(
    folder: Path, answers: Sequence[tuple[int, dict[str, str]]], delay: float = 0
) -> Iterator[Told]:
    """A channel whose server gives ``answers``, one after the other."""
    channel: list[dict[str, Any]] = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            assert self.path == f"/{SECRET}"
            channel.append(json.loads(self.rfile.read(length)))
            time.sleep(delay)
            status, headers = left.pop(0)
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield told(folder, f"http://127.0.0.1:{server.server_port}/{SECRET}", channel)
    finally:
        server.shutdown()
        server.server_close()


def told(folder: Path, url: str, channel: list[dict[str, Any]]) -> Told:
    terminal: list[str] = []
    slept: list[float] = []
    everybody = Everybody(
        log=Log(folder),
        clock=Clock(slept),
        say=terminal.append,
        webhook=url,
        stack="production",
    )
    return Told(everybody, channel, terminal, folder, slept)


def test_a_channel_is_told_what_happened_and_in_which_stack(tmp_path: Path) -> None:
    with webhook(tmp_path, [(200, {})]) as found:
        found.everybody.tell("rolled_back", "triton: P95 <!channel> 5000 ms & more")

        (message,) = found.channel
        assert message == {
            "text": "Rollout in production: rolled back: triton: P95 &lt;!channel&gt; 5000 ms "
            "&amp; more"
        }
        assert found.terminal == ["rolled back: triton: P95 <!channel> 5000 ms & more"]


def test_one_that_is_asked_too_often_is_asked_once_more_when_it_says(tmp_path: Path) -> None:
    with webhook(tmp_path, [(429, {"Retry-After": "3"}), (200, {})]) as found:
        found.everybody.tell("paused", "triton")

        assert len(found.channel) == 2
        assert found.slept == [3]
        assert found.terminal == ["paused: triton"]


def test_nobody_waits_as_long_as_it_likes(tmp_path: Path) -> None:
    with webhook(tmp_path, [(429, {"Retry-After": "3600"}), (429, {})]) as found:
        found.everybody.tell("paused", "triton")

        assert found.slept == [notify.PATIENCE]
        assert found.terminal[-1] == "the webhook of rolloutSlackUrl answered 429"
        assert SECRET not in found.everywhere


@pytest.mark.parametrize("status", [500, 503])
def test_one_that_fails_twice_is_left_alone(tmp_path: Path, status: int) -> None:
    with webhook(tmp_path, [(status, {}), (status, {})]) as found:
        found.everybody.tell("paused", "triton")

        assert len(found.channel) == 2
        assert found.terminal[-1] == f"the webhook of rolloutSlackUrl answered {status}"
        assert SECRET not in found.everywhere


@pytest.mark.parametrize("status", [302, 404])
def test_one_that_is_not_there_is_not_looked_for(tmp_path: Path, status: int) -> None:
    elsewhere = {"Location": "http://127.0.0.1:9/elsewhere"}
    with webhook(tmp_path, [(status, elsewhere)]) as found:
        found.everybody.tell("paused", "triton")

        assert len(found.channel) == 1


def test_one_that_is_silent_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "TIMEOUT", 0.2)
    with webhook(tmp_path, [(200, {})], delay=2) as found:
        found.everybody.tell("paused", "triton")

        assert found.terminal[-1] == "the webhook of rolloutSlackUrl gives no answer: ReadTimeout"
        assert SECRET not in found.everywhere


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:9/{SECRET}",
        f"no address {SECRET}",
        f"http://.example/{SECRET}",
        f"http://[/{SECRET}",
        f"http://127.0.0.1:99999/{SECRET}",
    ],
)
def test_an_address_that_leads_nowhere_is_said_without_it(tmp_path: Path, url: str) -> None:
    found = told(tmp_path, url, [])

    found.everybody.tell("paused", "triton")

    assert found.terminal[0] == "paused: triton"
    assert "the webhook of rolloutSlackUrl" in found.terminal[1]
    assert SECRET not in found.everywhere
