"""A Kubernetes cluster: every running pod, asked through the API server.

Requests go by port forwarding (``rf.pods``), commands by exec. Whoever asks needs ``create`` on
``pods/exec``, too.
"""

from __future__ import annotations

import ssl
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream
from urllib3.exceptions import HTTPError
from websocket import WebSocketException

from components.platforms.kubernetes.client import why

from ..operators import lacking
from ..pods import open_port, serving
from .reach import TIMEOUT, Answer, ReachError, silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from kubernetes.client import ApiClient

    from components.platforms.kubernetes.cluster import Cluster
    from components.spec import ServiceSpec

    from .reach import Command, Request


class ClusterReach:
    """The pods of ``cluster``, by the labels that the program gives them."""

    any_port = True

    def __init__(self, client: ApiClient, cluster: Cluster) -> None:
        self._client = client
        self._core = CoreV1Api(client)
        self._cluster = cluster

    def send(self, spec: ServiceSpec, request: Request) -> tuple[Answer, ...]:
        return self._each(spec, lambda pod: self._send(pod, spec, request))

    def run(self, spec: ServiceSpec, command: Command) -> tuple[Answer, ...]:
        return self._each(spec, lambda pod: self._run(pod, spec, command))

    def lacking(self, specs: Sequence[ServiceSpec]) -> tuple[str, ...]:
        return lacking(self._client, specs)

    def _each(self, spec: ServiceSpec, ask: Callable[[str], Answer]) -> tuple[Answer, ...]:
        found = []
        for pod in self._pods(spec):
            try:
                found.append(ask(pod))
            except (ApiException, WebSocketException, HTTPException, OSError) as error:
                found.append(silent(pod, error))
        return tuple(found)

    def _pods(self, spec: ServiceSpec) -> list[str]:
        try:
            namespace = self._cluster.namespace_of(spec)
            pods = serving(self._core, namespace, spec.instance, timeout=TIMEOUT)
        except ApiException as error:
            raise ReachError(f"pods cannot be listed: {error.status} {error.reason}") from None
        except HTTPError as error:
            raise ReachError(f"the cluster's API gives no answer: {why(error)}") from None
        return [pod.metadata.name for pod in pods]

    def _send(self, pod: str, spec: ServiceSpec, request: Request) -> Answer:
        # Forwarding ends inside the pod, on the side of a sidecar where nobody needs TLS.
        port = request.port.inside or request.port.number
        opened = open_port(self._core, self._cluster.namespace_of(spec), pod, port)
        connection = HTTPConnection(pod, port)
        # An open socket, so that http.client connects to nothing by itself.
        connection.sock = _secured(opened, request)
        connection.sock.settimeout(TIMEOUT)
        try:
            connection.request(request.method, request.path, request.body, request.headers)
            answer = connection.getresponse()
            return Answer(copy=pod, status=answer.status, body=answer.read())
        finally:
            connection.close()

    def _run(self, pod: str, spec: ServiceSpec, command: Command) -> Answer:
        running: Any = stream(
            self._core.connect_get_namespaced_pod_exec,
            pod,
            self._cluster.namespace_of(spec),
            container=spec.name,
            command=list(command.argv),
            stdout=True,
            stderr=False,
            stdin=False,
            tty=False,
            _preload_content=False,
        )
        running.run_forever(timeout=TIMEOUT)
        try:
            if running.is_open():
                return Answer(copy=pod, fault=f"no end within {TIMEOUT:g} s")
            return Answer(copy=pod, status=running.returncode)
        finally:
            running.close()


def _secured(opened: socket.socket, request: Request) -> socket.socket:
    """``opened``, with TLS where the port speaks it; the certificate has to be good."""
    if request.port.tls is None or request.port.inside is not None:
        return opened
    context = ssl.create_default_context()
    return context.wrap_socket(opened, server_hostname=request.port.tls)
