"""Gateways and live files on a Kubernetes cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from components.platforms.kubernetes.client import why
from components.platforms.kubernetes.files import WEIGHTS_MANAGER, live_manifests
from components.platforms.kubernetes.refresh import refresh, stamp

from ...pods import open_port, serving
from . import EffectError
from .http import body, request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubernetes.client import ApiClient

    from components.platforms.kubernetes.cluster import Cluster
    from components.spec import ServiceSpec

APPLY = "application/apply-patch+yaml"
TIMEOUT = 10.0
"""Seconds that an answer through the API server may take."""
CHUNK = 65_536


class ClusterDelivery:
    """Server-side apply of the ConfigMaps that the program makes, then a touch of the pods.

    What is applied is the whole object as the program describes it, under the same field manager:
    the next deployment finds nothing to change in it but what the settings say.
    """

    def __init__(self, client: ApiClient, cluster: Cluster) -> None:
        self._client = client
        self._cluster = cluster

    def write(self, specs: Sequence[ServiceSpec]) -> None:
        for spec in specs:
            for manifest in live_manifests(spec, self._cluster):
                try:
                    self._write(manifest.body, spec.instance)
                except ApiException as error:
                    name = manifest.body["metadata"]["name"]
                    raise EffectError(
                        f"ConfigMap {name} cannot be written: {error.status} {error.reason}"
                    ) from None
                except HTTPError as error:
                    raise _unreachable(error) from None

    def _write(self, manifest: dict[str, Any], instance: str) -> None:
        described = manifest["metadata"]
        CoreV1Api(self._client).patch_namespaced_config_map(
            described["name"],
            described["namespace"],
            manifest,
            field_manager=WEIGHTS_MANAGER,
            _content_type=APPLY,
        )
        refresh(self._client, described["namespace"], instance, stamp(manifest["data"]))


class ClusterGateways:
    """The gateway's pods, asked through the API server's port forwarding."""

    def __init__(
        self, client: ApiClient, namespace: str, instance: str, *, port: int, path: str
    ) -> None:
        self._core = CoreV1Api(client)
        self._namespace = namespace
        self._instance = instance
        self._port = port
        self._path = path

    def scrape(self) -> Mapping[str, str]:
        pods = _serving(self._core, self._namespace, self._instance)
        ask = request(self._path)
        return {
            _incarnation(pod): _exchange(
                self._core, self._namespace, pod.metadata.name, self._port, ask
            )
            for pod in pods
        }


class ClusterInside:
    """Any service of ``namespace``, by the same way."""

    def __init__(self, client: ApiClient, namespace: str) -> None:
        self._core = CoreV1Api(client)
        self._namespace = namespace

    def exchange(self, spec: ServiceSpec, path: str, content: str | None = None) -> str:
        return self._ask(self._pods(spec)[0], spec, request(path, content))

    def from_each(self, spec: ServiceSpec, path: str) -> Sequence[str]:
        return [self._ask(pod, spec, request(path)) for pod in self._pods(spec)]

    def _pods(self, spec: ServiceSpec) -> list[Any]:
        pods = _serving(self._core, self._namespace, spec.instance)
        if not pods:
            raise EffectError(f"no pod of {spec.instance} is running")
        return pods

    def _ask(self, pod: Any, spec: ServiceSpec, ask: bytes) -> str:
        # Forwarding ends inside the pod, on the side of a sidecar where nobody needs TLS.
        port = spec.port("http").inside or spec.port("http").number
        return _exchange(self._core, self._namespace, pod.metadata.name, port, ask)


def _serving(core: CoreV1Api, namespace: str, instance: str) -> list[Any]:
    try:
        return serving(core, namespace, instance, timeout=TIMEOUT)
    except ApiException as error:
        raise EffectError(f"pods cannot be listed: {error.status} {error.reason}") from None
    except HTTPError as error:
        raise _unreachable(error) from None


def _exchange(core: CoreV1Api, namespace: str, pod: str, port: int, ask: bytes) -> str:
    try:
        connection = open_port(core, namespace, pod, port)
        connection.settimeout(TIMEOUT)
        try:
            connection.sendall(ask)
            received = b"".join(iter(lambda: connection.recv(CHUNK), b""))
        finally:
            connection.close()
    except (ApiException, OSError) as error:
        raise EffectError(f"pod {pod} gives no answer: {_why(error)}") from None
    return body(received, f"pod {pod}")


def _why(error: Exception) -> str:
    """What a person can act on, such as ``403 Forbidden``; headers and body come after it."""
    if isinstance(error, ApiException):
        return str(error.reason).partition("-+-+-")[0].partition("\n")[0].strip()
    return type(error).__name__


def _incarnation(pod: Any) -> str:
    """A name that changes when the container is started anew, and its counters begin at 0."""
    statuses = pod.status.container_statuses or []
    restarts = sum(status.restart_count for status in statuses)
    return f"{pod.metadata.name}/{pod.metadata.uid}/{restarts}"


def _unreachable(error: Exception) -> EffectError:
    return EffectError(f"the cluster's API gives no answer: {why(error)}")
