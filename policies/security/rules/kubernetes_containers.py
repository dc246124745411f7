"""What every container should say: memory, processors, probes, a read-only root.

No rule asks for limits on processors unless told to: a limit slows a container down while
processors are idle. None asks for limits on ephemeral storage: a read-only root file system and a
ceiling on every scratch volume leave nothing to limit.
"""

from collections.abc import Iterator

from policies.framework.kubernetes import WORKLOADS, containers, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import holds_hidden, in_doubt, require_one_of
from policies.framework.values import Finding

SERVERS = ("apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet")
"""Workloads that serve until they are told to stop."""


class CpuConfig(RuleConfig):
    """Whether processors need a limit besides a request."""

    limit: bool = False


def memory(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A limit, for each container or for the pod. A request alone stops nothing."""
    spec = pod_spec(resource)
    for container in containers(spec, "initContainers", "containers"):
        places = (container, spec)
        yield from require_one_of(
            [place["resources"]["limits"]["memory"] for place in places], "must be set"
        )


def cpu(resource: Resource, config: CpuConfig) -> Iterator[Finding]:
    """A request, from which the scheduler knows where there is room; a limit is one too."""
    spec = pod_spec(resource)
    for container in containers(spec, "initContainers", "containers"):
        for kinds in [("requests", "limits"), *([("limits",)] if config.limit else [])]:
            yield from require_one_of(
                [place["resources"][kind]["cpu"] for place in (container, spec) for kind in kinds],
                "must be set",
            )


def readiness(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Whoever has a port gets traffic as soon as its process runs, unless a probe says later."""
    yield from _servers_have(resource, "readinessProbe")


def liveness(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A server that hangs stays, unless a probe notices."""
    yield from _servers_have(resource, "livenessProbe")


def probes_differ(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """The same probe twice restarts a server that is only busy."""
    for container in containers(pod_spec(resource), "containers"):
        live, ready = container["livenessProbe"], container["readinessProbe"]
        message = "must differ from readinessProbe, or be more patient"
        if live.absent or ready.absent:
            continue
        if holds_hidden(live.value) or holds_hidden(ready.value):
            yield live.undecided(message)
        elif live.value == ready.value:
            yield live.violation(message)


def read_only_root(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A writable root file system keeps what an intruder puts there."""
    for container in containers(pod_spec(resource), "initContainers", "containers"):
        yield from container.at("securityContext", "readOnlyRootFilesystem").refuse_if(
            lambda value: value is not True, "must be true"
        )


def bare_pod(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A pod without a controller is gone with its node."""
    yield from resource["metadata"]["ownerReferences"].refuse_if(
        lambda value: not value, "is a pod that nothing replaces when its node fails"
    )


def _servers_have(resource: Resource, probe: str) -> Iterator[Finding]:
    """A container that names no port, beside one that does, may be a helper that serves nobody."""
    spec = pod_spec(resource)
    policy = spec["restartPolicy"]
    if not policy.hidden and policy.value not in (None, "Always"):
        return
    found = list(containers(spec, "containers"))
    for container in found:
        ports = container["ports"]
        if ports.value or len(found) == 1:
            yield from in_doubt(container[probe].require("must be set"), ports, policy)


RULES = (
    Rule(
        id="containers/memory",
        severity=Severity.MEDIUM,
        protects="the node: without a limit one container takes the memory of all others",
        fix="set resources.limits.memory, and the same as request where it must not be evicted",
        reference="CKV_K8S_13; KSV-0018; NSA hardening guide, Resource policies",
        kinds=WORKLOADS,
        check=memory,
    ),
    Rule(
        id="containers/cpu",
        severity=Severity.LOW,
        protects="other services: without a request the scheduler puts too many on one node",
        fix="set resources.requests.cpu",
        reference="CKV_K8S_10; KSV-0015",
        kinds=WORKLOADS,
        check=cpu,
        config=CpuConfig,
        level=Level.ADVISORY,
    ),
    Rule(
        id="containers/readiness",
        severity=Severity.MEDIUM,
        protects="users, who get errors from a server that has only just started",
        fix="add a readinessProbe that succeeds once requests can be answered",
        reference="CKV_K8S_9; guide, Health Checks",
        kinds=(*SERVERS, "core/Pod"),
        check=readiness,
        level=Level.ADVISORY,
    ),
    Rule(
        id="containers/liveness",
        severity=Severity.LOW,
        protects="users of a server that hangs, which nothing restarts",
        fix="add a livenessProbe that is patient and looks at this process only",
        reference="CKV_K8S_8",
        kinds=(*SERVERS, "core/Pod"),
        check=liveness,
        level=Level.ADVISORY,
    ),
    Rule(
        id="containers/probes-differ",
        severity=Severity.LOW,
        protects="a busy server from being restarted by the probe that should only spare it",
        fix="give livenessProbe a higher failureThreshold, or a cheaper question",
        reference="kube-score pod-probes-identical; Kyverno ensure-probes-different",
        kinds=(*SERVERS, "core/Pod"),
        check=probes_differ,
        level=Level.ADVISORY,
    ),
    Rule(
        id="containers/read-only-root",
        severity=Severity.LOW,
        protects="programs and settings of the image from being changed while it runs",
        fix="set readOnlyRootFilesystem: true and mount an emptyDir where the service writes",
        reference="CKV_K8S_22; KSV-0014; CIS EKS 4.2",
        kinds=WORKLOADS,
        check=read_only_root,
        level=Level.ADVISORY,
    ),
    Rule(
        id="containers/bare-pod",
        severity=Severity.LOW,
        protects="the service: a pod without a controller is gone when its node is",
        fix="use a Deployment, a StatefulSet, a DaemonSet or a Job",
        reference="Kyverno prevent-bare-pods",
        kinds=("core/Pod",),
        check=bare_pod,
        level=Level.ADVISORY,
    ),
)
