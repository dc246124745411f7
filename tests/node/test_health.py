"""``rf health`` asks the pods of a real node: by port forwarding, and by exec inside Redis."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rf.health import wiring
from rf.health.examine import Examination
from rf.health.rows import Row, Verdict
from rf.project import find_project
from rf.stacks import checked_stack
from rf.targets import KUBECONFIG
from tests.node.stack import STACK, TEST_SECRETS, real

if TYPE_CHECKING:
    from tests.cluster.platform import Platform
    from tests.node.machine.cluster import Cluster

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]


@pytest.fixture
def rows(
    node: Cluster, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Row]:
    """What ``rf health`` says of the stack, through its own wiring."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(node.kubeconfig)
    monkeypatch.setenv(KUBECONFIG, str(kubeconfig))
    checked = checked_stack(find_project(Path(__file__).parent), STACK, allow_tags=True)
    checked = replace(checked, stack=platform.stack)
    with node.world.entered():
        reach = wiring.reach(checked)
        return Examination(specs=checked.stack.specs, reach=reach, runbooks="docs/runbooks").rows()


def test_every_service_that_runs_is_well_and_every_other_one_is_said_to_be_missing(
    rows: list[Row],
) -> None:
    running = {name for name, spec in real().items() if not spec.per_node}
    found = {row.subject: row for row in rows}

    assert {found[name].verdict for name in running} == {Verdict.OK}
    assert found["redis"].asked != found["prometheus"].asked
    assert found["grafana"].verdict is Verdict.FAILED
    assert found["scrape of grafana"].verdict is Verdict.FAILED
    assert "alerts" in found
    assert not [row for row in rows for secret in TEST_SECRETS.values() if secret in str(row)]
