"""What ``rf plan`` says of files and arguments that are wrong."""

from pathlib import Path

import pytest

from tests.conftest import Rf
from tests.plan_projects import ENCRYPTED, PROGRAM, SETTINGS, STACK_YAML, write_project


@pytest.fixture
def rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command_line: Rf) -> Rf:
    """Run ``rf`` inside ``tmp_path``: exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    return command_line


def files_in(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


NAME = "Pulumi.dev.yaml"
BAD_FILES = {
    "empty": ("", [NAME, "is empty"]),
    "not YAML": ("config:\n  a: [1\n", [f"{NAME} line 3", "not valid YAML"]),
    "a key twice": (
        "config:\n  demo:a: 1\n  demo:a: 2\n",
        [f"{NAME} line 3", "'demo:a'", "line 2"],
    ),
    "a list": ("- 1\n", [NAME, "expected a mapping", "list"]),
    "unknown top-level key": ("confg:\n  demo:a: 1\n", [NAME, "confg", "did you mean config?"]),
    "an ESC environment": ("environment: [x]\n", [NAME, "environment", "ESC"]),
    "no config": ("encryptionsalt: v1:x\n", [NAME, "config is missing"]),
    "config is text": ("config: text\n", [NAME, "config is missing or empty"]),
    "no namespace": ("config:\n  size: 1\n", [NAME, "'size'", "demo:size"]),
    "wrong namespace": (
        "config:\n  dmo:size: 1\n",
        [NAME, "unknown key dmo", "did you mean demo?"],
    ),
    "strange namespace": (
        "config:\n  gcp:zone: 1\n",
        [NAME, "unknown key gcp", "known: demo, aws, docker"],
    ),
    "nested secret": (
        "config:\n  demo:size:\n    redis:\n    - pass:\n        secure: v1:0123\n",
        [NAME, "demo:size.redis[0].pass", "config set --secret"],
    ),
    "secret in plain text": (
        STACK_YAML + "  demo:password: hunter2\n",
        [NAME, "demo:password", "plain text", "config set --secret password"],
    ),
    "secret in an object": (
        STACK_YAML + "  demo:password: {value: hunter2}\n",
        [NAME, "demo:password", "plain text"],
    ),
    "key that nothing reads": (
        ENCRYPTED + "  demo:sise: 3\n",
        [NAME, "demo:sise", "did you mean demo:size?"],
    ),
    "wrong type": ("config:\n  demo:size: many\n", ["dev", "demo:size", "many", "int"]),
}


@pytest.mark.parametrize(("text", "words"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_stack_file_is_told_in_two_lines_at_most_and_nothing_is_written(
    rf: Rf, tmp_path: Path, text: str, words: list[str]
) -> None:
    write_project(tmp_path, PROGRAM, {"dev": text}, SETTINGS)
    before = files_in(tmp_path)

    status, out, err = rf("plan")

    told = err.replace("chatter of the program\n", "")
    assert (status, out) == (1, "")
    assert told.startswith("error: ")
    assert len(told.splitlines()) <= 2
    assert [word for word in words if word not in told] == []
    assert "Traceback" not in told
    assert "hunter2" not in told
    assert {name for name in files_in(tmp_path) - before if "__pycache__" not in name} == set()


def test_an_unknown_stack_hears_which_there_are(rf: Rf, tmp_path: Path) -> None:
    write_project(tmp_path, PROGRAM, {"local": ENCRYPTED, "staging": ENCRYPTED})

    status, _, err = rf("plan", "prod")

    assert status == 1
    assert err == (
        "error: Pulumi.prod.yaml does not exist: there is no stack 'prod'; stacks: local, staging\n"
    )


def test_an_unreadable_stack_file_is_told(rf: Rf, tmp_path: Path) -> None:
    write_project(tmp_path, PROGRAM)
    (tmp_path / NAME).write_bytes(b"config: \xff\xfe")

    status, _, err = rf("plan")

    assert (status, err) == (1, f"error: {NAME} cannot be read: it is not UTF-8 text\n")


def test_mistakes_of_all_stacks_are_told_at_once(rf: Rf, tmp_path: Path) -> None:
    write_project(tmp_path, PROGRAM, {"a": "", "b": ENCRYPTED, "c": ""})

    status, _, err = rf("plan")

    assert status == 1
    assert err == "error: Pulumi.a.yaml is empty\nPulumi.c.yaml is empty\n"


def test_outside_a_project_it_says_where_to_run(rf: Rf) -> None:
    status, _, err = rf("plan")

    assert status == 1
    assert err.startswith("error: no Pulumi.yaml in ")


BAD_PROJECTS = {
    "no name": ("runtime: python\n", "name must be"),
    "another language": ("name: demo\nruntime: go\n", "runtime is 'go'"),
    "main elsewhere": ("name: demo\nruntime: python\nmain: src\n", "'main'"),
    "a config schema": (
        "name: demo\nruntime: python\nconfig:\n  demo:a:\n    type: string\n",
        "config.demo:a",
    ),
}


@pytest.mark.parametrize(("text", "words"), BAD_PROJECTS.values(), ids=BAD_PROJECTS.keys())
def test_a_project_file_that_a_plan_could_not_honour_is_refused(
    rf: Rf, tmp_path: Path, text: str, words: str
) -> None:
    write_project(tmp_path, PROGRAM)
    (tmp_path / "Pulumi.yaml").write_text(text)

    status, _, err = rf("plan")

    assert status == 1
    assert err.startswith("error: Pulumi.yaml: ")
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["plan", "--bogus"], ["bogus"], ["plan", "--manifests"]])
def test_usage_errors_exit_with_1(rf: Rf, arguments: list[str]) -> None:
    status, out, err = rf(*arguments)

    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 2
