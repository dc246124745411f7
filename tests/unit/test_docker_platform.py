"""The Docker platform as resources: parents, names, order, provider, and secrets that stay so."""

from typing import Any

import pytest

from components.audience import ImagesArgs
from components.context import GpuArgs
from components.spec.mounts import File, SecretFile, Volume
from components.spec.runs import Resources
from rf.plan.model import SECRET, Plan, Resource, nulls
from tests.unit.docker_objects import (
    PASSWORD,
    Group,
    group,
    job,
    named,
    open_platform,
    plan_of,
    redis,
    service,
)

CONTAINER = "docker:index/container:Container"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(redis)


def labels(container: Resource) -> dict[str, Any]:
    given: Any = container.inputs["labels"]
    return {entry["label"]: entry["value"] for entry in given}


def test_everything_a_service_needs_is_its_child_and_named_after_it(plan: Plan) -> None:
    parent = named(plan, "redis", "Redis").urn

    children = {(each.name, each.kind) for each in plan.resources if each.parent == parent}

    assert children == {
        ("redis-image", "RemoteImage"),
        ("redis-files-etc-redis", "Volume"),
        ("redis-files-etc-redis", "Container"),
        ("redis-files-run-secrets-redis", "Volume"),
        ("redis-files-run-secrets-redis", "Container"),
        ("redis", "Container"),
    }


def test_networks_and_the_writers_image_belong_to_the_platform(plan: Plan) -> None:
    platform = named(plan, "platform", "DockerPlatform")

    assert platform.type == "researchflow:index:DockerPlatform"
    assert {each.name for each in plan.resources if each.parent == platform.urn} == {
        "platform-internal",
        "platform-edge",
        "platform-egress",
        "platform-writer-image",
    }


def test_nothing_leaves_the_machine_but_from_the_egress_network(plan: Plan) -> None:
    masquerade = "com.docker.network.bridge.enable_ip_masquerade"

    assert named(plan, "platform-internal", "Network").inputs["internal"] is True
    assert named(plan, "platform-edge", "Network").inputs["options"] == {masquerade: "false"}
    assert "options" not in named(plan, "platform-egress", "Network").inputs


def test_the_machine_itself_has_no_address_on_the_internal_network(plan: Plan) -> None:
    no_address = "com.docker.network.bridge.inhibit_ipv4"

    assert named(plan, "platform-internal", "Network").inputs["options"] == {no_address: "true"}


def test_the_platform_tells_policies_plain_facts_and_its_users_two_names(plan: Plan) -> None:
    platform = named(plan, "platform", "DockerPlatform")

    assert platform.inputs == {
        "environment": "local",
        "prefix": "researchflow",
        "address": "127.0.0.1",
        "mirror": "",
        "clients": [],
    }
    assert platform.outputs == {
        "internalNetwork": "researchflow-local-internal",
        "edgeNetwork": "researchflow-local-edge",
    }


def test_everything_is_made_by_the_platforms_provider(plan: Plan) -> None:
    provider = named(plan, "docker", "Provider").urn
    made = [each for each in plan.resources if each.type.startswith("docker:")]

    assert len(made) == 10
    assert all(each.provider and each.provider.startswith(provider) for each in made)


def test_no_secret_is_anywhere_in_clear(plan: Plan) -> None:
    assert PASSWORD not in repr(plan)
    assert "that-nobody-may-see" not in repr(plan)
    uploads: Any = named(plan, "redis-files-run-secrets-redis").inputs["uploads"]
    assert [upload["content"] for upload in uploads] == [SECRET, SECRET]
    assert labels(named(plan, "redis"))["researchflow.ai/secret-hash"] is SECRET


def test_a_secret_that_the_server_watches_replaces_no_container_of_it() -> None:
    watched = SecretFile(path="/etc/a/tls.key", template="${redisPassword}", watched=True)
    once = SecretFile(path="/etc/b/password", template="${redisPassword}")

    assert "researchflow.ai/secret-hash" not in labels(
        named(group(secret_files=(watched,)), "group")
    )
    both = group(secret_files=(watched, once))
    assert labels(named(both, "group"))["researchflow.ai/secret-hash"] is SECRET
    uploads: Any = named(both, "group-files-etc-a").inputs["uploads"]
    assert [upload["content"] for upload in uploads] == [SECRET]


def test_configuration_can_be_read_in_the_plan(plan: Plan) -> None:
    uploads: Any = named(plan, "redis-files-etc-redis").inputs["uploads"]

    (upload,) = uploads
    assert upload["file"] == "/staging/redis.conf"
    assert "maxmemory-policy allkeys-lru" in upload["content"]


def test_a_server_starts_after_its_image_its_networks_and_its_files(plan: Plan) -> None:
    needed = {
        each.urn
        for each in plan.resources
        if each.name in {"redis-image", "platform-internal", "platform-edge", "platform-egress"}
        or (each.name.startswith("redis-files-") and each.kind == "Container")
    }

    assert needed <= set(named(plan, "redis").dependencies)
    writer_image = named(plan, "platform-writer-image", "RemoteImage")
    assert writer_image.urn in named(plan, "redis-files-etc-redis").dependencies


def test_what_the_provider_cannot_change_in_place_is_made_anew(plan: Plan) -> None:
    options = named(plan, "redis").options

    assert options.delete_before_replace is True
    assert {"healthcheck", "tmpfs", "cpuPeriod", "cpuQuota", "#initerror"} <= set(
        options.replace_on_changes
    )


def test_images_stay_when_the_stack_goes(plan: Plan) -> None:
    images = [each for each in plan.resources if each.kind == "RemoteImage"]

    assert {each.inputs["name"] for each in images} == {"busybox:1.37.0", "redis:8.2.2-bookworm"}
    assert all(each.inputs["keepLocally"] is True for each in images)


def test_no_input_is_null(plan: Plan) -> None:
    assert nulls(plan) == ()


def test_a_server_waits_for_its_job_and_the_job_for_its_volumes_and_files() -> None:
    plan = group(
        volumes=(Volume(name="models", path="/models", size=1),),
        jobs=(job(files=(File(path="/etc/load/conf", content="x"),)),),
    )
    load = named(plan, "group-job-load")

    assert load.urn in named(plan, "group").dependencies
    assert named(plan, "group-volume-models").urn in load.dependencies
    assert named(plan, "group-job-load-files-etc-load").urn in load.dependencies
    assert load.options.custom_timeouts["create"] == "600s"


def test_every_copy_is_a_container_of_its_own() -> None:
    plan = group(replicas=2)

    names = {each.inputs["name"] for each in plan.resources if each.type == CONTAINER}

    assert names == {"researchflow-local-search", "researchflow-local-search-2"}


def test_two_tracks_of_one_service_can_live_beside_each_other() -> None:
    def program() -> None:
        platform = open_platform()
        for track in ("stable", "canary"):
            Group(track, service(track=track, ports=()), platform)

    plan = plan_of(program)

    assert [named(plan, track).inputs["name"] for track in ("stable", "canary")] == [
        "researchflow-local-search-stable",
        "researchflow-local-search-canary",
    ]


def test_images_come_from_the_mirror_the_writers_too() -> None:
    images = ImagesArgs(mirror="mirror.example")

    plan = plan_of(lambda: Group("group", service(), open_platform(images=images)))

    pulled = {each.inputs["name"] for each in plan.resources if each.kind == "RemoteImage"}
    assert pulled == {
        "mirror.example/docker.io/library/busybox:1.37.0",
        "mirror.example/docker.io/example/search:1.2.3",
    }


def test_a_gpu_that_the_machine_does_not_have_is_refused() -> None:
    wants_gpu = service(resources=Resources(cpu=1, memory=1, gpus=1))

    with pytest.raises(ValueError, match="search needs 1 GPUs, but the setting gpu is not set"):
        plan_of(lambda: Group("group", wants_gpu, open_platform()))
    plan_of(lambda: Group("group", wants_gpu, open_platform(gpu=GpuArgs())))


def test_registry_credentials_are_the_providers_and_secret(plan: Plan) -> None:
    assert named(plan, "docker", "Provider").inputs["registryAuth"] is SECRET
