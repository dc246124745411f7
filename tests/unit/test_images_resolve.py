"""Which images of a stack are asked about, and what follows from the answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rf.errors import BadInputError
from rf.images.pin import report
from rf.images.reference import Reference
from rf.images.registry import RegistryError
from rf.images.resolve import Resolved, resolve
from rf.images.stack_images import StackImage, stack_images
from settings import parse
from tests.deployments import CLUSTER, LOCAL, checked, write_project, write_stack

DIGEST = f"sha256:{'ab' * 32}"


def image(name: str, *, setting: str = "services.redis.image", pulled: str = "") -> StackImage:
    return StackImage(path=tuple(setting.split(".")), image=name, pulled=pulled or name)


@dataclass
class Known:
    """Registries that know some repositories, and note what they are asked."""

    digests: Mapping[str, str]
    asked: list[Reference] = field(default_factory=list)

    def digest(self, reference: Reference) -> str:
        self.asked.append(reference)
        if reference.repository not in self.digests:
            raise RegistryError("has no such repository or tag")
        return self.digests[reference.repository]


# Which images there are


def images(platform: Mapping[str, Any]) -> dict[str, StackImage]:
    return {found.setting: found for found in stack_images(parse(dict(platform), "test"))}


def test_every_service_of_a_stack_has_its_image_in_the_list() -> None:
    for platform in (LOCAL, CLUSTER):
        stack = parse(dict(platform), "test")

        found = {each.image for each in stack_images(stack)}

        assert found >= {entry.spec.image for entry in stack.entries}


def test_the_platforms_own_image_is_in_the_list() -> None:
    assert images(LOCAL)["target.writer_image"].image.startswith("busybox:")
    assert "target.writer_image" not in images(CLUSTER)


def test_a_service_that_the_stack_will_not_have_is_not_asked_about() -> None:
    assert "services.dcgm_exporter.image" not in images(CLUSTER)
    assert "services.dcgm_exporter.image" in images({**CLUSTER, "gpu": {"gpus": 1}})


def test_an_image_is_looked_up_where_it_is_pulled_from() -> None:
    found = images({**LOCAL, "images": {"mirror": "mirror.example/hub"}})["services.redis.image"]

    assert found.image.startswith("redis:")
    assert found.pulled == f"mirror.example/hub/docker.io/library/{found.image}"


# What becomes of them


def test_the_digest_is_written_to_the_name_in_the_settings_not_to_the_mirrors() -> None:
    registries = Known({"docker.io/library/redis": DIGEST})
    redis = image("redis:8", pulled="mirror.example/docker.io/library/redis:8")

    (resolved,) = resolve([redis], registries, "file")

    assert resolved.image == f"redis:8@{DIGEST}"
    assert registries.asked[0].registry == "mirror.example"


def test_an_image_used_twice_is_asked_about_once() -> None:
    registries = Known({"library/redis": DIGEST})

    resolved = resolve([image("redis:8"), image("redis:8", setting="a.b")], registries, "file")

    assert [each.image for each in resolved] == [f"redis:8@{DIGEST}"] * 2
    assert len(registries.asked) == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("researchflow/faiss-server:0.1.0", "built by this project"),
        (f"redis@{DIGEST}", "has a digest and no tag to look up"),
    ],
)
def test_some_images_are_left_alone(name: str, reason: str) -> None:
    registries = Known({})

    (resolved,) = resolve([image(name)], registries, "file")

    assert (resolved.image, resolved.skipped, resolved.changed) == (name, reason, False)
    assert registries.asked == []


def test_every_failure_is_a_line_and_all_registries_are_asked_first() -> None:
    registries = Known({"library/redis": DIGEST})
    wanted = [image("a:1"), image("redis:8"), image("ghcr.io/b:1"), image("a:1", setting="x.y")]

    with pytest.raises(BadInputError) as raised:
        resolve(wanted, registries, "Pulumi.local.yaml")

    assert str(raised.value).splitlines() == [
        "a:1: the registry docker.io has no such repository or tag",
        "ghcr.io/b:1: the registry ghcr.io has no such repository or tag",
        "nothing was written to Pulumi.local.yaml",
    ]
    assert len(registries.asked) == 3


# What is said about them


@pytest.mark.parametrize(
    ("tagged", "line"),
    [
        ([], "every image has a digest: remove images.tag_waiver from Pulumi.staging.yaml"),
        (
            ["researchflow/faiss-server:0.1.0"],
            "images.tag_waiver is still needed, for researchflow/faiss-server:0.1.0",
        ),
    ],
)
def test_the_waiver_is_needed_as_long_as_one_image_has_no_digest(
    tmp_path: Path, tagged: list[str], line: str
) -> None:
    write_stack(write_project(tmp_path), CLUSTER, stack="staging")
    resolved = [Resolved(found=image("redis:8"), image=f"redis:8@{DIGEST}")]
    resolved += [Resolved(found=image(name), image=name, skipped="why") for name in tagged]

    *_, last = report(checked(tmp_path, "staging"), resolved, written=True)

    assert last == line


def test_a_stack_without_a_waiver_hears_nothing_of_one(tmp_path: Path) -> None:
    write_stack(write_project(tmp_path), LOCAL)

    lines = report(checked(tmp_path), [], written=True)

    assert list(lines) == ["Pulumi.local.yaml is up to date"]
