"""The platform as resources: parents, names, order, provider, and secrets that stay secret."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.audience import ImagesArgs
from components.capacity import CapacityArgs
from components.platforms.kubernetes.args import KubernetesArgs
from components.platforms.kubernetes.platform import KubernetesPlatform, kubernetes_provider
from components.redis import Redis, RedisArgs
from components.spec import ServiceSpec
from components.spec.network import Edge
from rf.plan.model import SECRET, Plan, Resource, nulls
from rf.plan.record import record
from tests.unit.kubernetes_objects import JOB, service

PASSWORD = "a-password-that-nobody-may-see"
KUBECONFIG = "a-kubeconfig-that-nobody-may-see"
CREDENTIALS = "credentials-that-nobody-may-see"
PLATFORM = "researchflow:index:KubernetesPlatform"


def open_platform() -> KubernetesPlatform:
    args = KubernetesArgs(namespace="ai")
    return KubernetesPlatform(
        "platform",
        args,
        capacity=CapacityArgs(),
        environment="staging",
        images=ImagesArgs(pull_secret=True),
        secrets={
            "redisPassword": pulumi.Output.secret(PASSWORD),
            "registryCredentials": pulumi.Output.secret(CREDENTIALS),
        },
        opts=pulumi.ResourceOptions(providers=[kubernetes_provider(args, KUBECONFIG)]),
    )


class Group(pulumi.ComponentResource):
    """A component that realises one spec, as services do."""

    def __init__(self, name: str, spec: ServiceSpec, platform: KubernetesPlatform) -> None:
        super().__init__("test:index:Group", name)
        platform.realise(spec, (), self)
        self.register_outputs({})


def redis() -> None:
    Redis(
        "redis",
        RedisArgs(),
        platform=open_platform(),
        callers=(Edge(service="redis-exporter", port=6379),),
    )


def plan_of(program: Callable[[], object]) -> Plan:
    return record(program, project="test", stack="staging")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(redis)


def named(plan: Plan, name: str) -> Resource:
    (found,) = (resource for resource in plan.resources if resource.name == name)
    return found


def inputs(plan: Plan, name: str) -> Any:
    """The inputs of the resource called ``name``, to be looked into."""
    return named(plan, name).inputs


def test_everything_a_service_needs_is_its_child_and_named_after_it(plan: Plan) -> None:
    parent = named(plan, "redis").urn

    children = {each.name: each.kind for each in plan.resources if each.parent == parent}

    assert children == {
        "redis-service-account": "ServiceAccount",
        "redis-config-etc-redis": "ConfigMap",
        "redis-secret-run-secrets-redis": "Secret",
        "redis-network-policy": "NetworkPolicy",
        "redis-service": "Service",
        "redis-disruption-budget": "PodDisruptionBudget",
        "redis-deployment": "Deployment",
    }


def test_namespaces_quota_and_closed_networks_belong_to_the_platform(plan: Plan) -> None:
    platform = named(plan, "platform")

    assert platform.type == PLATFORM
    assert {each.kind for each in plan.resources if each.parent == platform.urn} == {
        "Namespace",
        "ResourceQuota",
        "LimitRange",
        "NetworkPolicy",
        "Secret",
    }


def test_the_platform_tells_policies_plain_facts_and_its_users_two_names(plan: Plan) -> None:
    platform = named(plan, "platform")

    assert platform.inputs == {
        "environment": "staging",
        "namespace": "ai",
        "nodeNamespace": "ai-node",
        "closedNamespaces": ["ai", "ai-node"],
        "exposure": "cluster",
        "clients": [],
        "cpus": 8,
        "memoryGibibytes": 32,
        "diskGibibytes": 500,
        "gpus": 0,
    }
    assert platform.outputs == {"namespace": "ai", "nodeNamespace": "ai-node"}


def test_every_object_goes_to_the_platforms_cluster(plan: Plan) -> None:
    provider = named(plan, "kubernetes").urn
    objects = [each for each in plan.resources if each.type.startswith("kubernetes:")]

    assert len(objects) == 17
    assert all(each.provider and each.provider.startswith(provider) for each in objects)


def test_the_provider_changes_config_maps_and_secrets_in_place(plan: Plan) -> None:
    found = inputs(plan, "kubernetes")

    assert found["enableConfigMapMutable"] == "true"
    assert found["enableSecretMutable"] == "true"
    assert found["enableServerSideApply"] == "true"


def test_no_secret_is_anywhere_in_clear(plan: Plan) -> None:
    for value in (PASSWORD, KUBECONFIG, CREDENTIALS):
        assert value not in repr(plan)
    assert named(plan, "kubernetes").inputs["kubeconfig"] is SECRET
    assert named(plan, "redis-secret-run-secrets-redis").inputs["stringData"] is SECRET
    assert named(plan, "platform-registry-credentials").inputs["stringData"] is SECRET


def test_the_pods_carry_a_hash_of_their_secrets_that_is_a_secret(plan: Plan) -> None:
    spec = inputs(plan, "redis-deployment")["spec"]

    annotations = spec["template"]["metadata"]["annotations"]

    assert annotations["researchflow.ai/secret-hash"] is SECRET
    assert len(annotations["researchflow.ai/config-hash"]) == 8


def test_what_is_registered_is_spelt_as_the_kubernetes_api_spells_it(plan: Plan) -> None:
    spec = inputs(plan, "redis-deployment")["spec"]["template"]["spec"]

    assert spec["serviceAccountName"] == "redis"
    assert spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert list(inputs(plan, "redis-config-etc-redis")["data"]) == ["redis.conf"]
    assert named(plan, "redis-service-account").inputs["automountServiceAccountToken"] is False


def test_no_input_is_null(plan: Plan) -> None:
    assert nulls(plan) == ()


def test_nothing_of_a_service_precedes_the_closed_namespaces(plan: Plan) -> None:
    platform = {
        each.urn
        for each in plan.resources
        if each.parent == named(plan, "platform").urn and each.kind != "Namespace"
    }

    assert platform <= set(named(plan, "redis-service-account").dependencies)


def test_a_server_waits_for_its_job_and_the_job_for_what_it_mounts() -> None:
    plan = plan_of(lambda: Group("group", service(jobs=(JOB,)), open_platform()))
    job = named(plan, "group-job-load")

    assert job.urn in named(plan, "group-deployment").dependencies
    assert named(plan, "group-service-account").urn in job.dependencies
    assert job.options.custom_timeouts["create"] == "660s"


def test_two_services_of_one_kind_can_live_beside_each_other() -> None:
    def program() -> None:
        platform = open_platform()
        Group("one", service(track="stable"), platform)
        Group("two", service(track="canary"), platform)

    plan = plan_of(program)

    names = [inputs(plan, f"{group}-deployment")["metadata"]["name"] for group in ("one", "two")]
    assert names == ["search-stable", "search-canary"]
