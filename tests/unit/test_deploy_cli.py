"""Where the Pulumi CLI comes from."""

import subprocess
from http.client import IncompleteRead
from importlib.metadata import version
from pathlib import Path
from urllib.error import URLError

import pytest

from rf.deploy.engine import find_cli
from rf.deploy.folder import LocalFolder
from rf.errors import BadInputError


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    return LocalFolder(root=tmp_path / ".pulumi-local")


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    return path


def test_the_cli_on_path_is_used_as_it_is(folder: LocalFolder, tmp_path: Path) -> None:
    cli = executable(tmp_path / "bin/pulumi")
    asked: list[Path] = []

    found = find_cli(folder, {"PATH": str(cli.parent)}, asked.append, lambda _: None)

    assert found == cli
    assert asked == []


def test_without_one_on_path_it_is_put_inside_the_project(
    folder: LocalFolder, tmp_path: Path
) -> None:
    said: list[str] = []

    def install(root: Path) -> None:
        executable(root / "bin/pulumi")

    found = find_cli(folder, {"PATH": str(tmp_path)}, install, said.append)

    assert found == folder.root / "cli/bin/pulumi"
    assert found.exists()
    assert len(said) == 1
    assert version("pulumi") in said[0]


def test_one_that_was_downloaded_before_is_announced_no_more(
    folder: LocalFolder, tmp_path: Path
) -> None:
    executable(folder.cli / "bin/pulumi")
    said: list[str] = []

    find_cli(folder, {"PATH": str(tmp_path)}, lambda _: None, said.append)

    assert said == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (URLError(OSError("Name or service not known")), "Name or service not known"),
        (
            subprocess.CalledProcessError(
                1, "install.sh", b"=== Installing\n+ cd /tmp\ncurl: (22)\n"
            ),
            "curl: (22)",
        ),
        (IncompleteRead(b"half"), "IncompleteRead"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_a_failed_download_is_one_line_with_its_reason_and_what_to_do(
    folder: LocalFolder, tmp_path: Path, error: Exception, reason: str
) -> None:
    def install(_: Path) -> None:
        raise error

    with pytest.raises(BadInputError) as raised:
        find_cli(folder, {"PATH": str(tmp_path)}, install, lambda _: None)

    message = str(raised.value)
    assert len(message.splitlines()) == 1
    assert f"downloading {version('pulumi')} failed ({reason}" in message
    assert "install it as https://www.pulumi.com/docs/install says" in message
