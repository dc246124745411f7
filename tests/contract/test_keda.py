"""KEDA on a cluster that the program owns: installed when asked for, and gone before its nodes."""

from tests.conftest import planned, platform
from tests.contract.infrastructure import named, of_type, outlived_by

RELEASE = "kubernetes:helm.sh/v3:Release"


def test_the_pinned_chart_is_planned_without_a_network_and_needs_nodes() -> None:
    tree = platform("staging-infra")
    tree["cluster"]["keda"] = True

    plan = planned(tree)

    release = named(plan, "keda-release", "Release")
    assert {key: release.inputs[key] for key in ("chart", "version", "name", "namespace")} == {
        "chart": "keda",
        "version": "2.21.0",
        "name": "keda",
        "namespace": "keda",
    }
    assert release.inputs["repositoryOpts"] == {"repo": "https://kedacore.github.io/charts"}
    needed = [each for each in plan.resources if each.kind == "NodePool"]
    assert needed
    assert outlived_by(plan, release, [*needed, *of_type(plan, "aws:eks/cluster:Cluster")])


def test_it_is_installed_only_where_somebody_asks_for_it() -> None:
    assert of_type(planned(platform("staging-infra")), RELEASE) == []
