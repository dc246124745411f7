"""Manifests on disk: one file an object, and never anybody else's file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from rf.errors import BadInputError
from rf.plan import manifests
from rf.plan.record import record

MARK = manifests.MARK


def rendered(*objects: tuple[str, str, Mapping[str, Any]]) -> dict[str, str]:
    """Files for resources given as type, name and inputs."""

    def program() -> None:
        for token, name, inputs in objects:
            pulumi.CustomResource(token, name, inputs)

    return manifests.render(record(program, project="demo", stack="dev"))


def kubernetes(kind: str, name: str, metadata: Mapping[str, Any], **rest: Any) -> Any:
    head = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    return f"kubernetes:core/v1:{kind}", name, {**head, **rest}


def test_an_object_lies_at_namespace_kind_and_name_in_lower_case() -> None:
    files = rendered(
        kubernetes("ConfigMap", "logical", {"name": "redis", "namespace": "ai"}),
        kubernetes("Namespace", "ai", {"name": "ai"}),
        kubernetes("ClusterRole", "reader", {"name": "system:Reader"}),
        kubernetes("Pod", "unnamed", {"namespace": "ai"}),
    )

    assert sorted(files) == [
        "_cluster/clusterrole-system-reader.yaml",
        "_cluster/namespace-ai.yaml",
        "ai/configmap-redis.yaml",
        "ai/pod-unnamed.yaml",
    ]


def test_a_file_holds_the_object_as_sent_with_its_identity_first_and_text_as_blocks() -> None:
    metadata = {"name": "redis", "namespace": "ai"}
    (text,) = rendered(kubernetes("ConfigMap", "r", metadata, data={"conf": "a\nb\n"})).values()

    assert yaml.safe_load(text)["data"] == {"conf": "a\nb\n"}
    assert [line.split(":")[0] for line in text.splitlines() if line[0].isalpha()] == [
        "apiVersion",
        "kind",
        "metadata",
        "data",
    ]
    assert "conf: |\n" in text


def test_two_objects_that_would_share_a_file_get_one_each() -> None:
    same = {"name": "a", "namespace": "ns"}
    files = rendered(kubernetes("Service", "one", same), kubernetes("Service", "two", same))

    assert sorted(files) == ["ns/service-a-2.yaml", "ns/service-a.yaml"]


@pytest.mark.parametrize("name", ["../../escape", "/etc/passwd", "..", "a/../../b"])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    (path,) = rendered(kubernetes("ConfigMap", "x", {"name": name, "namespace": name}))

    assert ".." not in Path(path).parts
    assert not Path(path).is_absolute()
    assert len(Path(path).parts) == 2


def test_docker_resources_lie_below_docker_and_other_providers_have_no_manifests() -> None:
    files = rendered(
        ("docker:index/container:Container", "redis", {"name": "redis", "image": "redis:8"}),
        ("aws:s3/bucket:Bucket", "bucket", {"bucket": "b"}),
    )

    assert sorted(files) == ["docker/container-redis.yaml"]
    assert yaml.safe_load(files["docker/container-redis.yaml"])["image"] == "redis:8"


def test_files_of_an_earlier_run_go_and_other_peoples_stay(tmp_path: Path) -> None:
    manifests.write({tmp_path: {"ns/old.yaml": MARK, "gone/old.yaml": MARK}})
    (tmp_path / "ns/own.yaml").write_text("mine")

    manifests.write({tmp_path: {"ns/fresh.yaml": MARK + "a: 1\n"}})

    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert left == {"ns", "ns/own.yaml", "ns/fresh.yaml"}


@pytest.mark.parametrize("kind", ["file", "link"])
def test_somebody_elses_file_in_the_way_is_refused_before_anything_is_written(
    tmp_path: Path, kind: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(MARK if kind == "link" else "mine")
    target = tmp_path / "b/x.yaml"
    target.parent.mkdir()
    if kind == "link":
        target.symlink_to(elsewhere)
    else:
        target.write_text("mine")

    with pytest.raises(BadInputError, match=r"b/x.yaml is in the way"):
        manifests.write({tmp_path / "a": {"y.yaml": MARK}, tmp_path / "b": {"x.yaml": MARK}})

    assert not (tmp_path / "a").exists()
    assert target.read_text() == elsewhere.read_text()


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(BadInputError, match=r"taken.* cannot be written"):
        manifests.write({tmp_path / "taken": {"ns/x.yaml": MARK}})
