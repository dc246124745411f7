"""What reviewers read about typical changes, as last accepted (``make golden``)."""

from functools import cache
from json import dumps, loads
from pathlib import Path

import pytest

from rf.diff.markdown import LIMIT, MARKER, comment
from rf.diff.stack import Side, StackDiff, compare
from rf.policy.planned import judge_plan
from tests.conftest import planned, platform
from tests.golden.accepted import compare as accept
from tests.golden.typical_changes import CHANGES, Tree, merged

HERE = Path(__file__).parent / "diffs"
pytestmark = pytest.mark.xdist_group("diffs")
SCREEN = 45
"""Lines that a reviewer sees before anything is unfolded."""


@cache
def side(stack: str, settings: str) -> Side:
    plan = planned(loads(settings), stack)
    return Side(plan=plan, verdict=judge_plan(plan), secrets={})


def with_settings(stack: str, *changed: Tree) -> Side:
    """The real program for the stack's own file with some settings changed."""
    tree = platform(stack)
    for each in changed:
        tree = merged(tree, each)
    return side(stack, dumps(tree, sort_keys=True))


@cache
def typical(name: str) -> tuple[StackDiff, ...]:
    change = CHANGES[name]
    return tuple(
        compare(
            stack,
            with_settings(stack, change.before.get(stack, {})),
            with_settings(stack, change.before.get(stack, {}), after),
        )
        for stack, after in change.after.items()
    )


def told(name: str) -> str:
    return comment(typical(name), "main (000000000000)", rules_changed=False)


@pytest.mark.parametrize("name", CHANGES)
def test_a_typical_change_is_told_as_accepted(name: str) -> None:
    accept(HERE / f"{name}.md", told(name))


@pytest.mark.parametrize("name", CHANGES)
def test_a_comment_is_one_screen_and_fits_into_github(name: str) -> None:
    text = told(name)

    screen = text.partition("<details>")[0].splitlines()
    assert text.startswith(MARKER)
    assert len(screen) <= SCREEN
    assert len(text) < LIMIT + 1000


def test_only_renames_and_the_end_of_a_canary_lose_data() -> None:
    losing = {
        name
        for name in CHANGES
        for diff in typical(name)
        if any(change.dangerous for change in diff.changes)
    }

    assert losing == {"another-namespace", "another-prefix", "a-canary-that-is-promoted"}
