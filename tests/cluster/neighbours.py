"""Pods of other people, and some in our namespaces that nobody planned: what policies are for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from components.platforms.kubernetes.naming import NAME

from .api import ApiError, Ref
from .waiting import ready, until_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.platforms.kubernetes.manifest import Body

    from .platform import Platform

ELSEWHERE = "elsewhere"


@contextmanager
def neighbours(platform: Platform) -> Iterator[None]:
    """Real pods, each named after what it is, as long as the block lasts."""
    bodies = list(_pods(platform))
    spaces = {body["metadata"]["namespace"] for body in bodies}
    for name in spaces:
        ref = Ref(api_version="v1", kind="Namespace", name=name)
        if not platform.api.exists(ref):
            described = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            platform.api.create(described)
    until_nothing(lambda: _unmade(platform, bodies))
    yield
    for body in bodies:
        platform.api.delete(Ref.of(body))
    platform.settle()


def _unmade(platform: Platform, bodies: list[Body]) -> list[str]:
    """A pod can be made only once its namespace has a service account."""
    problems = []
    for body in bodies:
        try:
            made = platform.api.apply(body).body
        except ApiError as error:
            problems.append(str(error))
        else:
            problems += [] if ready(made) else [f"{Ref.of(body)} is not ready"]
    return problems


def _pods(platform: Platform) -> Iterator[Body]:
    ours, node = platform.namespaces
    dns = platform.target.dns
    yield _pod("dns", dns.namespace, dns.pod_labels)
    yield _pod("not-dns", dns.namespace, {})
    yield _pod("by-hand", ours, {})
    yield _pod("by-hand", node, {})
    for client in platform.stack.settings.clients:
        yield _pod(f"client-{client.name}", client.namespace, client.pod_labels)
        yield _pod("beside-a-client", client.namespace, {})
        yield _pod(f"labelled-like-{client.name}", ELSEWHERE, client.pod_labels)
    for spec in platform.specs:
        yield _pod(f"called-{spec.name}", ELSEWHERE, {NAME: spec.name})


def _pod(name: str, namespace: str, labels: Mapping[str, str]) -> Body:
    """A pod that every Pod Security level lets in."""
    container = {
        "name": "main",
        "image": "example/neighbour:1",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": {
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
        },
    }
