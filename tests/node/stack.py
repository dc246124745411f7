"""The staging stack, small enough for one node without GPUs; and what its pods are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.platforms.kubernetes.args import KubernetesArgs
from settings import SECRETS, parse
from tests.cluster.control_plane.binaries import cached
from tests.cluster.control_plane.credentials import NODE
from tests.cluster.objects import waves
from tests.cluster.platform import Platform
from tests.conftest import planned, platform
from tests.e2e.harness.images import (
    FINDERS,
    NOT_TO_BE_HAD,
    Image,
    Missing,
    find,
    program_bind,
)
from tests.node.machine.programs import NODE as PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from components.platforms.kubernetes.manifest import Body
    from components.spec import ServiceSpec
    from tests.cluster.api import Api

STACK = "staging"
FILE = f"Pulumi.{STACK}.yaml"
# Characters that a value may have and that mean something in YAML, JSON or a shell.
TEST_SECRETS = {name: f"{name} of a test: \"'#>&~*" for name in SECRETS}
VOLUMES = "/var/lib/volumes"
"""A folder of the node."""
PATIENCE_SECONDS = 120.0
DRAIN_SECONDS = 8
STORAGE_CLASS: Body = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": "folders",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": "kubernetes.io/no-provisioner",
    "volumeBindingMode": "WaitForFirstConsumer",
}
SMALL: Mapping[str, Mapping[str, Any]] = {
    "ollama": {"gpus": 0},
    "triton": {"gpus": 0, "cpu": 0.3, "memory": 1, "shared_memory": 0.25, "exit_timeout": 10},
    "faiss": {"cpu": 0.25, "memory": 0.5, "cache_size": "100MB", "num_workers": 1},
    "gateway": {"cpu": 0.2, "drain": DRAIN_SECONDS},
    "flags": {"cpu": 0.05},
    "redis": {"cpu": 0.1, "memory": 0.25},
    "prometheus": {"cpu": 0.2, "memory": 0.5},
}
"""What differs from the stack file: one pod more of each has to fit on two cores and 8 GiB."""
SMALL_TLS = {"cpu": 0.05, "memory": 0.125}


ASKS_THE_API = ("kube-state-metrics", "prometheus")
"""Services that are built here. Debian's Prometheus discovers no pods."""


def image(service: str) -> Image | Missing:
    """What there is for ``service``."""
    if service not in ASKS_THE_API:
        known = service in FINDERS or service in NOT_TO_BE_HAD
        return find(service) if known else Missing(reason="nobody said what stands for its image")
    (program,) = (program for program in PROGRAMS.built if program.name == service)
    built = program_bind(cached(program), program.name)
    return Image(version=program.version, entrypoint=(program.name,), binds=(built,))


def real() -> dict[str, ServiceSpec]:
    """The services whose pods are started here, by instance."""
    entries = parse(settings(), FILE).entries
    return {e.spec.instance: e.spec for e in entries if isinstance(image(e.spec.name), Image)}


def settings(canary_weight: int = 0) -> dict[str, Any]:
    """What ``Pulumi.staging.yaml`` says, but for sizes, GPUs, and a canary with some weight."""
    tree = {key: value for key, value in platform(STACK).items() if key != "gpu"}
    said = tree.get("services", {})
    services = {name: said.get(name, {}) | SMALL.get(name, {}) for name in {*said, *SMALL}}
    weights = {"stable": 100 - canary_weight, "canary": canary_weight}
    rollout = {"services": {"ollama": {"canary": {"num_parallel": 2}, "weights": weights}}}
    tls = tree["internal_tls"] | SMALL_TLS
    return tree | {"services": services, "rollout": rollout, "internal_tls": tls}


def described(api: Api, tree: Mapping[str, Any] | None = None) -> Platform:
    """The platform of the stack, or of the settings ``tree``."""
    tree = tree or settings()
    stack = parse(tree, FILE)
    target = stack.settings.target
    assert isinstance(target, KubernetesArgs)
    plan = planned(dict(tree), STACK)
    specs = [entry.spec for entry in stack.entries]
    found = waves(plan, specs, TEST_SECRETS)
    missing = {spec.image for spec in specs if isinstance(image(spec.name), Missing)}
    kept = tuple(tuple(_without_pods(wave, missing)) for wave in found)
    claims = [body for wave in kept for body in wave if body["kind"] == "PersistentVolumeClaim"]
    return Platform(
        api=api,
        stack=stack,
        target=target,
        surroundings=(STORAGE_CLASS, *(volume(claim) for claim in claims)),
        waves=kept,
        patience=PATIENCE_SECONDS,
    )


def _without_pods(wave: tuple[Body, ...], missing: set[str]) -> Iterator[Body]:
    """Everything of ``wave``, but no pods of the images ``missing``."""
    for body in wave:
        template = body.get("spec", {}).get("template", {"spec": {"containers": ()}})
        ours = {container["image"] for container in template["spec"]["containers"]} <= missing
        if not (template["spec"]["containers"] and ours):
            yield body
        elif body["kind"] == "Deployment":
            yield {**body, "spec": {**body["spec"], "replicas": 0}}


def volume(claim: Body) -> Body:
    """A folder of the node for ``claim``. Local volumes get their owner like disks of a cloud."""
    name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": claim["spec"]["resources"]["requests"],
            "accessModes": claim["spec"]["accessModes"],
            "storageClassName": STORAGE_CLASS["metadata"]["name"],
            "claimRef": {"name": name, "namespace": namespace},
            "local": {"path": f"{VOLUMES}/{name}"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
