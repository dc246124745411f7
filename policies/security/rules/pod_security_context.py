"""What both levels of the Pod Security Standards look at."""

from collections.abc import Iterable, Iterator

from policies.framework.kubernetes import containers
from policies.framework.values import Finding, Hidden, Node, Predicate

from .pod_security_words import PROFILES


def container_settings(spec: Node, key: str) -> Iterator[Node]:
    """``securityContext.<key>`` of every container."""
    for container in containers(spec):
        yield container["securityContext"][key]


def all_settings(spec: Node, key: str) -> Iterator[Node]:
    """``securityContext.<key>`` of the pod, then of every container."""
    yield spec["securityContext"][key]
    yield from container_settings(spec, key)


def refuse_unless_confined(profile: Node, what: str) -> Iterator[Finding]:
    """A profile that is there must be of a type that confines."""
    if not profile.absent:
        yield from profile["type"].refuse_if(
            lambda value: value not in PROFILES,
            f"the {what} profile must be {' or '.join(PROFILES)}",
        )


def unless(excuse: Node, holds: Predicate, findings: Iterable[Finding]) -> Iterator[Finding]:
    """``findings``, or nothing where ``excuse`` holds; undecided where that cannot be seen."""
    reason = excuse.value.value if isinstance(excuse.value, Hidden) else ""
    if reason or not holds(excuse.value):
        for each in findings:
            yield Finding(each.path, each.message, each.undecided or reason)


def unless_windows(spec: Node, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Windows has none of these fields; the API server refuses pods that set them there."""
    return unless(spec["os"]["name"], lambda name: name == "windows", findings)


def unless_user_namespace(spec: Node, findings: Iterable[Finding]) -> Iterator[Finding]:
    """A pod in a user namespace is not root on the node, whoever it is inside (KEP-127)."""
    return unless(spec["hostUsers"], lambda value: value is False, findings)
