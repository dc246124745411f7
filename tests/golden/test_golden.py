"""Every resource of every stack, and every manifest, as last accepted (``make golden``).

A renamed or moved resource is deleted and made anew by the next ``up``: the table shows it in a
review, and an alias is the answer.
"""

from pathlib import Path

import pytest

from rf.plan.manifests import render
from rf.plan.model import Plan
from tests.conftest import INFRASTRUCTURE, STACKS
from tests.golden.accepted import compare

HERE = Path(__file__).parent


def table(plan: Plan) -> str:
    """A line for each resource: type, name, and its parent's type and name."""
    names = {resource.urn: f"{resource.kind} {resource.name}" for resource in plan.resources}
    rows = [f"{r.type}  {r.name}  <- {names.get(r.parent, 'stack')}" for r in plan.resources]
    return "\n".join(sorted(rows)) + "\n"


def manifests(plan: Plan) -> str:
    """All manifests in one text, each under its path."""
    return "".join(f"--- # {path}\n{text}" for path, text in sorted(render(plan).items()))


@pytest.mark.parametrize("stack", [*STACKS, *INFRASTRUCTURE])
def test_resources_are_as_accepted(plans: dict[str, Plan], stack: str) -> None:
    compare(HERE / f"{stack}.resources.txt", table(plans[stack]))


@pytest.mark.parametrize("stack", [*STACKS, *INFRASTRUCTURE])
def test_manifests_are_as_accepted(plans: dict[str, Plan], stack: str) -> None:
    compare(HERE / f"{stack}.manifests.yaml", manifests(plans[stack]))
