"""``rf policy check`` as a person or a pipeline runs it: status, rules, text and JSON."""

import itertools
import json
from pathlib import Path

import pytest
import yaml

from rf.exit_codes import ExitCode
from tests.policy.manifests import BAD, CARELESS, GOOD, Check, Write, pod

UNREADABLE = {
    "broken.yaml": "a: b: c",
    "broken.json": "{",
    "values.yaml": "replicas: 3",
    "list.yaml": "- a",
    "circle.yaml": "a: &a [*a]",
    "deep.yaml": f"a: {'[' * 900}{']' * 900}",
    "wide.yaml": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in itertools.pairwise("abcdefgh")
    ),
    "item.yaml": "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod}, {kind: Pod}]}",
    "items.yaml": "{apiVersion: v1, kind: PodList, items: {}}",
}


# Exit status


def test_clean_files_end_in_status_0(write: Write, check: Check) -> None:
    status, output, _ = check("--level", "restricted", write("pod.yaml", pod(GOOD)))

    assert status == ExitCode.DONE
    assert output.startswith("1 objects. Policies: clean")


def test_a_mandatory_violation_ends_in_status_9_and_names_file_object_path_and_rule(
    write: Write, check: Check
) -> None:
    file = write("pod.yaml", pod(BAD))

    status, output, _ = check("--level", "baseline", file)

    assert status == 9
    assert str(file) in output
    line = "pod-security-baseline/host-namespaces  Pod it spec.hostNetwork: must not be true"
    assert line in output


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("broken.yaml", "not valid YAML in line 1"),
        ("broken.json", "not valid JSON in line 1"),
        ("values.yaml", "a document has no apiVersion and kind"),
        ("list.yaml", "a document has no apiVersion and kind"),
        ("circle.yaml", "it is nested too deeply, or repeats itself through aliases"),
        ("deep.yaml", "it is nested too deeply, or repeats itself through aliases"),
        ("wide.yaml", "it is nested too deeply, or repeats itself through aliases"),
        ("item.yaml", "items[1] of the List has no apiVersion and kind"),
        ("items.yaml", "items of the PodList is no list"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_is_checked(
    name: str, reason: str, write: Write, check: Check, tmp_path: Path
) -> None:
    write("pod.yaml", pod(BAD))
    (tmp_path / name).write_text(UNREADABLE[name])

    status, output, errors = check("--level", "baseline", tmp_path)

    assert status == ExitCode.ERROR
    assert f"{tmp_path / name}: {reason}" in errors
    assert "pod-security-baseline/host-namespaces" in output


def test_what_is_not_there_is_named(check: Check, tmp_path: Path) -> None:
    status, _, errors = check(tmp_path / "none.yaml", tmp_path)

    assert status == ExitCode.ERROR
    assert f"{tmp_path / 'none.yaml'}: No such file or directory" in errors
    assert f"{tmp_path}: the folder has no .yaml, .yml, .json file" in errors


def test_where_nothing_could_be_read_nothing_is_called_clean(check: Check, tmp_path: Path) -> None:
    _, output, _ = check(tmp_path / "none.yaml")

    assert output == "0 objects: nothing was checked.\n"


def test_a_file_that_cannot_be_read_is_not_quoted(check: Check, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("password: hunter2: hunter2")

    _, output, errors = check(tmp_path)

    assert "hunter2" not in output + errors


def test_the_documents_before_a_mistake_are_checked(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "both.yaml"
    file.write_text(f"{yaml.safe_dump(pod(BAD))}---\na: [1\n")

    status, output, _ = check("--level", "baseline", file)

    assert status == ExitCode.ERROR
    assert "pod-security-baseline/host-namespaces" in output


# Which rules


def test_a_level_alone_is_the_pod_security_rules_of_that_level(write: Write, check: Check) -> None:
    file = write("pod.yaml", pod(CARELESS))

    assert check("--level", "baseline", file)[0] == ExitCode.DONE
    assert check("--level", "restricted", file)[0] == ExitCode.POLICY


def test_a_level_beside_a_pack_chooses_among_its_rules(write: Write, check: Check) -> None:
    file = write("pod.yaml", pod(CARELESS))

    _, output, _ = check("--json", "--pack", "security", "--level", "baseline", file)

    families = {each["rule"].partition("/")[0] for each in json.loads(output)["findings"]}
    assert "containers" in families
    assert "pod-security-restricted" not in families


def test_a_pack_alone_leaves_the_others_out(write: Write, check: Check) -> None:
    assert check("--pack", "thresholds", write("pod.yaml", pod(BAD)))[0] == ExitCode.DONE


def test_an_unknown_pack_or_level_is_told_with_the_known_ones(write: Write, check: Check) -> None:
    file = write("pod.yaml", pod(GOOD))

    _, _, pack = check("--pack", "safety", file)
    status, _, level = check("--level", "strict", file)

    assert "there is no pack 'safety'; the packs are security, thresholds" in pack
    assert "'baseline', 'restricted'" in level
    assert status == ExitCode.ERROR


# JSON


def test_the_json_has_all_that_people_are_told(write: Write, check: Check) -> None:
    file = write("pod.yaml", pod(BAD))

    status, output, _ = check("--json", "--level", "baseline", file)

    document = json.loads(output)
    (finding,) = document.pop("findings")
    assert status == ExitCode.POLICY
    assert document["objects"] == 1
    assert document["blocks"] is True
    assert document["unreadable"] == []
    assert finding["file"] == str(file)
    assert finding["rule"] == "pod-security-baseline/host-namespaces"
    assert finding["object"] == "Pod it"
    assert finding["path"] == "spec.hostNetwork"
    assert finding["message"] == "must not be true"
    assert (finding["level"], finding["outcome"]) == ("mandatory", "violation")
    assert finding["severity"] == "critical"
    assert all(finding[key] for key in ("protects", "fix", "reference"))


def test_the_json_is_whole_when_something_cannot_be_read(check: Check, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(UNREADABLE["broken.yaml"])

    status, output, _ = check("--json", tmp_path)

    assert status == ExitCode.ERROR
    assert json.loads(output)["unreadable"][0]["reason"] == "not valid YAML in line 1"
