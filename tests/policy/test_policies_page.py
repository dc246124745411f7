"""docs/policies.md says what the rules say of themselves."""

from pathlib import Path

from policies.framework.rule import StackRule
from policies.packs import PACKS
from policies.page import PAGE, page


def test_the_page_is_that_of_the_rules() -> None:
    written = Path(PAGE).read_text(encoding="utf-8")

    assert written == page(PACKS), "run python -m policies.page"


def test_every_rule_has_a_row_with_its_level_and_what_to_do() -> None:
    rows = page(PACKS).splitlines()

    for rules in PACKS.values():
        for rule in rules:
            [row] = [line for line in rows if line.startswith(f"| `{rule.id}` ")]
            assert rule.level.value in row
            assert rule.fix.replace("|", "\\|") in row
            assert ("whole stack" in row) == isinstance(rule, StackRule)


def test_every_row_has_as_many_cells_as_there_are_columns() -> None:
    rows = [line.replace("\\|", "") for line in page(PACKS).splitlines() if line.startswith("|")]

    assert {row.count("|") for row in rows} == {8}


def test_a_family_of_rules_stands_together() -> None:
    headings = [line for line in page(PACKS).splitlines() if line.startswith("### ")]

    assert len(headings) == len(set(headings))
