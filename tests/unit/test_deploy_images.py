"""Our own images, built before a stack on Docker needs them."""

from pathlib import Path

import pytest

from rf.deploy.deployment import up
from rf.deploy.local_images import ensure_images
from rf.errors import BadInputError
from rf.own_images import is_own, source_folder
from settings import parse
from tests.deployments import CLUSTER, LOCAL, World, checked, write_project, write_stack

FAISS = "researchflow/faiss-server:0.1.0"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    dockerfile = tmp_path / "services/faiss_server/Dockerfile"
    dockerfile.parent.mkdir(parents=True)
    dockerfile.touch()
    return tmp_path


def ensure(world: World, root: Path, image: str = FAISS, name: str = FAISS) -> None:
    ensure_images({image: name}, root=root, env={}, runner=world, say=world.said.append)


def test_a_missing_image_is_built_from_its_folder_and_said_so(root: Path) -> None:
    world = World(path=root, statuses={"docker image inspect": 1})

    ensure(world, root)

    assert world.calls[-1].command == (
        "docker", "build", "--tag", FAISS, "services/faiss_server",
    )  # fmt: skip
    assert world.calls[-1].cwd == root
    assert world.said == [f"Building {FAISS} from services/faiss_server, once ..."]


def test_an_image_that_is_there_is_not_built_again(root: Path) -> None:
    world = World(path=root)

    ensure(world, root)

    assert [call.command[1] for call in world.calls] == ["version", "image"]


def test_an_image_is_built_under_the_name_by_which_the_stack_uses_it(root: Path) -> None:
    world = World(path=root, statuses={"docker image inspect": 1})

    ensure(world, root, name=f"mirror.example:5000/docker.io/{FAISS}")

    assert world.calls[-1].command[3] == f"mirror.example:5000/docker.io/{FAISS}"


def test_a_digest_cannot_be_built_so_it_is_left_to_be_pulled(root: Path) -> None:
    world = World(path=root, statuses={"docker image inspect": 1})

    ensure(world, root, name=f"{FAISS}@sha256:{'0' * 64}")

    assert [call.command[1] for call in world.calls] == ["version"]


def test_without_an_engine_one_line_says_so(root: Path) -> None:
    world = World(path=root, statuses={"docker version": 1})

    with pytest.raises(BadInputError, match=r"^this stack needs a Docker engine, and none .*$"):
        ensure(world, root)


def test_a_failed_build_ends_the_command(root: Path) -> None:
    world = World(path=root, statuses={"docker image inspect": 1, "docker build": 1})

    with pytest.raises(BadInputError, match=r"building .* failed; Docker says why above"):
        ensure(world, root)


def test_an_image_that_has_no_folder_is_refused(root: Path) -> None:
    world = World(path=root, statuses={"docker image inspect": 1})

    with pytest.raises(BadInputError, match=r"services/other/Dockerfile: no such file"):
        ensure(world, root, image="researchflow/other:1", name="researchflow/other:1")


def test_every_image_of_ours_that_a_stack_names_has_a_folder() -> None:
    images = [entry.spec.image for entry in parse(dict(LOCAL), "test").entries]
    ours = [image for image in images if is_own(image)]

    assert FAISS in ours
    assert all(Path(source_folder(image), "Dockerfile").is_file() for image in ours)


def test_a_stack_on_kubernetes_needs_no_docker_engine(tmp_path: Path) -> None:
    world = World(path=tmp_path / "bin", variables={"PULUMI_BACKEND_URL": "s3://the-team"})
    secrets = ["redisPassword", "grafanaAdminPassword", "kubeconfig"]
    write_stack(write_project(tmp_path), CLUSTER, stack="staging", secrets=secrets)

    up(checked(tmp_path, "staging"), world.with_pulumi().tools, yes=True)

    assert not any(call.command[0] == "docker" for call in world.calls)
