"""Image references, as Docker reads them."""

import pytest

from rf.images.reference import parse, with_digest
from rf.own_images import is_own

DIGEST = f"sha256:{'ab' * 32}"


@pytest.mark.parametrize(
    ("image", "registry", "repository", "tag"),
    [
        ("redis:8.2.2", "docker.io", "library/redis", "8.2.2"),
        ("prom/prometheus:v3", "docker.io", "prom/prometheus", "v3"),
        ("docker.io/redis:8", "docker.io", "library/redis", "8"),
        ("ghcr.io/open-feature/flagd:v1", "ghcr.io", "open-feature/flagd", "v1"),
        ("nvcr.io/nvidia/k8s/dcgm:4.5-1", "nvcr.io", "nvidia/k8s/dcgm", "4.5-1"),
        ("127.0.0.1:5000/app:1", "127.0.0.1:5000", "app", "1"),
        ("localhost/app:1", "localhost", "app", "1"),
        (f"localhost:5000/a/b@{DIGEST}", "localhost:5000", "a/b", None),
        (f"redis:8@{DIGEST}", "docker.io", "library/redis", "8"),
    ],
)
def test_a_reference_comes_apart(
    image: str, registry: str, repository: str, tag: str | None
) -> None:
    found = parse(image)

    assert (found.registry, found.repository, found.tag) == (registry, repository, tag)
    assert found.digest == (DIGEST if "@" in image else None)


@pytest.mark.parametrize("image", ["redis:8", f"redis:8@sha256:{'00' * 32}"])
def test_a_digest_takes_the_place_of_another_and_the_tag_stays(image: str) -> None:
    assert with_digest(image, DIGEST) == f"redis:8@{DIGEST}"


@pytest.mark.parametrize(
    ("image", "own"),
    [
        ("researchflow/faiss-server:0.1.0", True),
        ("ghcr.io/researchflow/faiss-server:0.1.0", False),
        ("researchflow.example/faiss-server:1", False),
    ],
)
def test_an_image_is_ours_when_no_registry_is_named(image: str, *, own: bool) -> None:
    assert is_own(image) is own
