"""Copies, disruption budgets, start-up and draining."""

from collections.abc import Iterator

from policies.framework.kubernetes import containers, pod, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import NoConfig, Rule, RuleConfig, Severity, StackRule
from policies.framework.selectors import means
from policies.framework.together import refuse_when
from policies.framework.values import UNKNOWN, Finding, Node

from .gpus import gpu_limits, is_some

BUDGETS = ("policy/PodDisruptionBudget",)
SCALED = ("apps/Deployment", "apps/StatefulSet")
COMPONENT = "app.kubernetes.io/component"
WHOLE = "100%"
SEVERAL = 2


class CopiesConfig(RuleConfig):
    """Which services need how many copies, and in which stacks."""

    services: tuple[str, ...] = ("gateway", "flags")
    copies: int = 2
    stacks: tuple[str, ...] = ("production",)


class ModelServerConfig(RuleConfig):
    """Fewest seconds that a model server has to finish its answers."""

    grace_seconds: int = 60


def copies(resource: Resource, config: CopiesConfig) -> Iterator[Finding]:
    """One copy is none while its node is replaced."""
    if resource.stack not in config.stacks or resource["service"].absent:
        return
    yield from refuse_when(
        (resource["replicas"], resource["service"]),
        lambda replicas, name: (
            name in config.services
            and not (isinstance(replicas, int) and replicas >= config.copies)
        ),
        f"must be {config.copies} or more",
    )


def room(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A budget that allows no disruption at all stops every update of the nodes."""
    spec = resource["spec"]
    yield from spec["maxUnavailable"].refuse_if(
        lambda value: value in (0, "0%"), "must allow at least one pod to be away"
    )
    yield from spec["minAvailable"].refuse_if(
        lambda value: value == WHOLE, "must allow at least one pod to be away"
    )


def startup(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Loading a model takes minutes, in which a liveness probe would restart the server."""
    probes = [each["startupProbe"] for each in containers(pod_spec(resource), "containers")]
    if all(probe.absent for probe in probes):
        yield from _if_model_server(resource, probes[:1], "must be set")
    elif all(probe.absent or probe.value is UNKNOWN for probe in probes):
        yield from (probe.undecided("must be set") for probe in probes if probe.hidden)


def grace(resource: Resource, config: ModelServerConfig) -> Iterator[Finding]:
    """Long answers end before the pod does. Unset is 30 seconds."""
    seconds = pod_spec(resource)["terminationGracePeriodSeconds"]
    message = f"must be {config.grace_seconds} or more"
    if seconds.hidden:
        yield seconds.undecided(message)
    elif not isinstance(seconds.value, int) or seconds.value < config.grace_seconds:
        yield from _if_model_server(resource, [seconds], message)


def has_budget(
    resources: tuple[Resource, ...], _config: NoConfig
) -> Iterator[tuple[Resource, Finding]]:
    """Every service with several copies has a budget, so that a drain leaves one."""
    message = "must have a PodDisruptionBudget"
    budgets = [each for each in resources if each.kind in BUDGETS]
    for workload in resources:
        replicas = workload["spec"]["replicas"]
        if workload.kind in BUDGETS or not (replicas.hidden or _is_several(replicas.value)):
            continue
        verdicts = {means(each, each["spec"]["selector"], workload) for each in budgets}
        if True not in verdicts:
            unclear = replicas.hidden or None in verdicts
            yield workload, replicas.undecided(message) if unclear else replicas.violation(message)


def _is_several(replicas: object) -> bool:
    return isinstance(replicas, int) and replicas >= SEVERAL


def _if_model_server(resource: Resource, bad: list[Node], message: str) -> Iterator[Finding]:
    """Violations at ``bad`` if this is what the label says or what asks for a GPU."""
    label = pod(resource)["metadata"]["labels"][COMPONENT]
    signs = [label, *gpu_limits(pod_spec(resource))]
    certain = label.value == "inference" or any(is_some(each) for each in signs[1:])
    hidden = next((each for each in signs if each.hidden), None)
    if certain:
        yield from (node.violation(message) for node in bad)
    elif hidden:
        yield hidden.undecided(message)


RULES = (
    Rule(
        id="availability/copies",
        severity=Severity.HIGH,
        protects="users while a node is replaced or fails",
        fix="set replicas of the service to 2 or more",
        reference="kube-score deployment-replicas; guide, Horizontal Scaling",
        kinds=("researchflow:index:Gateway", "researchflow:index:Flags"),
        check=copies,
        config=CopiesConfig,
    ),
    Rule(
        id="availability/budget-room",
        severity=Severity.MEDIUM,
        protects="the nodes, which cannot be updated while a pod may never be away",
        fix="set maxUnavailable: 1",
        reference="Kyverno pdb-maxunavailable; kube-linter pdb-min-available",
        kinds=BUDGETS,
        check=room,
    ),
    Rule(
        id="availability/startup",
        severity=Severity.MEDIUM,
        protects="users: a liveness probe restarts a server that is still loading its model",
        fix="add a startupProbe that allows for the longest load",
        reference="Kubernetes documentation, Startup Probes; guide, Health Checks",
        kinds=SCALED,
        check=startup,
    ),
    Rule(
        id="availability/grace",
        severity=Severity.MEDIUM,
        protects="users whose answers take longer than the pod has to stop",
        fix="set terminationGracePeriodSeconds to the longest answer",
        reference="Kubernetes documentation, Pod termination",
        kinds=SCALED,
        check=grace,
        config=ModelServerConfig,
    ),
    StackRule(
        id="availability/has-budget",
        severity=Severity.MEDIUM,
        protects="users while nodes are updated, which may end all copies at once",
        fix="add a PodDisruptionBudget with maxUnavailable: 1",
        reference="kube-score deployment-has-poddisruptionbudget; Kyverno require-pdb",
        kinds=(*SCALED, *BUDGETS),
        check=has_budget,
    ),
)
