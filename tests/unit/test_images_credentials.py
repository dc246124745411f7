"""Logins, from the file that ``docker login`` writes."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from rf.errors import BadInputError
from rf.images.credentials import HUB_KEY, Login, logins_in, read_logins


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def test_logins_are_found_by_host_however_they_were_written() -> None:
    config = {
        "auths": {
            "ghcr.io": auth("me:one"),
            "https://registry.example:5000/v1/": auth("me:with:colons"),
            HUB_KEY: auth("me:three"),
            "empty.example": {},
        }
    }

    assert logins_in(config) == {
        "ghcr.io": Login(user="me", password="one"),
        "registry.example:5000": Login(user="me", password="with:colons"),
        "docker.io": Login(user="me", password="three"),
    }


def test_the_file_is_where_docker_config_says(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"ghcr.io": auth("me:one")}}))

    assert list(read_logins({"DOCKER_CONFIG": str(tmp_path)})) == ["ghcr.io"]


def test_or_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text(json.dumps({"auths": {"x.io": auth("me:one")}}))

    assert list(read_logins({})) == ["x.io"]


def test_without_the_file_there_are_no_logins(tmp_path: Path) -> None:
    assert read_logins({"DOCKER_CONFIG": str(tmp_path)}) == {}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        {"auths": ["x"]},
        {"auths": {"x": "hunter2"}},
        {"auths": {"x": {"auth": "hunter2"}}},
        {"auths": {"x": auth("hunter2")}},
        {"auths": {"x": {"auth": 5}}},
    ],
)
def test_a_broken_file_is_named_and_not_quoted(tmp_path: Path, content: Any) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "config.json").write_text(text)

    with pytest.raises(BadInputError) as raised:
        read_logins({"DOCKER_CONFIG": str(tmp_path)})

    assert str(raised.value) == f"{tmp_path}/config.json cannot be read as a Docker config JSON"
