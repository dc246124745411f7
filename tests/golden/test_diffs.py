"""What reviewers read about typical changes, as last accepted (``make golden``)."""

from functools import cache
from json import dumps, loads
from pathlib import Path

import pytest

from rf.diff import machine
from rf.diff.markdown import LIMIT, MARKER, comment
from rf.diff.revision import Revision
from rf.diff.stack import Side, StackDiff, compare
from rf.plan.model import Failure
from rf.policy.planned import judge_plan
from scripts import data_loss
from tests.conftest import planned, platform
from tests.golden.accepted import compare as accept
from tests.golden.typical_changes import CHANGES, Tree, merged

HERE = Path(__file__).parent / "diffs"
pytestmark = pytest.mark.xdist_group("diffs")
BROKEN = Side(plan=Failure(message="it is broken"), verdict=None, secrets={})
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


@pytest.mark.parametrize(
    ("name", "accepted", "status"),
    [
        ("another-prefix", "false", 1),
        ("another-prefix", "true", 0),
        ("a-feature-for-more-users", "false", 0),
    ],
)
def test_only_a_label_lets_data_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, accepted: str, status: int
) -> None:
    base = Revision(name="main", commit="0" * 40, folder=Path())
    file = tmp_path / "diff.json"
    file.write_text(machine.to_json(typical(name), base, rules_changed=False))

    assert data_loss.main({"DIFF": str(file), "ACCEPTED": accepted}) == status

    out = capsys.readouterr().out
    assert ("local: Volume faiss-volume-data loses its data" in out) == (name == "another-prefix")
    assert ("::error title=Data::6 lost" in out) == (status == 1)


@pytest.mark.parametrize(
    ("before", "after", "cost"), [("staging", None, ""), (None, "staging", "2,057.91")]
)
def test_a_side_that_does_not_plan_is_neither_a_cost_nor_a_saving(
    before: str | None, after: str | None, cost: str
) -> None:
    sides = [with_settings(each) if each else BROKEN for each in (before, after)]

    text = comment([compare("staging", *sides)], "main", rules_changed=False)

    (row,) = (line for line in text.splitlines() if line.startswith("| **staging**"))
    assert row.split("|")[6].strip() == cost
    assert "<details>" not in text


def test_stacks_that_nothing_happens_to_are_one_line() -> None:
    (changed,) = typical("a-feature-for-more-users")
    same = [compare(stack, *[with_settings(stack)] * 2) for stack in ("local", "staging")]

    text = comment([*same, changed], "main", rules_changed=False)

    assert "\nNothing in local and staging.\n" in text
    assert "| **production** |" in text
    assert "| **staging** |" not in text


def test_what_was_refused_before_is_told_although_nothing_changes() -> None:
    refused = with_settings("production", CHANGES["a-budget-that-is-too-small"].after["production"])

    text = comment([compare("production", refused, refused)], "main", rules_changed=False)

    assert "production: still there, **mandatory**: `spend/expected`" in text
