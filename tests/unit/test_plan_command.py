"""``rf plan`` from the outside: a project in, text and exit status out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rf.cli import run
from tests.plan_projects import STACK_YAML, write_project

PROGRAM = """
    config = pulumi.Config()
    password = config.require_secret("password")
    for number in range(config.require_int("size")):
        inputs = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"s{number}"}}
        pulumi.CustomResource(
            "kubernetes:core/v1:Secret", f"s{number}", {**inputs, "stringData": {"p": password}}
        )
    print("chatter of the program")
"""
SETTINGS = 'SECRETS = {"password": "what it is for"}'
ENCRYPTED = STACK_YAML + "  demo:password:\n    secure: v1:0123456789\n"

Outcome = tuple[int, str, str]
Rf = Callable[..., Outcome]


@pytest.fixture
def rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Rf:
    """Run ``rf`` inside ``tmp_path``: exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Outcome:
        status = run(arguments)
        out, err = capfd.readouterr()
        return status, out, err

    return call


def files_in(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_all_stacks_are_planned_when_none_is_named(rf: Rf, tmp_path: Path) -> None:
    stacks = {"local": STACK_YAML, "staging": ENCRYPTED}
    write_project(tmp_path, PROGRAM, stacks, SETTINGS)

    status, out, _ = rf("plan")

    assert status == 0
    local, staging = out.split("staging  demo, 2 resources")
    assert local.startswith("local  demo, 2 resources\n")
    assert "Secrets to be set: password\nManifests: .rf/manifests/local (2 files)" in local
    assert "Secrets to be set: none\nManifests: .rf/manifests/staging (2 files)" in staging


def test_only_named_stacks_are_planned_from_anywhere_below_the_project(
    rf: Rf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path, PROGRAM, {"a": ENCRYPTED, "b": ENCRYPTED}, SETTINGS)
    (tmp_path / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep/er")

    status, out, _ = rf("plan", "b")

    assert status == 0
    assert "b  demo" in out
    assert "a  demo" not in out
    assert (tmp_path / ".rf/manifests/b/_cluster/secret-s0.yaml").is_file()


def test_json_is_one_document_and_the_programs_chatter_is_not_in_it(rf: Rf, tmp_path: Path) -> None:
    write_project(tmp_path, PROGRAM, {"dev": ENCRYPTED}, SETTINGS)

    status, out, err = rf("plan", "--json", "--manifests", "out")

    assert status == 0
    assert "chatter" in err
    document = json.loads(out)
    (stack,) = document["stacks"]
    assert document["version"] == 1
    assert document["project"] == "demo"
    assert stack["counts"] == {"kubernetes:core/v1:Secret": 2}
    assert stack["manifests"] == "out/dev"
    assert stack["resources"][0]["inputs"]["stringData"] == {"p": {"secret": True}}
    assert stack["resources"][0]["parent"] == "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev"


def test_a_plan_does_not_depend_on_the_machines_credentials(
    rf: Rf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = "import os; pulumi.export('seen', [k for k in os.environ if k in {names}])"
    names = ["KUBECONFIG", "DOCKER_HOST", "AWS_PROFILE", "PULUMI_CONFIG"]
    for name in names:
        monkeypatch.setenv(name, "{}")
    write_project(tmp_path, seen.format(names=names) + "\npulumi.Config().require('size')")

    status, out, _ = rf("plan", "--json")

    assert status == 0
    assert json.loads(out)["stacks"][0]["outputs"] == {"seen": []}


def test_config_reaches_the_program_as_the_engine_would_pass_it(rf: Rf, tmp_path: Path) -> None:
    stack = 'config:\n  demo:o:\n    window: 22:00\n    on: yes\n    n: [1, 2.5]\n  demo:t: "007"\n'
    project = "config:\n  demo:base:\n    value: true\n"
    program = "for k in ('o', 't', 'base'): pulumi.export(k, pulumi.Config().require(k))"
    write_project(tmp_path, program, {"dev": stack})
    with (tmp_path / "Pulumi.yaml").open("a") as file:
        file.write(project)

    _, out, _ = rf("plan", "--json")

    assert json.loads(out)["stacks"][0]["outputs"] == {
        "base": "true",
        "o": '{"n":[1,2.5],"on":"yes","window":"22:00"}',
        "t": "007",
    }


def test_a_defect_of_the_program_names_its_line_and_shows_its_traceback_on_request(
    rf: Rf, tmp_path: Path
) -> None:
    write_project(tmp_path, "\n\n{}['missing']")

    status, out, err = rf("plan", "dev")
    debug_status, _, debug_err = rf("--debug", "plan", "dev")

    assert (status, out, debug_status) == (1, "", 1)
    assert err == (
        "error: internal error: dev: KeyError: 'missing' (__main__.py:4)\n"
        "for the traceback: rf --debug plan dev\n"
    )
    assert "Traceback" in debug_err
    assert "{}['missing']" in debug_err


def test_an_output_inside_text_is_a_defect(rf: Rf, tmp_path: Path) -> None:
    write_project(tmp_path, "pulumi.export('url', f'http://{pulumi.Output.from_input(1)}')")

    status, _, err = rf("plan")

    assert status == 1
    assert "Output" in err.splitlines()[0]


def test_a_program_that_exits_by_itself_is_a_defect(rf: Rf, tmp_path: Path) -> None:
    write_project(tmp_path, "raise SystemExit(0)")

    status, _, err = rf("plan")

    assert status == 1
    assert "SystemExit" in err


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


def test_without_a_command_it_shows_its_help(rf: Rf) -> None:
    status, out, _ = rf()

    assert status == 0
    assert "plan" in out
