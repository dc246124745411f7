"""The page on the users' guide, from its rows."""

from pathlib import Path

import pytest

from rf.coverage import Row, read, rendered
from rf.errors import BadInputError


def rows_of(tmp_path: Path, text: str) -> tuple[Row, ...]:
    path = tmp_path / "coverage.yaml"
    path.write_text(text)
    return read(path)


def test_rows_have_the_section_that_they_stand_below(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "A:\n  - {item: x, status: here}\nB:\n  - {item: y, status: later}\n")

    assert [(row.section, row.item, row.status) for row in rows] == [
        ("A", "x", "here"),
        ("B", "y", "later"),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{item: x, status: soon}", "A, x: status: Input should be 'here', 'changed' or 'later'"),
        ("{item: x, status: here, tests: y}", "A, x: tests: Unexpected keyword argument"),
        ("{item: x, status: here, test: y}", "A, x: test: must be a test by its pytest ID"),
        ("{status: here}", "A, a row without item: item: "),
    ],
)
def test_a_row_that_is_none_is_told_with_its_place(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(BadInputError) as error:
        rows_of(tmp_path, f"A:\n  - {row}\n")

    assert f"coverage.yaml: {message}" in str(error.value)


def test_a_section_is_a_table_and_a_pipe_ends_no_cell() -> None:
    row = Row(
        section="Redis",
        item="`info | grep`",
        status="changed",
        setting="services.redis.memory",
        secret="redisPassword",
        output="endpoints",
        resource={"local": "Container redis"},
        test="tests/unit/test_redis.py::test_it_is_there",
        note="So.",
    )

    heading, _, _, _, line = rendered([row]).split("## Redis")[1].splitlines()

    assert heading == ""
    assert line == (
        "| `info \\| grep` | changed "
        "| `services.redis.memory`<br>secret `redisPassword`<br>output `endpoints` "
        "| local: `Container redis` | [it is there](../tests/unit/test_redis.py) | So. |"
    )


def test_the_rows_of_each_status_are_counted() -> None:
    rows = [Row(section="A", item=item, status="later") for item in "xyz"]

    assert "| later | 3 |" in rendered(rows)
    assert "| here | 0 |" in rendered(rows)
