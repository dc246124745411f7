"""KEDA on a cluster that the program owns."""

from components.keda import Keda
from rf.plan.record import record


def test_the_pinned_chart_is_one_release_that_needs_no_network_to_be_planned() -> None:
    plan = record(lambda: Keda("keda") and None, project="demo", stack="dev")

    found = {each.type: each for each in plan.resources}
    release = found["kubernetes:helm.sh/v3:Release"]
    assert release.parent == found["researchflow:index:Keda"].urn
    assert release.inputs["chart"] == "keda"
    assert release.inputs["version"] == "2.21.0"
    assert release.inputs["repositoryOpts"] == {"repo": "https://kedacore.github.io/charts"}
    assert release.inputs["namespace"] == release.inputs["name"] == "keda"
