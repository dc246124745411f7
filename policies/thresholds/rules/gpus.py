"""GPUs: what a pod asks for, where it runs, and how many there may be."""

from collections.abc import Iterator

from policies.framework.kubernetes import WORKLOADS, containers, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import refuse_when
from policies.framework.values import Finding, Node

GPU = "nvidia.com/gpu"
POOL = ("karpenter.sh/NodePool",)


class PoolConfig(RuleConfig):
    """The most GPUs that one pool may have."""

    most: int = 16


def amount(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A GPU is not shared: a limit, in whole numbers, and no other request."""
    for container in containers(pod_spec(resource)):
        limit = container["resources"]["limits"][GPU]
        request = container["resources"]["requests"][GPU]
        if limit.absent and request.absent:
            continue
        yield from limit.refuse_if(lambda value: not _is_whole(value), "must be a whole number")
        if not request.absent:
            yield from refuse_when(
                (request, limit), lambda asked, most: str(asked) != str(most), "must be the limit"
            )


def toleration(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """GPU nodes carry a taint, so that nothing else fills them."""
    spec = pod_spec(resource)
    wanted = [node for node in gpu_limits(spec) if node.hidden or is_some(node)]
    if not wanted:
        return
    found = [_tolerates_gpu(each) for each in spec["tolerations"].items()]
    message = f"must hold a toleration of {GPU}"
    if True in found:
        return
    hidden = next((node for node in wanted if node.hidden), None)
    if None in found:
        yield spec["tolerations"].undecided(message)
    elif hidden and not any(map(is_some, wanted)):
        yield hidden.undecided(message)
    else:
        yield spec["tolerations"].violation(message)


def idle_on_gpu_node(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A server without a GPU on a GPU node keeps the node, and its price, alive."""
    spec = pod_spec(resource)
    limits = list(gpu_limits(spec))
    if any(map(is_some, limits)):
        return
    unclear = next((node for node in limits if node.hidden), None)
    for each in spec["tolerations"].items():
        message = "must not be tolerated by a server that asks for no GPU"
        if unclear and not each["key"].hidden and each["key"].value == GPU:
            yield unclear.undecided(message)
        else:
            yield from each["key"].refuse_if(lambda value: value == GPU, message)


def pool_ceiling(resource: Resource, config: PoolConfig) -> Iterator[Finding]:
    """Karpenter adds nodes until somebody says where to stop."""
    spec = resource["spec"]
    limits, taints = spec["limits"], spec["template"]["spec"]["taints"]
    keys = [taint["key"] for taint in taints.items()]
    if any(key.value == GPU for key in keys):
        most = limits[GPU]
        yield from most.refuse_if(
            lambda value: not _is_whole(value) or int(value) > config.most,
            f"must be a whole number up to {config.most}",
        )
    else:
        yield from limits.require("must be set")
        hidden = next((key for key in keys if key.hidden), None)
        if hidden:
            yield hidden.undecided(f"a pool of GPUs must have a limit of {GPU}")


def memory(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """All models with all their parallel requests, loaded at once."""
    needed, available = resource["vramGibibytes"], resource["gpuMemoryGibibytes"]
    if not needed.absent and not available.absent:
        yield from refuse_when(
            (needed, available), lambda wants, has: wants > has, "must fit the memory of its GPUs"
        )


def gpu_limits(spec: Node) -> Iterator[Node]:
    """How many GPUs each container asks for; absent where it is none."""
    for container in containers(spec, "initContainers", "containers"):
        yield container["resources"]["limits"][GPU]


def is_some(node: Node) -> bool:
    """Whether it is certain that at least one GPU is asked for."""
    return not node.hidden and node.value not in (None, 0, "0")


def _is_whole(value: object) -> bool:
    return not isinstance(value, bool) and str(value).isdigit()


def _tolerates_gpu(each: Node) -> bool | None:
    """True, False, or None where it cannot be told. No key means every taint."""
    if each.hidden or each["key"].hidden:
        return None
    return each["key"].value in (GPU, None, "")


RULES = (
    Rule(
        id="gpus/amount",
        severity=Severity.MEDIUM,
        protects="the deployment: the API refuses such a pod, or places it without a GPU",
        fix=f"set resources.limits of {GPU} to a whole number, and requests to the same or nothing",
        reference="Kubernetes documentation, Schedule GPUs",
        kinds=WORKLOADS,
        check=amount,
    ),
    Rule(
        id="gpus/toleration",
        severity=Severity.MEDIUM,
        protects="the deployment, which waits for a node that it does not tolerate",
        fix=f"add a toleration with key {GPU} and operator Exists",
        reference="EKS best practices, AI/ML compute",
        kinds=WORKLOADS,
        check=toleration,
        level=Level.ADVISORY,
    ),
    Rule(
        id="gpus/idle-on-gpu-node",
        severity=Severity.LOW,
        protects="the budget from GPU nodes that run something else",
        fix="remove the toleration",
        reference="EKS best practices, AI/ML compute; guide, Reduce Costs",
        kinds=("apps/Deployment", "apps/StatefulSet", "apps/ReplicaSet"),
        check=idle_on_gpu_node,
        level=Level.ADVISORY,
    ),
    Rule(
        id="gpus/pool-ceiling",
        severity=Severity.HIGH,
        protects="the budget: without a limit a pool grows as long as pods wait",
        fix=f"set spec.limits of {GPU} (a pool without GPUs: of cpu and memory)",
        reference="Karpenter documentation, spec.limits; guide, Reduce Costs",
        kinds=POOL,
        check=pool_ceiling,
        config=PoolConfig,
    ),
    Rule(
        id="gpus/memory",
        severity=Severity.HIGH,
        protects="users, who wait ten times as long where a model falls back to the processor",
        fix="use fewer or smaller models, a shorter context_length or a lower num_parallel",
        reference="guide, System Requirements",
        kinds=("researchflow:index:Ollama",),
        check=memory,
    ),
)
