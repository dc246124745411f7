"""What the plan says is what an API server takes, and takes once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cluster.api import Ref

if TYPE_CHECKING:
    from tests.cluster.platform import Platform

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]


def test_every_object_is_there(platform: Platform) -> None:
    assert len(platform.objects) > 90
    assert [str(ref) for ref in map(Ref.of, platform.objects) if not platform.api.exists(ref)] == []


def test_applying_it_again_changes_nothing(platform: Platform) -> None:
    changed = []
    for body in platform.objects:
        before = platform.api.get(Ref.of(body))["metadata"]
        after = platform.api.apply(body).body["metadata"]
        if before["resourceVersion"] != after["resourceVersion"]:
            changed.append(str(Ref.of(body)))

    assert changed == []
