"""Stack files as every command reads them."""

from pathlib import Path

import pytest

from rf.errors import BadInputError
from rf.project import find_project
from rf.stacks import checked_stack
from tests.deployments import CLUSTER, checked, write_project, write_stack


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_project(tmp_path)


@pytest.mark.parametrize(
    ("platform", "complaint"),
    [
        ("platform: words", "must be a mapping of settings"),
        ("platform: {environment: local}", "platform.target: is missing"),
        ("plattform: {}", "did you mean researchflow-ai:platform"),
        ("redisPassword: {secure: x}", "researchflow-ai:platform is missing"),
    ],
)
def test_a_stack_file_that_does_not_hold_settings_is_refused(
    root: Path, platform: str, complaint: str
) -> None:
    (root / "Pulumi.local.yaml").write_text(f"config:\n  researchflow-ai:{platform}\n")

    with pytest.raises(BadInputError, match=complaint):
        checked(root)


def test_images_without_digests_are_accepted_only_where_they_may_be(root: Path) -> None:
    tagged = {**CLUSTER, "images": {}}
    write_stack(root, tagged, stack="staging")
    project = find_project(root)

    with pytest.raises(BadInputError, match="rf images resolve staging"):
        checked_stack(project, "staging")
    assert checked_stack(project, "staging", allow_tags=True).platform == tagged
