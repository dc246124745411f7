"""How files are grouped for mounting, and how secrets get into them."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.files import directories, fill, secret_names
from components.spec.mounts import File, SecretFile


def test_files_of_one_folder_are_mounted_together() -> None:
    found = directories((File(path="/etc/a/x", content="1"), File(path="/etc/a/y", content="2")))

    assert [(d.path, d.kind, dict(d.files)) for d in found] == [
        ("/etc/a", "config", {"x": "1", "y": "2"})
    ]


def test_a_folder_cannot_mix_files_that_restart_the_server_with_those_that_do_not() -> None:
    with pytest.raises(ValueError, match="/etc/a mixes config and live"):
        directories(
            (File(path="/etc/a/x", content=""), File(path="/etc/a/y", content="", live=True))
        )


def test_a_folder_cannot_mix_secrets_with_plain_files() -> None:
    with pytest.raises(ValueError, match="/etc/a mixes config and secret"):
        directories(
            (File(path="/etc/a/x", content=""),), (SecretFile(path="/etc/a/y", template="${p}"),)
        )


@given(st.dictionaries(st.text("abc", min_size=1), st.text(), min_size=1), st.text())
def test_the_digest_changes_exactly_when_a_file_does(files: dict[str, str], other: str) -> None:
    def digest(contents: dict[str, str]) -> str:
        listed = tuple(File(path=f"/d/{name}", content=text) for name, text in contents.items())
        return directories(listed)[0].digest

    changed = {**files, next(iter(files)): other}

    assert (digest(files) == digest(changed)) == (files == changed)


@given(st.text())
def test_a_template_carries_any_secret(secret: str) -> None:
    assert fill("p=${p}", {"p": secret}) == f"p={secret}"
    assert json.loads(fill("${p|json}", {"p": secret})) == secret
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    assert fill("#${p|sha256}", {"p": secret}) == f"#{hashed}"


def test_a_template_names_the_secrets_it_needs_once_each() -> None:
    assert secret_names("${b} ${a|json} ${b|sha256}") == ("b", "a")


def test_a_secret_that_looks_like_a_reference_is_left_as_it_is() -> None:
    assert fill("${a}", {"a": "${b}", "b": "no"}) == "${b}"
