"""Copies, disruption budgets, model servers and GPUs."""

from typing import Any

from tests.policy.cases.case import Case
from tests.policy.cases.containers import deployment

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
POOL = "kubernetes:karpenter.sh/v1:NodePool"
GPU = "nvidia.com/gpu"
TOLERATION = {"key": GPU, "operator": "Exists"}
PROBE = {"exec": {"command": ["true"]}}


def gpu(limit: str | None = "1", request: str | None = None, **spec: Any) -> dict[str, Any]:
    """A Deployment that asks for GPUs."""
    amounts = {
        "limits": {} if limit is None else {GPU: limit},
        "requests": {} if request is None else {GPU: request},
    }
    return deployment({"resources": amounts}, **spec)


def labelled_inference(container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A Deployment that says it is a model server."""
    found = deployment(container, **spec)
    labels = {"app.kubernetes.io/component": "inference"}
    found["spec"]["template"]["metadata"] = {"labels": labels}
    return found


def pool(limits: dict[str, Any] | None = None, *taints: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "template": {"spec": {"taints": [{"key": key, "effect": "NoSchedule"} for key in taints]}}
    }
    return {"spec": found | ({} if limits is None else {"limits": limits})}


def several(**labels: str) -> dict[str, Any]:
    """A Deployment of two copies in the namespace ``ai``."""
    found = deployment()
    found["spec"] |= {"replicas": 2}
    found["spec"]["template"]["metadata"] = {"labels": labels}
    return found


AVAILABILITY = (
    Case(
        rule="availability/copies",
        token="researchflow:index:Gateway",
        red=({"service": "gateway", "replicas": 1}, {"service": "gateway"}),
        green=({"service": "gateway", "replicas": 2},),
    ),
    Case(
        rule="availability/budget-room",
        token=BUDGET,
        red=(
            {"spec": {"maxUnavailable": 0}},
            {"spec": {"maxUnavailable": "0%"}},
            {"spec": {"minAvailable": "100%"}},
        ),
        green=({"spec": {"maxUnavailable": 1}}, {"spec": {"minAvailable": 1}}, {"spec": {}}),
    ),
    Case(
        rule="availability/startup",
        token=DEPLOYMENT,
        red=(gpu(), labelled_inference({"image": "a"})),
        green=(
            deployment(),
            labelled_inference({"startupProbe": PROBE}),
            deployment({"resources": {"limits": {GPU: "1"}}, "startupProbe": PROBE}),
        ),
    ),
    Case(
        rule="availability/grace",
        token=DEPLOYMENT,
        red=(gpu(), gpu(terminationGracePeriodSeconds=30), labelled_inference({"image": "a"})),
        green=(
            deployment(),
            deployment(terminationGracePeriodSeconds=10),
            gpu(terminationGracePeriodSeconds=300),
        ),
    ),
    Case(
        rule="availability/has-budget",
        token=DEPLOYMENT,
        red=(several(app="db"),),
        green=(several(app="web"), deployment()),
        beside=(
            (
                BUDGET,
                {
                    "metadata": {"name": "web", "namespace": "ai"},
                    "spec": {"selector": {"matchLabels": {"app": "web"}}},
                },
            ),
        ),
    ),
)

GPUS = (
    Case(
        rule="gpus/amount",
        token=DEPLOYMENT,
        red=(gpu("0.5"), gpu("2", "1"), gpu(None, "1")),
        green=(gpu("1"), gpu("1", "1"), deployment()),
    ),
    Case(
        rule="gpus/toleration",
        token=DEPLOYMENT,
        red=(gpu(), gpu(tolerations=[{"key": "spot"}])),
        green=(
            gpu(tolerations=[TOLERATION]),
            gpu(tolerations=[{"operator": "Exists"}]),
            gpu("0"),
            deployment(),
        ),
    ),
    Case(
        rule="gpus/idle-on-gpu-node",
        token=DEPLOYMENT,
        red=(deployment(tolerations=[TOLERATION]), gpu("0", tolerations=[TOLERATION])),
        green=(gpu(tolerations=[TOLERATION]), deployment(tolerations=[{"key": "spot"}])),
    ),
    Case(
        rule="gpus/pool-ceiling",
        token=POOL,
        red=(pool(None), pool({"cpu": "64"}, GPU), pool({GPU: "17"}, GPU), pool(None, GPU)),
        green=(pool({"cpu": "64"}), pool({GPU: "4"}, "spot", GPU), pool({GPU: 16}, GPU)),
    ),
    Case(
        rule="gpus/pool-ceiling",
        token=POOL,
        red=(pool({GPU: "3"}, GPU),),
        green=(pool({GPU: "2"}, GPU),),
        config={"most": 2},
    ),
    Case(
        rule="gpus/memory",
        token="researchflow:index:Ollama",
        red=({"vramGibibytes": 24.1, "gpuMemoryGibibytes": 24},),
        green=({"vramGibibytes": 24, "gpuMemoryGibibytes": 24}, {}),
    ),
)

CASES = (*AVAILABILITY, *GPUS)
