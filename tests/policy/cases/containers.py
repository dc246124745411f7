"""Kubernetes containers: memory, processors, probes, root file system, service accounts."""

from typing import Any

from tests.policy.cases.case import Case

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
POD = "kubernetes:core/v1:Pod"
JOB = "kubernetes:batch/v1:Job"
CRON = "kubernetes:batch/v1:CronJob"
SECRET = "kubernetes:core/v1:Secret"
NAMESPACE = "kubernetes:core/v1:Namespace"
WEB = [{"containerPort": 8080}]
PROBE = {"httpGet": {"path": "/", "port": 8080}}
PATIENT = PROBE | {"failureThreshold": 6}


def deployment(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A Deployment of one container, with what is given in it and in the pod's spec."""
    found = {"name": "a", "image": "registry.test/a:1"} | (container or {})
    return {
        "metadata": {"name": "it", "namespace": "ai"},
        "spec": {"template": {"metadata": {}, "spec": {"containers": [found], **spec}}},
    }


def beside_helper(container: dict[str, Any]) -> dict[str, Any]:
    """A Deployment of a container and of one that serves nobody."""
    found = deployment()
    found["spec"]["template"]["spec"]["containers"] = [container, {"name": "helper"}]
    return found


def amounts(**kinds: dict[str, str]) -> dict[str, Any]:
    """A Deployment whose container has these resources."""
    return deployment({"resources": kinds})


def job(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "it"}, "spec": {"template": {"spec": {}}, **spec}}


def cron(job_spec: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "it"}, "spec": {"jobTemplate": {"spec": job_spec or {}}, **spec}}


def case(rule: str, red: tuple[Any, ...], green: tuple[Any, ...], **more: Any) -> Case:
    return Case(**{"rule": rule, "token": DEPLOYMENT, "red": red, "green": green} | more)


CASES = (
    case(
        "containers/memory",
        red=(
            deployment(),
            amounts(requests={"memory": "1Gi"}),
            deployment({"resources": {"limits": {"memory": "1Gi"}}}, initContainers=[{}]),
        ),
        green=(
            amounts(limits={"memory": "1Gi"}),
            deployment(resources={"limits": {"memory": "1Gi"}}),
        ),
    ),
    case(
        "containers/cpu",
        red=(deployment(), amounts(limits={"memory": "1Gi"})),
        green=(amounts(requests={"cpu": "1"}), amounts(limits={"cpu": "1"})),
    ),
    case(
        "containers/cpu",
        red=(amounts(requests={"cpu": "1"}),),
        green=(amounts(requests={"cpu": "1"}, limits={"cpu": "2"}),),
        config={"limit": True},
    ),
    case(
        "containers/readiness",
        red=(deployment({"ports": WEB}), deployment(), beside_helper({"ports": WEB})),
        green=(
            deployment({"ports": WEB, "readinessProbe": PROBE}),
            beside_helper({"ports": WEB, "readinessProbe": PROBE}),
            deployment(restartPolicy="Never"),
        ),
    ),
    case(
        "containers/liveness",
        red=(deployment({"ports": WEB}), beside_helper({"ports": WEB})),
        green=(deployment({"ports": WEB, "livenessProbe": PATIENT}),),
    ),
    case(
        "containers/probes-differ",
        red=(deployment({"livenessProbe": PROBE, "readinessProbe": PROBE}),),
        green=(
            deployment({"livenessProbe": PATIENT, "readinessProbe": PROBE}),
            deployment({"readinessProbe": PROBE}),
            deployment(),
        ),
    ),
    case(
        "containers/read-only-root",
        red=(deployment(), deployment({"securityContext": {"readOnlyRootFilesystem": False}})),
        green=(deployment({"securityContext": {"readOnlyRootFilesystem": True}}),),
    ),
    case(
        "containers/bare-pod",
        token=POD,
        red=({"metadata": {"name": "it"}, "spec": {"containers": []}},),
        green=({"metadata": {"name": "it", "ownerReferences": [{"kind": "ReplicaSet"}]}},),
    ),
    case(
        "service-accounts/token",
        red=(deployment(),),
        green=(
            deployment(automountServiceAccountToken=False),
            deployment(automountServiceAccountToken=True),
        ),
    ),
    case(
        "service-accounts/default",
        red=(
            deployment(),
            deployment(serviceAccountName="default"),
            deployment(serviceAccount="default", automountServiceAccountToken=True),
        ),
        green=(
            deployment(serviceAccountName="web"),
            deployment(serviceAccount="web"),
            deployment(automountServiceAccountToken=False),
        ),
    ),
    case(
        "service-accounts/default",
        token="kubernetes:core/v1:ServiceAccount",
        red=({"metadata": {"name": "default"}},),
        green=(
            {"metadata": {"name": "default"}, "automountServiceAccountToken": False},
            {"metadata": {"name": "web"}},
        ),
    ),
    case(
        "service-accounts/lasting-token",
        token=SECRET,
        red=({"type": "kubernetes.io/service-account-token"},),
        green=({"type": "Opaque"}, {"type": "kubernetes.io/dockerconfigjson"}, {}),
    ),
    case(
        "namespaces/shared",
        red=({"metadata": {"name": "it", "namespace": "default"}},),
        green=({"metadata": {"name": "it", "namespace": "ai"}}, {"metadata": {"name": "it"}}),
    ),
    case(
        "namespaces/pod-security",
        token=NAMESPACE,
        red=(
            {"metadata": {"name": "ai"}},
            {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}},
            {"metadata": {"labels": {"pod-security.kubernetes.io/warn": "restricted"}}},
        ),
        green=(
            {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
            {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}},
        ),
    ),
    case(
        "namespaces/pod-security",
        token=NAMESPACE,
        red=({"metadata": {"name": "agents"}},),
        green=(
            {
                "metadata": {
                    "name": "agents",
                    "labels": {"pod-security.kubernetes.io/enforce": "privileged"},
                }
            },
        ),
        config={"privileged": ["agents"]},
    ),
    case(
        "jobs/deadline",
        token=JOB,
        red=(job(), job(backoffLimit=3)),
        green=(job(activeDeadlineSeconds=60),),
    ),
    case(
        "jobs/deadline",
        token=CRON,
        red=(cron(), cron({"backoffLimit": 1}, activeDeadlineSeconds=60)),
        green=(cron({"activeDeadlineSeconds": 60}),),
    ),
    case(
        "jobs/overlap",
        token=CRON,
        red=(cron(), cron(concurrencyPolicy="Allow")),
        green=(cron(concurrencyPolicy="Forbid"), cron(concurrencyPolicy="Replace")),
    ),
    case(
        "jobs/late-start",
        token=CRON,
        red=(cron(),),
        green=(cron(startingDeadlineSeconds=600),),
    ),
)
