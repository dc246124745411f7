"""The pods of a service, and a way into them that no NetworkPolicy has to open.

Port forwarding ends inside the pod's own network. Whoever asks needs ``list`` on ``pods`` and
``create`` on ``pods/portforward``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubernetes.stream import portforward

from components.platforms.kubernetes.naming import INSTANCE

if TYPE_CHECKING:
    import socket

    from kubernetes.client import CoreV1Api


def serving(
    core: CoreV1Api, namespace: str, instance: str, *, timeout: float | None = None
) -> list[Any]:
    """The running pods of ``instance``, without those on their way out.

    Such a one would be gone before the next question. ``timeout``: seconds. ApiException and
    HTTPError as the client library raises them.
    """
    pods: list[Any] = core.list_namespaced_pod(
        namespace,
        label_selector=f"{INSTANCE}={instance}",
        field_selector="status.phase=Running",
        _request_timeout=timeout,
    ).items
    return [pod for pod in pods if pod.metadata.deletion_timestamp is None]


def open_port(core: CoreV1Api, namespace: str, pod: str, port: int) -> socket.socket:
    """A connection to ``port`` of ``pod``, which the caller closes."""
    forwarded = portforward(
        core.connect_get_namespaced_pod_portforward, pod, namespace, ports=str(port)
    )
    found: socket.socket = forwarded.socket(port)
    return found
