"""Jobs: runs that end before their server starts."""

from dataclasses import replace
from typing import Any

import pytest

from components.spec.mounts import File, Scratch, Volume
from components.spec.runs import Resources
from tests.unit.kubernetes_objects import (
    JOB,
    job_pod,
    objects,
    only,
    pod,
    service,
)

DATA = Volume(name="data", path="/data", size=100)


def test_the_selector_of_a_server_does_not_find_the_pods_of_its_job() -> None:
    spec = service(jobs=(JOB,))
    job = only("Job", spec)["spec"]["template"]["metadata"]["labels"]

    selector = only("Deployment", spec)["spec"]["selector"]["matchLabels"]

    assert selector.items() <= pod(spec)["metadata"]["labels"].items()
    assert not selector.items() <= job.items()


def test_a_job_ends_before_its_server_starts() -> None:
    found = objects(service(jobs=(JOB,)))
    (job,) = (each for (kind, _), each in found.items() if kind == "Job")

    assert (job.stage, found["Deployment", "search-stable"].stage) == ("job", "server")
    assert job.timeout_seconds > job.body["spec"]["activeDeadlineSeconds"] == 600


def test_a_job_keeps_its_pods_logs_and_is_not_cleaned_away() -> None:
    job = only("Job", service(jobs=(JOB,)))["spec"]

    assert job["backoffLimit"] == 3
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert "ttlSecondsAfterFinished" not in job


@pytest.mark.parametrize(
    "change",
    [
        {"command": ("load", "more")},
        {"timeout_seconds": 601},
        {"environment": {"A": "1"}},
        {"scratch": (Scratch(path="/tmp", size=1),)},
        {"files": (File(path="/etc/load/models", content="a"),)},
    ],
)
def test_a_changed_job_is_another_job_under_the_same_logical_name(change: dict[str, Any]) -> None:
    before = service(jobs=(JOB,))
    after = service(jobs=(replace(JOB, **change),))

    assert only("Job", before)["metadata"]["name"] != only("Job", after)["metadata"]["name"]
    assert "job-load" in {manifest.suffix for manifest in objects(after).values()}


def test_a_job_whose_file_has_other_content_is_another_job() -> None:
    names = {
        only(
            "Job",
            service(jobs=(replace(JOB, files=(File(path="/etc/load/models", content=text),)),)),
        )["metadata"]["name"]
        for text in ("a", "b")
    }

    assert len(names) == 2


def test_an_unchanged_job_keeps_its_name_while_the_server_changes() -> None:
    before = service(jobs=(JOB,), replicas=1)
    after = service(jobs=(JOB,), replicas=2, environment={"LOG": "debug"})

    assert only("Job", before)["metadata"]["name"] == only("Job", after)["metadata"]["name"]


def test_a_job_works_on_the_volumes_of_its_service() -> None:
    spec = service(volumes=(DATA,), jobs=(JOB,))
    (volume,) = only("Job", spec)["spec"]["template"]["spec"]["volumes"]

    assert volume["persistentVolumeClaim"] == {"claimName": "search-stable-data"}


def test_a_job_runs_the_image_of_its_service_with_its_own_command() -> None:
    spec = service(command=("serve",), args=("--all",), jobs=(JOB,))
    (job,) = job_pod(spec)["spec"]["containers"]

    assert job["image"] == spec.image
    assert job["command"] == ["load"]
    assert "args" not in job


def test_a_job_of_a_gpu_service_goes_to_its_nodes_without_taking_a_gpu() -> None:
    spec = service(resources=Resources(cpu=1, memory=1, gpus=1), jobs=(JOB,))
    job = job_pod(spec)["spec"]

    assert job["nodeSelector"] == pod(spec)["spec"]["nodeSelector"]
    assert job["tolerations"] == pod(spec)["spec"]["tolerations"]
    assert "nvidia.com/gpu" not in job["containers"][0]["resources"]["limits"]


def test_a_job_on_volumes_prefers_the_node_of_the_server() -> None:
    spec = service(jobs=(JOB,), volumes=(Volume(name="data", path="/data", size=1),))

    affinity = job_pod(spec)["spec"]["affinity"]["podAffinity"]
    (preferred,) = affinity["preferredDuringSchedulingIgnoredDuringExecution"]

    term = preferred["podAffinityTerm"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    wanted = term["labelSelector"]["matchLabels"].items()
    assert wanted <= pod(spec)["metadata"]["labels"].items()
