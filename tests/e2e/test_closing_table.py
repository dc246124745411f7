"""Of every service there is, the run says whether it was started for real."""

from collections.abc import Callable

import pytest

from components.catalogue import CATALOGUE
from tests.closing import TABLE, table
from tests.e2e.harness.images import Missing, find
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import specs

pytestmark = pytest.mark.xdist_group("e2e")


def row(platform: Platform, service: str) -> str:
    """What became of one service."""
    found = find(service)
    spec = specs().get(service)
    if isinstance(found, Missing):
        return f"{'only simulated' if spec else 'not started'}: {found.reason}"
    assert spec is not None
    assert platform[service].running
    pinned = spec.image.rpartition(":")[2]
    return f"started for real: {found.version} (its image: {pinned})"


def test_each_service_of_the_catalogue_was_started_or_the_reason_is_known(
    platform: Platform, record_property: Callable[[str, object], None]
) -> None:
    services = [component.service for component in CATALOGUE]
    rows = [(service, row(platform, service)) for service in services]

    record_property(TABLE, table("servers under test", rows))

    assert all(platform[name].stands_in == isinstance(find(name), Missing) for name in specs())
