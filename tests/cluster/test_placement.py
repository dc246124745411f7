"""Where pods come to run, and whether all that they need is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.platforms.kubernetes.naming import INSTANCE
from tests.cluster.api import Ref
from tests.cluster.nodes import CPU_POOL, POOL

if TYPE_CHECKING:
    from components.spec import ServiceSpec
    from tests.cluster.platform import Platform

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]


def pools(platform: Platform) -> dict[str, str]:
    """Node to pool."""
    found = platform.api.list("v1", "Node")
    return {node["metadata"]["name"]: node["metadata"]["labels"][POOL] for node in found}


def meant_for(spec: ServiceSpec, platform: Platform) -> set[str]:
    """The nodes where copies of ``spec`` belong; of an agent, on each of them one."""
    gpu = platform.stack.settings.gpu
    assert gpu is not None
    kinds = {CPU_POOL}
    if spec.resources.gpus:
        kinds = {gpu.pool}
    elif spec.per_node:
        kinds = {CPU_POOL, gpu.pool}
    return {node for node, pool in pools(platform).items() if pool in kinds}


def test_the_nodes_stand_in_three_zones(platform: Platform) -> None:
    nodes = platform.api.list("v1", "Node")

    assert len({node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}) == 3


def test_every_pod_runs_on_the_kind_of_node_it_is_meant_for(platform: Platform) -> None:
    for spec in platform.specs:
        pods = platform.pods_of(spec.instance)

        assert {pod["status"]["phase"] for pod in pods} == {"Running"}, spec.instance
        assert {pod["spec"]["nodeName"] for pod in pods} <= meant_for(spec, platform), spec.instance


def test_every_service_has_all_its_copies(platform: Platform) -> None:
    for spec in platform.specs:
        copies = len(meant_for(spec, platform)) if spec.per_node else spec.replicas

        assert len(platform.pods_of(spec.instance)) == copies, spec.instance


def test_an_agent_runs_on_each_of_its_nodes(platform: Platform) -> None:
    agents = [spec for spec in platform.specs if spec.per_node]

    assert agents
    for spec in agents:
        nodes = {pod["spec"]["nodeName"] for pod in platform.pods_of(spec.instance)}
        assert nodes == meant_for(spec, platform)


def test_copies_that_may_run_on_several_nodes_are_spread(platform: Platform) -> None:
    for spec in platform.specs:
        # All GPUs are taken here: a pod that needs one goes where one was left.
        if spec.per_node or spec.replicas == 1 or spec.resources.gpus:
            continue
        nodes = {pod["spec"]["nodeName"] for pod in platform.pods_of(spec.instance)}
        assert len(nodes) == min(spec.replicas, len(meant_for(spec, platform))), spec.instance


def test_jobs_end_on_the_kind_of_node_of_their_service(platform: Platform) -> None:
    jobs = {f"{spec.instance}-{job.name}": spec for spec in platform.specs for job in spec.jobs}
    found = {
        pod["metadata"]["labels"][INSTANCE]: pod
        for pod in platform.api.list("v1", "Pod", platform.namespaces[0])
        if pod["metadata"]["labels"][INSTANCE] in jobs
    }

    assert found.keys() == jobs.keys()
    for name, pod in found.items():
        assert pod["status"]["phase"] == "Succeeded"
        assert pod["spec"]["nodeName"] in meant_for(jobs[name], platform)


def test_every_claim_has_a_volume_of_its_size_and_mode(platform: Platform) -> None:
    claims = [body for body in platform.objects if body["kind"] == "PersistentVolumeClaim"]

    assert len(claims) > 4
    for body in claims:
        claim = platform.api.get(Ref.of(body))
        assert claim["status"]["phase"] == "Bound"
        assert claim["status"]["capacity"] == body["spec"]["resources"]["requests"]
        assert claim["status"]["accessModes"] == body["spec"]["accessModes"]


def test_every_service_is_found_at_each_ready_pod(platform: Platform) -> None:
    """By the DNS name ``<instance>.<namespace>``, on each of its ports."""
    for body in platform.objects:
        if body["kind"] != "Service" or "selector" not in body["spec"]:
            continue
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        slices = [
            each
            for each in platform.api.list("discovery.k8s.io/v1", "EndpointSlice", namespace)
            if each["metadata"]["labels"]["kubernetes.io/service-name"] == name
        ]
        ready = {
            address
            for each in slices
            for endpoint in each["endpoints"]
            if endpoint["conditions"]["ready"]
            for address in endpoint["addresses"]
        }
        ports = {port["port"] for each in slices for port in each["ports"]}

        assert ready == {pod["status"]["podIP"] for pod in platform.pods_of(name)}, name
        assert ports == {port["port"] for port in body["spec"]["ports"]}, name


def test_an_alias_leads_to_a_service_that_exists(platform: Platform) -> None:
    aliases = [body for body in platform.objects if body.get("spec", {}).get("externalName")]

    assert aliases
    for body in aliases:
        name, namespace, *_ = body["spec"]["externalName"].split(".")
        service = Ref(api_version="v1", kind="Service", name=name, namespace=namespace)
        assert platform.api.exists(service)
