"""Copies at known addresses, asked directly: what tests run on, and the base of the Docker way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import requests

from .reach import TIMEOUT, Answer, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from components.spec import ServiceSpec

    from .reach import Command, Request


class AddressReach:
    """``hosts`` by instance; ``runner`` runs a command in a copy and gives its exit status."""

    any_port = True

    def __init__(
        self, hosts: Mapping[str, str], runner: Callable[[ServiceSpec, Command], int]
    ) -> None:
        self._hosts = hosts
        self._runner = runner

    def send(self, spec: ServiceSpec, request: Request) -> tuple[Answer, ...]:
        origin = f"http://{self._hosts[spec.instance]}:{request.port.number}"
        return (exchange(spec.instance, origin, request),)

    def run(self, spec: ServiceSpec, command: Command) -> tuple[Answer, ...]:
        return (Answer(copy=spec.instance, status=self._runner(spec, command)),)

    def lacking(self, _: Sequence[ServiceSpec]) -> None:
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
