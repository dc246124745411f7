"""Where images are pulled from."""

import pytest

from components.audience import mirrored


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("redis:8", "mirror.test/docker.io/library/redis:8"),
        ("prom/prometheus:v3", "mirror.test/docker.io/prom/prometheus:v3"),
        ("ghcr.io/open-feature/flagd:v0", "mirror.test/ghcr.io/open-feature/flagd:v0"),
        ("redis@sha256:" + "0" * 64, "mirror.test/docker.io/library/redis@sha256:" + "0" * 64),
        ("localhost/mine:1", "mirror.test/localhost/mine:1"),
        ("registry.test:5000/mine:1", "registry.test:5000/mine:1"),
    ],
)
def test_a_mirror_serves_every_image_under_its_full_name(image: str, expected: str) -> None:
    assert mirrored(image, "mirror.test") == expected


def test_without_a_mirror_an_image_is_pulled_from_where_it_says() -> None:
    assert mirrored("redis:8", None) == "redis:8"
