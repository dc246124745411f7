"""One object under judgement, the same from the engine, from a plan and from a YAML file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .values import Node, Path

KUBERNETES = "kubernetes:"
CORE = "core"
URN = "urn:pulumi:"
# Groups that these kinds had before, in manifests that are still around.
MOVED = {
    "extensions/Deployment": "apps/Deployment",
    "extensions/DaemonSet": "apps/DaemonSet",
    "extensions/ReplicaSet": "apps/ReplicaSet",
    "extensions/Ingress": "networking.k8s.io/Ingress",
    "extensions/NetworkPolicy": "networking.k8s.io/NetworkPolicy",
}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What a rule sees.

    ``type`` is Pulumi's token (``kubernetes:apps/v1:Deployment``). ``properties`` are plain data in
    which ``Hidden`` stands for what cannot be seen; ``at`` is where they lie if inside a list
    object. ``stack`` is empty and ``urn`` is only a label for an object from a file.
    """

    type: str
    name: str
    properties: dict[str, Any]
    urn: str = ""
    stack: str = ""
    parent: str | None = None
    at: Path = ()

    @cached_property
    def kind(self) -> str:
        """What rules are chosen by; see ``kind_of``."""
        return kind_of(self.type)

    @cached_property
    def root(self) -> Node:
        """All properties."""
        return Node(self.properties, self.at)

    def __getitem__(self, key: str) -> Node:
        """The property ``key``."""
        return self.root[key]

    @cached_property
    def label(self) -> str:
        """What people call it: ``DaemonSet exporters/node-exporter``, or kind and Pulumi name."""
        kind = self.kind.rpartition("/")[2].rpartition(":")[2]
        if not self.type.startswith(KUBERNETES):
            return f"{kind} {self.name}"
        metadata = self["metadata"]
        name = metadata["name"].value
        namespace = metadata["namespace"].value
        parts = [part for part in (namespace, name) if isinstance(part, str)]
        return f"{kind} {'/'.join(parts) if isinstance(name, str) else self.name}"


def members(resource: Resource) -> Iterator[Resource]:
    """The resource itself, or the objects in a Kubernetes list (``PodList``) and in lists in it."""
    items = resource["items"]
    if not resource.kind.endswith("List") or not resource.type.startswith(KUBERNETES):
        yield resource
        return
    for item in items.items():
        if isinstance(item.value, dict):
            type_ = _type_of(item, resource.type)
            yield from members(replace(resource, type=type_, properties=item.value, at=item.path))


def _type_of(item: Node, list_type: str) -> str:
    """A member says what it is, or else it is what the list is named for."""
    api_version, kind = item["apiVersion"].value, item["kind"].value
    if isinstance(api_version, str) and isinstance(kind, str):
        return token_of(api_version, kind)
    return list_type.removesuffix("List")


def stack_of(urn: str) -> str:
    """The stack that ``urn`` is of; empty for what has none."""
    head, found, _ = urn.removeprefix(URN).partition("::")
    return head if found and urn.startswith(URN) else ""


def token_of(api_version: str, kind: str) -> str:
    """Pulumi's type token of a Kubernetes object."""
    return f"{KUBERNETES}{api_version}:{kind}"


def kind_of(token: str) -> str:
    """``apps/Deployment`` of ``kubernetes:apps/v1:Deployment``; other tokens stay as they are.

    The version is left out, since rules hold for all of them.
    """
    if not token.startswith(KUBERNETES):
        return token
    api_version, _, kind = token.removeprefix(KUBERNETES).rpartition(":")
    group = api_version.partition("/")[0] if "/" in api_version else CORE
    found = f"{group}/{kind}"
    return MOVED.get(found, found)
