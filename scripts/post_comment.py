"""Posts the comment of a preview to its pull request, or replaces the one that is there.

It runs with a token that may write, over a file that the pull request's own code has made. So the
pull request is found from the event alone, nothing of the file is run, and what is posted is plain
text of a bounded size that names nobody. Needs Python alone.
"""

import json
import os
import re
import sys
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARKER = "<!-- researchflow-ai: rf plan --diff -->"
LIMIT = 65_000
"""Bytes; GitHub takes 65,536 characters."""
AUTHOR = "github-actions[bot]"
PAGE = 100
FOREIGN = "> Made by the code of this pull request, which is not of this repository.\n\n"
# An image is loaded for every reader, and a mention calls somebody.
IMAGE = re.compile(r"!\[|<\s*(?:img|picture|video|source|svg|iframe)\b", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w`])@(?=[A-Za-z0-9])")


class Refused(Exception):  # noqa: N818 it is an answer, not a defect
    """Why nothing is posted."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What the preview ran for, as the event says."""

    repository: str
    branch: str
    sha: str


class GitHub:
    """The part of GitHub's API that is needed, for one repository."""

    def __init__(self, api: str, repository: str, token: str) -> None:
        self._base = f"{api}/repos/{repository}"
        self._token = token

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer as data; urllib's errors."""
        request = urllib.request.Request(  # noqa: S310 the address is the workflow's own
            f"{self._base}{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def all(self, path: str) -> Iterator[Any]:
        """Every item of a list, whatever number of pages it has."""
        page = 1
        while True:
            items = self.ask(
                "GET", f"{path}{'&' if '?' in path else '?'}per_page={PAGE}&page={page}"
            )
            yield from items
            if len(items) < PAGE:
                return
            page += 1


def text_of(file: Path) -> str:
    """What is to be posted; Refused unless it is a comment of ours, of a size that fits."""
    if not file.is_file() or file.is_symlink():
        raise Refused(f"{file.name} is not there")
    if file.stat().st_size > LIMIT:
        raise Refused(f"{file.name} has more than {LIMIT} bytes")
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{file.name} is not UTF-8 text") from None
    if not text.startswith(MARKER):
        raise Refused(f"{file.name} does not begin with {MARKER}")
    if any(unicodedata.category(each) == "Cc" and each not in "\n\t" for each in text):
        raise Refused(f"{file.name} has control characters")
    if IMAGE.search(text):
        raise Refused(f"{file.name} loads something from elsewhere")
    return MENTION.sub("&#64;", text)


def pull_request(github: GitHub, head: Head) -> int:
    """The number of the open pull request from ``head``, whose latest commit it must be."""
    owner = head.repository.partition("/")[0]
    query = urllib.parse.urlencode({"state": "open", "head": f"{owner}:{head.branch}"})
    found = [
        each["number"]
        for each in github.all(f"/pulls?{query}")
        if each["head"]["sha"] == head.sha
        and (each["head"]["repo"] or {}).get("full_name") == head.repository
    ]
    if len(found) != 1:
        raise Refused(
            f"{len(found)} open pull requests have {head.sha[:12]} as their latest commit"
        )
    return int(found[0])


def post(github: GitHub, number: int, text: str) -> None:
    """Replace the comment of ours that is there, or make one."""
    for each in github.all(f"/issues/{number}/comments"):
        if each["user"]["login"] == AUTHOR and each["body"].startswith(MARKER):
            github.ask("PATCH", f"/issues/comments/{each['id']}", {"body": text})
            return
    github.ask("POST", f"/issues/{number}/comments", {"body": text})


def main(environment: Mapping[str, str]) -> int:
    """Post what ``COMMENT`` holds; the exit status."""
    repository = environment["GITHUB_REPOSITORY"]
    head = Head(
        repository=environment["HEAD_REPOSITORY"],
        branch=environment["HEAD_BRANCH"],
        sha=environment["HEAD_SHA"],
    )
    api = environment.get("GITHUB_API_URL", "https://api.github.com")
    github = GitHub(api, repository, environment["GITHUB_TOKEN"])
    try:
        text = text_of(Path(environment["COMMENT"]))
        number = pull_request(github, head)
    except Refused as error:
        print(f"::warning title=Comment::not posted: {error}")
        return 0
    if head.repository != repository:
        text = text.replace(MARKER + "\n", f"{MARKER}\n{FOREIGN}", 1)
    try:
        post(github, number, text)
    except urllib.error.HTTPError as error:
        print(f"::error title=Comment::GitHub answers {error.code} {error.reason}")
        return 1
    print(f"posted to pull request {number}")
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
