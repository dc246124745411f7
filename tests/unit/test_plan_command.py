"""``rf plan`` from the outside: a project in, text and exit status out."""

import json
from pathlib import Path

import pytest

from tests.conftest import Rf
from tests.plan_projects import ENCRYPTED, PROGRAM, SETTINGS, STACK_YAML, write_project


@pytest.fixture
def rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command_line: Rf) -> Rf:
    """Run ``rf`` inside ``tmp_path``: exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    return command_line


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


def test_without_a_command_it_shows_its_help(rf: Rf) -> None:
    status, out, _ = rf()

    assert status == 0
    assert "plan" in out
