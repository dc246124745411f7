"""A machine with Docker: published ports from outside, the rest by commands inside containers."""

from __future__ import annotations

import os
from time import monotonic, sleep
from typing import TYPE_CHECKING

import requests
from docker.errors import APIError, DockerException, NotFound

from components.endpoints import origin
from components.platforms.docker.container import replica_parts

from .reach import TIMEOUT, Answer, ReachError, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker import DockerClient

    from components.platforms.docker.place import Place
    from components.spec import ServiceSpec

    from .reach import Command, Request

PAUSE = 0.05
"""Seconds between two questions whether a command has ended."""


class MachineReach:
    """The containers of ``place``, by the names that the program gives them.

    A command that needs a secret reads it from the file that the container has; the secret never
    leaves it.
    """

    any_port = False

    def __init__(self, client: DockerClient, place: Place) -> None:
        self._client = client
        self._place = place

    def send(self, spec: ServiceSpec, request: Request) -> tuple[Answer, ...]:
        where = origin(spec, request.port, self._place.args)
        name = self._place.named(spec.instance)
        return (exchange(name, f"{where}:{request.port.published}", request),)

    def run(self, spec: ServiceSpec, command: Command) -> tuple[Answer, ...]:
        return tuple(
            self._run(self._place.named(spec.instance, *parts), command)
            for parts in replica_parts(spec)
        )

    def lacking(self, _: Sequence[ServiceSpec]) -> tuple[str, ...]:
        return ()

    def _run(self, name: str, command: Command) -> Answer:
        try:
            status = self._status(name, command)
        except NotFound:
            return Answer(copy=name, fault="there is no such container")
        except APIError as error:
            if error.status_code == requests.codes.conflict:
                return Answer(copy=name, fault="it does not run")
            return silent(name, error)
        except (DockerException, requests.RequestException) as error:
            raise unreachable(error) from None
        if status is None:
            return Answer(copy=name, fault=f"no end within {TIMEOUT:g} s")
        return Answer(copy=name, status=status)

    def _status(self, name: str, command: Command) -> int | None:
        """How ``command`` ended; None when it did not. What it prints goes nowhere.

        Detached and asked after: the SDK waits for output without any limit of time.
        """
        api = self._client.api
        running = api.exec_create(name, list(command.argv), stdout=False, stderr=False)["Id"]
        api.exec_start(running, detach=True)
        end = monotonic() + TIMEOUT
        while monotonic() < end:
            status: int | None = api.exec_inspect(running)["ExitCode"]
            if status is not None:
                return status
            sleep(PAUSE)
        return None


def exchange(copy: str, origin: str, request: Request) -> Answer:
    """What ``copy`` at ``origin`` (scheme, host and port) answers. Redirects are not followed.

    A certificate has to be good by the system's authorities, or those of ``SSL_CERT_FILE``.
    """
    try:
        with requests.Session() as session:
            # A proxy or a .netrc of the user's is for other hosts than these.
            session.trust_env = False
            answer = session.request(
                request.method,
                origin + request.path,
                data=request.body,
                headers=request.headers,
                timeout=TIMEOUT,
                allow_redirects=False,
                verify=os.environ.get("SSL_CERT_FILE") or True,
            )
    except requests.RequestException as error:
        return silent(copy, error)
    return Answer(copy=copy, status=answer.status_code, body=answer.content)


def unreachable(error: Exception) -> ReachError:
    """The engine gives no answer."""
    return ReachError(
        f"Docker gives no answer ({type(error).__name__}): is the engine running, and may this "
        "user ask it? Another engine is named by DOCKER_HOST, not by a Docker context"
    )
