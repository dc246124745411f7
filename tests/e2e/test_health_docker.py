"""``rf health`` asks Redis in a container of a real Docker engine."""

import io
import json
import tarfile
import time
from collections.abc import Iterator
from uuid import uuid4

import docker
import pytest
from docker.errors import DockerException, ImageNotFound
from docker.models.containers import Container

from components.files import fill
from components.platforms import DockerArgs
from components.platforms.docker.place import Place
from components.spec import ServiceSpec
from rf.health import machine
from rf.health.machine import MachineReach
from rf.health.questions import questions
from rf.health.reach import Answer, Command
from settings import parse
from tests.conftest import platform
from tests.e2e.harness.waiting import seconds_until

PASSWORD = "planted-8d1f ' \" ö"
PATIENCE = 20


@pytest.fixture(scope="module")
def engine() -> docker.DockerClient:
    """The machine's Docker, if it answers."""
    try:
        return docker.from_env(timeout=60)
    except DockerException:
        pytest.skip("no Docker engine answers: start one, or name it by DOCKER_HOST")


@pytest.fixture(scope="module")
def spec() -> ServiceSpec:
    """Redis as the local stack has it."""
    specs = parse(platform("local"), "Pulumi.local.yaml").specs
    return next(found for found in specs if found.name == "redis")


@pytest.fixture
def place() -> Place:
    """A place of its own on that machine."""
    return Place(args=DockerArgs(prefix=f"health-{uuid4().hex[:8]}"), environment="local")


@pytest.fixture
def redis(engine: docker.DockerClient, spec: ServiceSpec, place: Place) -> Iterator[Container]:
    """A running Redis with the planted password."""
    try:
        engine.images.get(spec.image)
    except ImageNotFound:
        pytest.skip(f"this machine has no {spec.image}: docker pull it")
    container = engine.containers.create(
        spec.image,
        entrypoint=list(spec.command),
        user=f"{spec.user}:{spec.group}",
        name=place.named(spec.instance),
        network_mode="none",
    )
    try:
        container.put_archive("/", archive(spec))
        container.start()
        yield container
    finally:
        container.remove(force=True)


def archive(spec: ServiceSpec) -> bytes:
    """The files of ``spec``, with the planted password in place."""
    secret = {
        file.path: fill(file.template, {"redisPassword": PASSWORD}) for file in spec.secret_files
    }
    plain = {file.path: file.content for file in spec.files}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in {**plain, **secret}.items():
            entry = tarfile.TarInfo(path.strip("/"))
            entry.size, entry.mode = len(content.encode()), 0o444
            tar.addfile(entry, io.BytesIO(content.encode()))
    return packed.getvalue()


def ping(engine: docker.DockerClient, spec: ServiceSpec, place: Place) -> Answer:
    """What ``rf health`` asks Redis, and the answer of its one copy."""
    (question,) = questions((spec,), any_port=False)
    assert isinstance(question.ask, Command)
    (answer,) = MachineReach(engine, place).run(spec, question.ask)
    return answer


def test_redis_answers_its_password_and_nobody_sees_it(
    engine: docker.DockerClient, spec: ServiceSpec, place: Place, redis: Container
) -> None:
    began = int(time.time())

    seconds_until(lambda: ping(engine, spec, place).status == 0, within=PATIENCE)
    answer = ping(engine, spec, place)

    # An event of the engine quotes the command line of everything that is run.
    told = list(engine.api.events(since=began, until=int(time.time()) + 1, decode=True))
    mine = json.dumps([event for event in told if event.get("id") == redis.id], ensure_ascii=False)
    assert "redis-cli ping" in mine
    assert PASSWORD not in mine
    assert json.dumps(PASSWORD, ensure_ascii=False)[1:-1] not in mine
    assert answer == Answer(copy=place.named("redis"), status=0)


def test_a_redis_with_another_password_is_not_well(
    engine: docker.DockerClient, spec: ServiceSpec, place: Place, redis: Container
) -> None:
    seconds_until(lambda: ping(engine, spec, place).status == 0, within=PATIENCE)
    auth = 'REDISCLI_AUTH="$(cat /run/secrets/redis/password)"'
    redis.exec_run(["sh", "-c", f"{auth} redis-cli acl setuser default resetpass '>another'"])

    assert ping(engine, spec, place).status == 1


def test_a_container_that_has_stopped_or_is_not_there_is_told_apart(
    engine: docker.DockerClient, spec: ServiceSpec, place: Place, redis: Container
) -> None:
    redis.kill()
    redis.wait()
    stopped = ping(engine, spec, place)
    elsewhere = Place(args=place.args, environment="staging")
    missing = ping(engine, spec, elsewhere)

    assert stopped.fault == "it does not run"
    assert missing.fault == "there is no such container"


def test_a_redis_that_hangs_is_given_up(
    engine: docker.DockerClient,
    spec: ServiceSpec,
    place: Place,
    redis: Container,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds_until(lambda: ping(engine, spec, place).status == 0, within=PATIENCE)
    monkeypatch.setattr(machine, "TIMEOUT", 1)
    auth = 'REDISCLI_AUTH="$(cat /run/secrets/redis/password)"'
    redis.exec_run(["sh", "-c", f"{auth} redis-cli client pause 3000 all"])

    assert ping(engine, spec, place).fault == "no end within 1 s"
