"""Which pods the namespaces let in, asked of the real admission."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.api import ApiError, Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from components.platforms.kubernetes.manifest import Body
    from tests.cluster.platform import Platform

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

RESTRICTED, PRIVILEGED = "restricted", "privileged"


def pod(template: Body, namespace: str) -> Body:
    """A pod by hand that has what ``template`` says."""
    metadata = {**deepcopy(template["metadata"]), "name": "by-hand", "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": deepcopy(template["spec"]) | {"serviceAccountName": "default"},
    }


@pytest.fixture(scope="module")
def doors(platform: Platform) -> Iterator[dict[str, str]]:
    """For each namespace of the platform one that is labelled like it and has no quota.

    A quota that is used up would refuse a pod too.
    """
    found = {name: f"{name}-door" for name in platform.namespaces}
    refs = []
    for name, door in found.items():
        labels = platform.api.get(Ref(api_version="v1", kind="Namespace", name=name))["metadata"][
            "labels"
        ]
        labels = {key: text for key, text in labels.items() if key != "kubernetes.io/metadata.name"}
        body = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": door, "labels": labels},
        }
        refs.append(Ref.of(platform.api.apply(body).body))
    yield found
    for ref in refs:
        platform.api.delete(ref)


def templates(platform: Platform) -> list[tuple[str, Body]]:
    """Namespace and pod template of every workload and job."""
    owners = [body for body in platform.objects if "template" in body.get("spec", {})]
    return [(body["metadata"]["namespace"], body["spec"]["template"]) for body in owners]


def test_services_live_under_the_restricted_level_and_node_agents_beside_them(
    platform: Platform,
) -> None:
    levels = {
        body["metadata"]["name"]: {
            body["metadata"]["labels"][f"pod-security.kubernetes.io/{mode}"]
            for mode in ("enforce", "audit", "warn")
        }
        for body in platform.api.list("v1", "Namespace")
        if body["metadata"]["name"] in platform.namespaces
    }

    assert levels == dict(zip(platform.namespaces, [{RESTRICTED}, {PRIVILEGED}], strict=True))


def test_the_server_warns_of_no_object(platform: Platform) -> None:
    """It would of a workload whose pods it is going to refuse, and of a deprecated field."""
    answers = [platform.api.apply(body, dry_run=True) for body in platform.objects]

    assert [answer.warnings for answer in answers if answer.warnings] == []


def test_every_pod_is_let_into_its_own_namespace(platform: Platform, doors: dict[str, str]) -> None:
    found = templates(platform)

    assert len(found) > 14
    for namespace, template in found:
        assert platform.api.create(pod(template, doors[namespace]), dry_run=True).warnings == ()


def test_the_agents_of_nodes_are_let_into_no_other(
    platform: Platform, doors: dict[str, str]
) -> None:
    services, agents = platform.namespaces
    found = [template for namespace, template in templates(platform) if namespace == agents]

    assert found
    for template in found:
        with pytest.raises(ApiError, match='violates PodSecurity "restricted:latest"'):
            platform.api.create(pod(template, doors[services]), dry_run=True)


def as_root(spec: Body) -> None:
    spec["securityContext"].update(runAsUser=0, runAsNonRoot=False)


def with_a_capability(spec: Body) -> None:
    spec["containers"][0]["securityContext"]["capabilities"]["add"] = ["NET_ADMIN"]


def on_the_network_of_its_host(spec: Body) -> None:
    spec["hostNetwork"] = True


def without_a_seccomp_profile(spec: Body) -> None:
    del spec["securityContext"]["seccompProfile"]


@pytest.mark.parametrize(
    "worse", [as_root, with_a_capability, on_the_network_of_its_host, without_a_seccomp_profile]
)
def test_a_pod_that_may_more_than_ours_is_refused(
    platform: Platform, doors: dict[str, str], worse: Callable[[Any], None]
) -> None:
    services, _ = platform.namespaces
    template = next(each for namespace, each in templates(platform) if namespace == services)
    body = pod(template, doors[services])
    worse(body["spec"])

    with pytest.raises(ApiError, match="violates PodSecurity"):
        platform.api.create(body, dry_run=True)
