"""The packs on our own stacks, as the real program plans them."""

from typing import Any

import pytest

from policies.packs import PACKS, read_waivers
from rf.plan.model import Plan
from rf.policy.judge import Verdict
from rf.policy.planned import judge_plan
from tests.conftest import INFRASTRUCTURE, STACKS, planned, platform

EXPORTERS = ("DaemonSet researchflow-ai-node/", "DaemonSet researchflow-ai-staging-node/")
NODE_EXPORTER = "Container node-exporter"
MOST_WAIVERS = 5
OLD, PASS = "0" * 12, "f" * 64


def judged(stack: str, change: dict[str, Any]) -> Verdict:
    """The verdict on ``stack`` after a change of its top-level settings."""
    return judge_plan(planned(platform(stack) | change, stack))


def blocking(verdict: Verdict) -> set[str]:
    """The ids of the rules that stop the deployment."""
    return {result.rule.id for result in verdict.results if result.blocks}


def with_canary(**rollout: Any) -> dict[str, Any]:
    """A second version of FAISS."""
    return {"rollout": {"services": {"faiss": {"canary": {"num_workers": 4}, **rollout}}}}


@pytest.mark.parametrize("stack", [*STACKS, *INFRASTRUCTURE])
def test_a_stack_of_ours_is_not_stopped(plans: dict[str, Plan], stack: str) -> None:
    verdict = judge_plan(plans[stack])

    assert blocking(verdict) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_mandatory_about_a_stack_of_ours_is_undecided(
    plans: dict[str, Plan], stack: str
) -> None:
    verdict = judge_plan(plans[stack])

    undecided = [each for each in verdict.results if each.undecided]
    assert [(each.rule.id, each.finding.path) for each in undecided] == []


@pytest.mark.parametrize("stack", INFRASTRUCTURE)
def test_of_infrastructure_only_what_names_the_key_or_the_files_is_undecided_until_they_are_made(
    plans: dict[str, Plan], stack: str
) -> None:
    verdict = judge_plan(plans[stack])

    assert {
        (each.rule.id, each.resource.name, each.finding.path)
        for each in verdict.results
        if each.undecided
    } == {
        ("aws-eks/secrets-encryption", "cluster", "encryptionConfig.provider.keyArn"),
        ("aws-iam/wildcards", "pod-shared-files-policy", "policy"),
        ("aws-iam/passes-rights", "pod-shared-files-policy", "policy"),
    }


@pytest.mark.parametrize("stack", INFRASTRUCTURE)
def test_an_administrator_that_nobody_listed_is_refused(stack: str) -> None:
    cluster = platform(stack)["cluster"]
    stranger = "arn:aws:iam::999999999999:role/stranger"
    added = cluster | {"administrators": [*cluster["administrators"], stranger]}

    assert blocking(judged(stack, {"cluster": added})) == {"aws-eks/administrators"}


def test_an_api_open_to_everybody_is_refused() -> None:
    cluster = platform("staging-infra")["cluster"] | {"public_cidrs": ["0.0.0.0/0"]}

    assert blocking(judged("staging-infra", {"cluster": cluster})) == {"aws-eks/public-endpoint"}


def test_more_gpus_than_the_policies_allow_are_refused() -> None:
    pools = platform("staging-infra")["pools"]
    pools["gpu"]["gpus"] = 17

    assert blocking(judged("staging-infra", {"pools": pools})) == {"gpus/pool-ceiling"}


@pytest.mark.parametrize("stack", STACKS)
def test_every_waiver_of_a_stack_is_needed(plans: dict[str, Plan], stack: str) -> None:
    assert judge_plan(plans[stack]).unused_waivers == ()


def test_there_are_few_waivers() -> None:
    assert len(read_waivers()) <= MOST_WAIVERS


def test_security_is_waived_for_exporters_only(plans: dict[str, Plan]) -> None:
    security = {rule.id for rule in PACKS["security"]}

    for plan in plans.values():
        for result in judge_plan(plan).results:
            if result.waived and result.rule.id in security:
                label = result.resource.label
                assert label.startswith(EXPORTERS) or label == NODE_EXPORTER


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("Ollama", {"vramGibibytes", "gpuMemoryGibibytes"}),
        ("Prometheus", {"alerts", "retentionDays"}),
        ("Gateway", {"service", "replicas"}),
        ("Rollout", {"services", "steps", "freeze"}),
        ("Budget", {"estimateUsd"}),
        ("KubernetesPlatform", {"namespace", "nodeNamespace", "closedNamespaces"}),
    ],
)
def test_components_say_what_rules_read(
    plans: dict[str, Plan], kind: str, inputs: set[str]
) -> None:
    [component] = [each for each in plans["production"].resources if each.kind == kind]

    assert inputs <= set(component.inputs)


def test_a_canary_may_have_its_first_step() -> None:
    change = with_canary(weights={"stable": 90, "canary": 10})

    assert blocking(judged("staging", change)) == set()


@pytest.mark.parametrize("share", [11, 50, 100])
def test_a_canary_may_not_have_more_without_a_pass_on_record(share: int) -> None:
    change = with_canary(weights={"stable": 100 - share, "canary": share})

    assert blocking(judged("staging", change)) == {"rollout/evidence"}


def test_the_pass_of_another_version_is_no_evidence() -> None:
    change = with_canary(
        weights={"stable": 50, "canary": 50},
        passed={"version": OLD, "weight": 10, "verdict": PASS},
    )

    assert blocking(judged("staging", change)) == {"rollout/evidence"}


def test_a_freeze_stops_a_step_that_has_not_passed_and_nothing_else() -> None:
    freeze = [{"start": "2020-01-01T00:00:00Z", "end": "2999-01-01T00:00:00Z", "reason": "test"}]
    change = with_canary(weights={"stable": 90, "canary": 10})
    change["rollout"]["freeze"] = freeze

    assert blocking(judged("staging", change)) == {"rollout/freeze"}
    assert blocking(judged("staging", {"rollout": {"freeze": freeze}})) == set()


def test_metrics_of_production_are_kept_for_a_month() -> None:
    services = platform("production")["services"] | {"prometheus": {"retention": "29d"}}

    assert blocking(judged("production", {"services": services})) == {"retention/metrics"}


def test_an_alert_weaker_than_the_guides_is_refused() -> None:
    thresholds = {"HighErrorRate": {"value": 0.2}}
    services = platform("staging")["services"] | {
        "prometheus": {"alerts": {"thresholds": thresholds}}
    }

    assert blocking(judged("staging", {"services": services})) == {"alerts/bounds"}


def test_an_image_from_elsewhere_is_refused() -> None:
    services = platform("staging")["services"] | {"redis": {"image": "registry.test/redis:8"}}

    assert blocking(judged("staging", {"services": services})) == {"images/registry"}
