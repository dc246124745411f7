"""The platform as processes of this machine, started once for all tests of this tier."""

from collections.abc import Iterator

import pytest

from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import SECRETS, specs
from tests.e2e.harness.world import obstacle


@pytest.fixture(scope="session")
def isolation() -> None:
    """Skips where servers cannot be given what their specs say."""
    if reason := obstacle():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def platform(isolation: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Every service of the local stack; a test that breaks something mends it again."""
    del isolation
    folder = tmp_path_factory.mktemp("platform")
    with Platform.start(specs().values(), SECRETS, folder) as started:
        yield started
