"""Of every service there is, the run says whether its pods ran for real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.catalogue import CATALOGUE
from tests.closing import TABLE, table
from tests.cluster.waiting import ready
from tests.e2e.harness.images import Missing
from tests.node.stack import image, real

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cluster.platform import Platform

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]

SIMULATED = [
    ("network policies", "not enforced: the bridge plugin lets every pod talk to every other"),
    ("cluster DNS", "a stand-in of the tests, which is never behind the API server"),
    ("disks", "folders of the node, with owners and modes as those of a cloud's disks"),
]


def row(platform: Platform, service: str) -> str:
    """What became of one service."""
    found = image(service)
    if isinstance(found, Missing):
        return f"not started: {found.reason}"
    specs = [spec for spec in real().values() if spec.name == service]
    pods = [pod for spec in specs for pod in platform.pods_of(spec.instance)]
    assert pods
    assert all(ready(pod) for pod in pods)
    return f"{len(pods)} pod for real: {found.version} (its image: {specs[0].image})"


def test_each_service_of_the_catalogue_has_pods_or_the_reason_is_known(
    platform: Platform, record_property: Callable[[str, object], None]
) -> None:
    services = [component.service for component in CATALOGUE]

    rows = [(service, row(platform, service)) for service in services]

    record_property(TABLE, table("pods on a real node", [*rows, *SIMULATED]))
    assert len(rows) == len(services)
