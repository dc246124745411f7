"""Volumes in memory have a ceiling: what is written there counts as memory of nobody else's."""

from collections.abc import Iterator

from policies.framework.kubernetes import WORKLOADS, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import NoConfig, Rule, Severity
from policies.framework.together import in_doubt
from policies.framework.values import Finding

CONTAINER = "docker:index/container:Container"


def size(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Every memory-backed volume has a size."""
    if resource.kind == CONTAINER:
        yield from _docker(resource)
    else:
        yield from _kubernetes(resource)


def _kubernetes(resource: Resource) -> Iterator[Finding]:
    for volume in pod_spec(resource)["volumes"].items():
        medium, size_limit = volume["emptyDir"]["medium"], volume["emptyDir"]["sizeLimit"]
        if medium.hidden or medium.value == "Memory":
            found = size_limit.require("must be set where the medium is Memory")
            yield from in_doubt(found, medium)


def _docker(resource: Resource) -> Iterator[Finding]:
    for _path, options in resource["tmpfs"].entries():
        yield from options.refuse_if(lambda value: "size=" not in str(value), "must hold size=")
    for mount in resource["mounts"].items():
        if mount["type"].hidden or mount["type"].value == "tmpfs":
            found = mount["tmpfsOptions"]["sizeBytes"].refuse_if(
                lambda value: not value, "must be set where the type is tmpfs"
            )
            yield from in_doubt(found, mount["type"])


RULES = (
    Rule(
        id="memory-volumes/size",
        severity=Severity.MEDIUM,
        protects="the service, which is ended when its scratch files have taken its memory",
        fix="set sizeLimit (Kubernetes) or size= (Docker), within the memory limit",
        reference="Kubernetes documentation, emptyDir; Kyverno add-emptydir-sizelimit",
        kinds=(*WORKLOADS, CONTAINER),
        check=size,
    ),
)
