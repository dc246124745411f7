"""Jobs on Docker: one-shot containers that the deployment waits for, and fails with."""

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi.runtime.settings import reset_options

from components.platforms.docker.args import DockerArgs
from components.platforms.docker.container import job_container
from components.platforms.docker.place import Kwargs
from components.platforms.docker.platform import DockerPlatform
from components.spec.mounts import File, Volume
from tests.unit.docker_objects import job, place, service


def labels(kwargs: Kwargs) -> dict[str, str]:
    return {entry["label"]: entry["value"] for entry in kwargs["labels"]}


def test_a_job_runs_once_and_is_waited_for() -> None:
    kwargs = job_container(service(), job(environment={"A": "1"}), place())

    assert kwargs["name"] == "ai-test-search-job-load"
    assert kwargs["entrypoints"] == ["load", "--all"]
    assert kwargs["envs"] == ["A=1"]
    assert kwargs["image"] == "example/search:1.2.3"
    # Docker ends the wait at the first exit, also when it then restarts the container.
    assert (kwargs["attach"], kwargs["must_run"], kwargs["restart"]) == (True, False, "no")


def test_a_job_leaves_the_machine_only_where_it_must() -> None:
    offline = job_container(service(), job(), place())
    online = job_container(service(), job(internet=True), place())

    assert offline["network_mode"] == "none"
    assert "networks_advanced" not in offline
    assert online["networks_advanced"] == [{"name": "ai-test-egress"}]


def test_a_job_works_on_the_volumes_of_its_service_and_on_files_of_its_own() -> None:
    spec = service(
        volumes=(Volume(name="models", path="/models", size=1),),
        files=(File(path="/etc/search/conf", content="x"),),
    )

    kwargs = job_container(spec, job(files=(File(path="/etc/load/conf", content="x"),)), place())

    assert [mount["volume_name"] for mount in kwargs["volumes"]] == [
        "ai-test-search-job-load-files-etc-load",
        "ai-test-search-volume-models",
    ]


def test_a_changed_file_of_a_job_runs_it_again() -> None:
    def kwargs(content: str) -> Kwargs:
        files = (File(path="/etc/load/conf", content=content),)
        return job_container(service(), job(files=files), place())

    assert labels(kwargs("one")) != labels(kwargs("two"))


class Docker(pulumi.runtime.Mocks):
    """A daemon on which every one-shot container ends with ``exit_code``."""

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        ended = {"exitCode": self.exit_code} if args.inputs.get("attach") else {}
        return f"{args.name}-id", {**args.inputs, **ended}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise AssertionError(args.token)


def program() -> None:
    """A service with a job, below a component as services have it."""
    platform = DockerPlatform("platform", DockerArgs(), environment="local", secrets={})
    parent = pulumi.ComponentResource("test:index:Group", "group")
    platform.realise(service(jobs=(job(),)), (), parent)


def deploy(exit_code: int) -> None:
    """``pulumi up`` of a service with a job, on an event loop of its own."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Untyped in the SDK.
    run_as_test: Any = pulumi.runtime.test
    pulumi.runtime.set_mocks(Docker(exit_code), project="test", stack="local", preview=False)
    try:
        run_as_test(program)()
    finally:
        reset_options()
        asyncio.set_event_loop(None)
        loop.close()


def test_a_job_that_fails_fails_the_deployment_and_says_how_to_run_it_again() -> None:
    with pytest.raises(pulumi.RunError) as failure:
        deploy(exit_code=7)

    assert "researchflow-local-search-job-load ended with exit code 7" in str(failure.value)
    assert "docker logs researchflow-local-search-job-load" in str(failure.value)
    assert "pulumi up --replace 'urn:pulumi:local::test::" in str(failure.value)


def test_a_job_that_ends_well_lets_the_deployment_go_on() -> None:
    deploy(exit_code=0)
