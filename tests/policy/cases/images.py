"""Images of Kubernetes workloads and of Docker."""

from typing import Any

from tests.policy.cases.case import Case
from tests.policy.cases.containers import deployment

DIGEST = "sha256:" + "a" * 64
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CONTAINER = "docker:index/container:Container"
REMOTE = "docker:index/remoteImage:RemoteImage"
NO_TAGS = {"tags_until": None}


def of(*images: str) -> tuple[dict[str, Any], ...]:
    """A Deployment of each image."""
    return tuple(deployment({"image": image}) for image in images)


def beside(image: str, **container: Any) -> dict[str, Any]:
    """A pod with a good container, and another one that comes first."""
    return deployment({"image": "redis:8"}, initContainers=[{"image": image, **container}])


CASES = (
    Case(
        rule="images/tag",
        token=DEPLOYMENT,
        red=(
            *of("redis", "redis:latest", "localhost:5000/redis", "ghcr.io/a/b:latest"),
            beside("redis"),
        ),
        green=of("redis:8", "localhost:5000/redis:8", f"redis@{DIGEST}", f"redis:latest@{DIGEST}"),
    ),
    Case(
        rule="images/tag",
        token=CONTAINER,
        red=({"image": "redis"}, {"image": "redis:latest"}),
        green=({"image": "redis:8"}, {"image": DIGEST}),
    ),
    Case(rule="images/tag", token=REMOTE, red=({"name": "redis"},), green=({"name": "redis:8"},)),
    Case(
        rule="images/registry",
        token=DEPLOYMENT,
        red=(
            *of("registry.test/redis:8", "localhost:5000/redis:8", "k8s.gcr.io/pause:3"),
            *of("docker.io.evil.test/redis:8", "a.dkr.ecr.evil.test/redis:8"),
            beside("registry.test/redis:8"),
        ),
        green=of(
            "redis:8",
            "bitnami/redis:8",
            "index.docker.io/library/redis:8",
            "nvcr.io/nvidia/tritonserver:26.07-py3",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/a:1",
        ),
    ),
    Case(
        rule="images/registry",
        token=CONTAINER,
        red=({"image": "ghcr.io/a/b:1"},),
        green=({"image": "registry.test/a:1"}, {"image": DIGEST}),
        config={"allowed": ["registry.test"]},
    ),
    Case(
        rule="images/digest",
        token=DEPLOYMENT,
        red=of("redis:8", "redis@sha256:short"),
        green=of(f"redis@{DIGEST}", f"redis:8@{DIGEST}"),
        config=NO_TAGS,
    ),
    Case(
        rule="images/digest",
        token=DEPLOYMENT,
        red=of("redis:8"),
        green=of(f"redis@{DIGEST}"),
        config={"tags_until": "2020-01-01"},
        stack="staging",
    ),
    Case(
        rule="images/digest",
        token=CONTAINER,
        red=({"image": "redis:8"},),
        green=({"image": f"redis:8@{DIGEST}"}, {"image": DIGEST}),
        config=NO_TAGS,
    ),
    Case(
        rule="images/pull-policy",
        token=DEPLOYMENT,
        red=(
            deployment({"image": "redis", "imagePullPolicy": "IfNotPresent"}),
            deployment({"image": "redis:latest", "imagePullPolicy": "Never"}),
        ),
        green=(
            deployment({"image": "redis:latest", "imagePullPolicy": "Always"}),
            deployment({"image": "redis:latest"}),
            deployment({"image": "redis:8", "imagePullPolicy": "IfNotPresent"}),
        ),
    ),
)
