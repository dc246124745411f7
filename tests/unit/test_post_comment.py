"""The comment reaches its pull request, once; a stand-in plays GitHub's API over HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from rf.diff import markdown
from scripts import notify, post_comment

Requests = list[tuple[str, str, Any]]
HEAD = "a" * 40


class StandIn:
    """Pull requests and comments, and what was asked to be written."""

    def __init__(self) -> None:
        self.pulls: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.written: Requests = []
        self.status = 200

    def list(self, path: str, page: int) -> list[dict[str, Any]]:
        found = self.pulls if path.endswith("/pulls") else self.comments
        return found[(page - 1) * 100 : page * 100]


@pytest.fixture
def github() -> Iterator[tuple[StandIn, str]]:
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, data: Any) -> None:
            self.send_response(stand_in.status)
            self.end_headers()
            self.wfile.write(json.dumps(data).encode())

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            page = int(parse_qs(address.query)["page"][0])
            self.answer(stand_in.list(address.path, page))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stand_in.written.append((self.command, self.path, body))
            self.answer({})

        def do_PATCH(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield stand_in, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def pull(number: int, sha: str = HEAD, repository: str = "team/platform") -> dict[str, Any]:
    return {"number": number, "head": {"sha": sha, "repo": {"full_name": repository}}}


def comment(number: int, body: str, login: str = post_comment.AUTHOR) -> dict[str, Any]:
    return {"id": number, "body": body, "user": {"login": login}}


def environment(api: str, file: Path, repository: str = "team/platform") -> dict[str, str]:
    return {
        "GITHUB_API_URL": api,
        "GITHUB_REPOSITORY": "team/platform",
        "GITHUB_TOKEN": "token-of-a-test",
        "COMMENT": str(file),
        "HEAD_REPOSITORY": repository,
        "HEAD_BRANCH": "topic",
        "HEAD_SHA": HEAD,
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "comment.md"
    path.write_text(f"{post_comment.MARKER}\ntold\n")
    return path


def test_the_marker_is_the_one_that_the_comment_has() -> None:
    assert markdown.MARKER == post_comment.MARKER
    assert markdown.LIMIT < post_comment.LIMIT


def test_the_first_comment_is_made(github: tuple[StandIn, str], file: Path) -> None:
    stand_in, api = github
    stand_in.pulls = [pull(6, sha="b" * 40), pull(7)]

    assert post_comment.main(environment(api, file)) == 0
    assert stand_in.written == [
        ("POST", "/repos/team/platform/issues/7/comments", {"body": file.read_text()})
    ]


def test_the_next_one_replaces_it_however_long_the_thread_is(
    github: tuple[StandIn, str], file: Path
) -> None:
    stand_in, api = github
    stand_in.pulls = [pull(7)]
    others = [comment(number, "talk", "somebody") for number in range(150)]
    forged = comment(200, f"{post_comment.MARKER}\nforged", "somebody")
    stand_in.comments = [*others, forged, comment(201, f"{post_comment.MARKER}\nold")]

    assert post_comment.main(environment(api, file)) == 0
    ((method, path, _),) = stand_in.written
    assert (method, path) == ("PATCH", "/repos/team/platform/issues/comments/201")


def test_a_comment_from_a_fork_says_whose_it_is_and_calls_nobody(
    github: tuple[StandIn, str], file: Path
) -> None:
    stand_in, api = github
    stand_in.pulls = [pull(7, repository="guest/platform")]
    file.write_text(f"{post_comment.MARKER}\n@everybody look\n")

    assert post_comment.main(environment(api, file, "guest/platform")) == 0
    ((_, _, body),) = stand_in.written
    assert body["body"].startswith(f"{post_comment.MARKER}\n{post_comment.FOREIGN}")
    assert "@" not in body["body"]


@pytest.mark.parametrize(
    "content",
    [
        b"no marker",
        post_comment.MARKER.encode() + b"x" * 70_000,
        post_comment.MARKER.encode() + b"\xff",
        post_comment.MARKER.encode() + b"\x00",
        post_comment.MARKER.encode() + b"![](https://example.test/pixel.png)",
        post_comment.MARKER.encode() + b"<IMG src=x>",
    ],
    ids=["marker", "size", "encoding", "control", "image", "tag"],
)
def test_a_file_that_is_no_comment_of_ours_is_not_posted(
    github: tuple[StandIn, str],
    file: Path,
    content: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stand_in, api = github
    stand_in.pulls = [pull(7)]
    file.write_bytes(content)

    assert post_comment.main(environment(api, file)) == 0
    assert stand_in.written == []
    assert "::warning title=Comment::not posted: comment.md" in capsys.readouterr().out


@pytest.mark.parametrize("pulls", [[], [pull(7, sha="b" * 40)], [pull(7, repository="x/y")]])
def test_a_pull_request_that_is_not_the_events_own_gets_nothing(
    github: tuple[StandIn, str], file: Path, pulls: list[dict[str, Any]]
) -> None:
    stand_in, api = github
    stand_in.pulls = pulls

    assert post_comment.main(environment(api, file)) == 0
    assert stand_in.written == []


def test_a_notification_tells_results_and_where_to_look(github: tuple[StandIn, str]) -> None:
    stand_in, api = github
    given = {"WEBHOOK": f"{api}/hook", "RESULTS": "staging success", "ROLLOUT": "paused"}
    given |= {"GITHUB_REPOSITORY": "team/platform", "GITHUB_RUN_ID": "5", "GITHUB_SHA": HEAD}

    assert notify.main(given) == 0
    ((_, path, body),) = stand_in.written
    assert path == "/hook"
    assert body["text"] == (
        f"team/platform {HEAD[:12]}: staging success, rollout paused, "
        "https://github.com/team/platform/actions/runs/5"
    )


def test_without_a_webhook_nobody_is_told_and_a_broken_one_is_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert notify.main({"RESULTS": ""}) == 0
    assert notify.main({"WEBHOOK": "secret-place", "RESULTS": ""}) == 1
    assert "secret-place" not in capsys.readouterr().out
