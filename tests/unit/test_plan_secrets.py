"""A secret of the program never reaches a plan or anything that is made from one."""

import io
import pickle
import re
from typing import Any

import pulumi
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from rf.plan import machine, manifests, tree
from rf.plan.model import SECRET, Plan, leaves
from rf.plan.record import record
from rf.policy.planned import judge_plan
from rf.policy.report import verdict_data
from tests.plan_projects import Group, config_map


class Planted(str):
    """Text that the program wraps as a secret."""

    __slots__ = ()


NEEDLE = st.uuids().map(lambda uuid: uuid.hex)
AROUND = st.text(max_size=20)
PLANTED = st.builds(
    lambda left, needle, right: Planted(left + needle + right), AROUND, NEEDLE, AROUND
)
PLAIN = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=10)
KEYS = st.text("abcdefgh", min_size=1, max_size=6)
INPUTS = st.dictionaries(
    KEYS,
    st.recursive(
        PLAIN | PLANTED,
        lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
        max_leaves=12,
    ),
    max_size=4,
)


def as_inputs(value: Any) -> Any:
    if isinstance(value, Planted):
        return pulumi.Output.secret(str(value))
    if isinstance(value, dict):
        return {key: as_inputs(item) for key, item in value.items()}
    return [as_inputs(item) for item in value] if isinstance(value, list) else value


def planted(value: Any) -> list[str]:
    return [str(leaf) for _, leaf in leaves(value) if isinstance(leaf, Planted)]


def needle(text: str) -> str:
    """A part of a planted secret that no way of writing it down would escape."""
    found = re.search("[0-9a-f]{32}", text)
    assert found
    return found.group()


def everything_shown(plan: Plan) -> str:
    """All that a person or a tool can get to see of ``plan``, and its own repr."""
    screen = io.StringIO()
    for verbose in (False, True):
        drawn = tree.render(plan, manifests=None, verbose=verbose, width=100)
        Console(file=screen, width=100).print(drawn)
    files = manifests.render(plan)
    return "\n".join(
        [
            repr(plan),
            screen.getvalue(),
            machine.to_json("demo", [plan], {}, {"dev": verdict_data(judge_plan(plan))}),
            *files,
            *files.values(),
        ]
    )


@settings(max_examples=100, deadline=None)
@given(inputs=INPUTS, secret=PLANTED)
def test_no_planted_secret_is_in_the_plan_or_in_anything_made_from_it(
    inputs: dict[str, Any], secret: Planted
) -> None:
    def program() -> None:
        group = Group("group", as_inputs(inputs))
        first = config_map("first", as_inputs(inputs), pulumi.ResourceOptions(parent=group))
        config_map("second", {"data": {"as_json": pulumi.Output.json_dumps(as_inputs(inputs))}})
        config_map(
            "third", {"data": {"whole": pulumi.Output.secret(as_inputs(inputs)), "n": first.id}}
        )
        group.close(inputs=as_inputs(inputs))
        pulumi.export("secret", as_inputs(secret))
        pulumi.export("inputs", as_inputs(inputs))

    plan = record(program, project="demo", stack="dev")

    shown = everything_shown(plan) + pickle.dumps(plan).decode("latin-1")
    assert not [text for text in (*planted(inputs), secret) if needle(text) in shown]
    assert plan.outputs["secret"] is SECRET


def test_a_secret_shows_as_one_word_wherever_it_is_shown() -> None:
    def program() -> None:
        config_map("first", {"data": {"password": pulumi.Output.secret("hunter2")}})

    plan = record(program, project="demo", stack="dev")

    assert repr(SECRET) == str(SECRET) == "[secret]"
    document = machine.to_json("demo", [plan], {}, {"dev": verdict_data(judge_plan(plan))})
    assert '"password": {\n' in document
    assert '"secret": true' in document
    assert "password: '[secret]'" in manifests.render(plan)["ns/configmap-first.yaml"]
