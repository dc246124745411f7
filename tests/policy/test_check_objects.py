"""What ``rf policy check`` looks into: kinds, containers, lists and forms of files."""

import json
from pathlib import Path

import pytest

from policies.framework.kubernetes import TEMPLATES
from rf.exit_codes import ExitCode
from tests.policy.manifests import BAD, GOOD, Check, Write, pod, workload


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_kind_of_workload_is_looked_into(kind: str, write: Write, check: Check) -> None:
    bad, good = write("bad.yaml", workload(kind, BAD)), write("good.yaml", workload(kind, GOOD))

    assert check("--level", "restricted", bad)[0] == ExitCode.POLICY
    assert check("--level", "restricted", good)[0] == ExitCode.DONE


@pytest.mark.parametrize("kind", ["initContainers", "containers", "ephemeralContainers"])
def test_every_kind_of_container_is_looked_into(kind: str, write: Write, check: Check) -> None:
    container = {"name": "b", "securityContext": {"privileged": True}}
    file = write("pod.yaml", pod(GOOD | {kind: [container]}))

    _, output, _ = check("--level", "baseline", file)

    assert f"spec.{kind}[0].securityContext.privileged: must not be true" in output


def test_documents_lists_and_json_are_taken_apart(
    write: Write, check: Check, tmp_path: Path
) -> None:
    items = [pod(BAD, "first"), workload("apps/Deployment", BAD)]
    write("many.yaml", pod(BAD, "second"), None, pod(GOOD))
    write("list.yml", {"apiVersion": "v1", "kind": "List", "items": items})
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/pod.json").write_text(json.dumps(pod(BAD, "third")))

    _, output, _ = check("--level", "baseline", tmp_path)

    for place in (
        "Pod first items[0].spec.hostNetwork",
        "Deployment it items[1].spec.template.spec.hostNetwork",
        "Pod second spec.hostNetwork",
        "Pod third spec.hostNetwork",
    ):
        assert place in output
    assert "4 mandatory" in output


def test_yes_and_on_are_true_as_they_are_for_kubectl(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text("apiVersion: v1\nkind: Pod\nspec: {hostPID: yes, hostIPC: on}\n")

    _, output, _ = check("--level", "baseline", file)

    assert "2 mandatory" in output


def test_a_list_of_lists_is_taken_apart_too(write: Write, check: Check) -> None:
    inner = {"apiVersion": "v1", "kind": "PodList", "items": [pod(BAD, "inside")]}
    file = write("list.yaml", {"apiVersion": "v1", "kind": "List", "items": [inner]})

    _, output, _ = check("--level", "baseline", file)

    assert "Pod inside items[0].items[0].spec.hostNetwork" in output
