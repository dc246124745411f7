"""A pull request that loses data is stopped until somebody says that it may."""

from pathlib import Path

import pytest
import yaml

from rf.diff import markdown
from scripts import data_loss


@pytest.mark.parametrize("content", [None, "", "{}", "[]"])
def test_a_difference_that_cannot_be_read_does_not_pass(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "diff.json"
    if content is not None:
        file.write_text(content)

    assert data_loss.main({"DIFF": str(file), "ACCEPTED": "false"}) == 1


def test_comment_script_and_workflow_mean_the_same_label() -> None:
    workflow = yaml.safe_load(Path(".github/workflows/preview.yml").read_text())
    (step,) = (
        each
        for each in workflow["jobs"]["plan"]["steps"]
        if each.get("run") == "python3 scripts/data_loss.py"
    )

    assert markdown.LABEL == data_loss.LABEL
    assert f"labels.*.name, '{data_loss.LABEL}')" in step["env"]["ACCEPTED"]
    # YAML 1.1 reads the key `on` as true. Without these the label would wait for the next push.
    assert {"labeled", "unlabeled"} <= {*workflow[True]["pull_request"]["types"]}
