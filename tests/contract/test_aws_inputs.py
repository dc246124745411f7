"""Every input of every AWS resource, against AWS's own model of the API."""

from dataclasses import replace
from typing import Any

import pytest

from rf.plan.model import Plan, Resource
from tests.conftest import INFRASTRUCTURE, planned, platform
from tests.contract.aws_calls import CALLS, NOT_CALLS, TAGS
from tests.contract.aws_shapes import operation, problems

EVERYTHING: dict[str, Any] = {
    "backups": {"lock": "GOVERNANCE", "lock_days": 7},
    "spend": {"monthly": 100, "emails": ["a@example.com"]},
    "identity": {"namespace": "a", "backups": ["b"], "models": ["c"]},
}


@pytest.fixture(scope="module")
def resources(plans: dict[str, Plan]) -> list[Resource]:
    """Those of our stacks, and of one that uses every setting."""
    full = planned(platform("staging-infra") | EVERYTHING)
    found = [full, *(plans[stack] for stack in INFRASTRUCTURE)]
    return [each for plan in found for each in plan.resources if each.type.startswith("aws:")]


def test_every_type_has_a_call_or_a_reason_why_not(resources: list[Resource]) -> None:
    assert {each.type for each in resources} == {*CALLS, *NOT_CALLS}


def test_aws_would_take_what_we_ask_for(resources: list[Resource]) -> None:
    found = [
        f"{each.name}: {problem}"
        for each in resources
        if each.type in CALLS
        for problem in problems(each, CALLS[each.type])
    ]

    assert found == []


def test_what_is_said_to_go_elsewhere_is_there_and_goes_to_a_call(
    resources: list[Resource],
) -> None:
    for type_, call in CALLS.items():
        inputs = {name for each in resources if each.type == type_ for name in each.inputs}
        assert set(call.elsewhere) | set(call.to) <= inputs, type_
        for name in call.elsewhere.values():
            assert operation(call.service, name)


@pytest.mark.parametrize(
    ("type_", "change", "problem"),
    [
        ("aws:eks/cluster:Cluster", {"name": "a" * 101}, "more than 100"),
        ("aws:eks/cluster:Cluster", {"name": "a b"}, "does not match"),
        ("aws:eks/cluster:Cluster", {"roleArn": None}, "is no text"),
        ("aws:eks/cluster:Cluster", {"colour": "blue"}, "does not exist"),
        ("aws:eks/cluster:Cluster", {"upgradePolicy": {"supportType": "LONG"}}, "not one of"),
        ("aws:eks/accessEntry:AccessEntry", {"type": 7}, "is no text"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Door"}, "not one of"),
        ("aws:kms/alias:Alias", {"name": "a" * 257}, "more than 256"),
        ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": True}, "is no text"),
    ],
)
def test_what_aws_would_refuse_is_found(
    resources: list[Resource], type_: str, change: dict[str, Any], problem: str
) -> None:
    one = next(each for each in resources if each.type == type_)

    (found,) = problems(replace(one, inputs=one.inputs | change), CALLS[type_])

    assert problem in found


def test_a_missing_input_is_found(resources: list[Resource]) -> None:
    one = next(each for each in resources if each.type == "aws:eks/cluster:Cluster")
    left = {name: value for name, value in one.inputs.items() if name not in ("name", TAGS)}

    found = problems(replace(one, inputs=left), CALLS[one.type])

    assert found == ["CreateCluster.name is missing"]
