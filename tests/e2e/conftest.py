"""The platform as processes of this machine, started once for all tests of this tier."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness.layout import volume
from tests.e2e.harness.platform import Platform
from tests.e2e.harness.stack import SECRETS, specs
from tests.e2e.harness.world import obstacle

MODELS = Path(__file__).parent / "models"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where servers cannot be isolated, one test says so for all that need it."""
    if obstacle() is None:
        return
    isolated = [
        item
        for item in items
        if isinstance(item, pytest.Function) and "isolation" in item.fixturenames
    ]
    others = set(isolated[1:])
    config.hook.pytest_deselected(items=isolated[1:])
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def isolation() -> None:
    """Skips where servers cannot be given what their specs say."""
    if reason := obstacle():
        pytest.skip(f"no server is started for real: {reason}")


@pytest.fixture(scope="session")
def platform(isolation: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Every service of the local stack; a test that breaks something mends it again."""
    del isolation
    folder = tmp_path_factory.mktemp("platform")
    shutil.copytree(MODELS, volume(specs()["triton"], "models", folder))
    with Platform.start(specs().values(), SECRETS, folder) as started:
        yield started
