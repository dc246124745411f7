"""What several tests of ``rf up`` begin with."""

from pathlib import Path

import pytest

from tests.deployments import World, write_project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project without stacks."""
    project = tmp_path / "project"
    project.mkdir()
    return write_project(project)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Takes notes, and has a CLI on PATH."""
    return World(path=tmp_path / "bin").with_pulumi()
