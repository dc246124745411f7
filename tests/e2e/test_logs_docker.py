"""A real Docker engine sends what containers write, as the log collector is told to expect it."""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import docker
import pytest
from docker.errors import DockerException, ImageNotFound
from docker.types import LogConfig

from components.monitoring.logs import INSTANCE
from components.platforms import DockerArgs
from components.platforms.docker.container import service_container
from components.platforms.docker.place import Place
from components.spec import ServiceSpec
from settings import parse
from tests.conftest import platform

LINE = '{"message": "said", "level": "info"}'
SYSLOG = re.compile(
    rb"<(?P<priority>\d+)>1 (?P<time>\S+) \S+ (?P<name>\S+) \d+ \S+ - (?P<line>.*)\n?"
)
INFO, ERROR = 6, 3
"""Severities of syslog."""


@pytest.fixture(scope="module")
def engine() -> docker.DockerClient:
    try:
        return docker.from_env(timeout=60)
    except DockerException:
        pytest.skip("no Docker engine answers: start one, or name it by DOCKER_HOST")


@pytest.fixture
def collector() -> Iterator[socket.socket]:
    """What hears datagrams in place of the log collector."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(20)
        yield listening


def ollama() -> ServiceSpec:
    specs = parse(platform("local"), "Pulumi.local.yaml").specs
    return next(spec for spec in specs if spec.name == "ollama")


def said(engine: docker.DockerClient, port: int, script: str) -> str:
    """Run ``script`` with the logging of Ollama's container; what ``docker logs`` answers then."""
    place = replace(Place(args=DockerArgs(), environment="local"), syslog_port=port)
    settings = service_container(ollama(), 0, place)
    try:
        engine.images.get(place.args.writer_image)
    except ImageNotFound:
        pytest.skip(f"this machine has no {place.args.writer_image}: docker pull it")
    container = engine.containers.run(
        place.args.writer_image,
        ["sh", "-c", script],
        name=f"logs-{uuid4().hex[:8]}",
        network_mode="none",
        detach=True,
        log_config=LogConfig(type=settings["log_driver"], config=settings["log_opts"]),
    )
    try:
        container.wait(timeout=60)
        return str(container.logs().decode())
    finally:
        container.remove(force=True)


def test_each_line_arrives_unchanged_under_the_name_of_its_service(
    engine: docker.DockerClient, collector: socket.socket
) -> None:
    script = f"echo '{LINE}'; sleep 1; echo oops >&2"

    kept = said(engine, collector.getsockname()[1], script)
    heard = [SYSLOG.fullmatch(collector.recv(65536)) for _ in range(2)]

    assert [found and found["line"].decode() for found in heard] == [LINE, "oops"]
    assert [found and int(found["priority"]) % 8 for found in heard] == [INFO, ERROR]
    names = {found["name"].decode() for found in heard if found}
    (name,) = (re.fullmatch(INSTANCE, name) for name in names)
    assert name is not None
    assert (name[1], name[2]) == ("ollama", "stable")
    assert kept == f"{LINE}\noops\n"


def test_a_container_starts_and_ends_and_keeps_its_lines_while_no_collector_is_there(
    engine: docker.DockerClient, collector: socket.socket
) -> None:
    port = collector.getsockname()[1]
    collector.close()

    assert said(engine, port, f"echo '{LINE}'") == f"{LINE}\n"
