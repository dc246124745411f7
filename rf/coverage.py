"""What of the users' guide is here: ``docs/guide-coverage.yaml`` as rows, and the page made of it.

``python -m rf.coverage`` writes the page; ``--check`` only compares.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from components.matching import Matching

from . import generated
from .errors import BadInputError
from .project import find_project
from .strict_yaml import read_mapping

DATA = "docs/guide-coverage.yaml"
PAGE = "docs/guide-coverage.md"

Status = Literal["here", "changed", "later"]
NodeId = Annotated[
    str,
    Matching(
        r"^tests/[\w/]+\.py(::\w+)+$",
        "a test by its pytest ID",
        example="tests/unit/test_a.py::test_b",
    ),
]
"""A pytest node id without parameters: ``tests/unit/test_flags.py::test_something``."""
MEANINGS: Mapping[Status, str] = MappingProxyType(
    {
        "here": "as the guide says",
        "changed": "there in another form; the note says which",
        "later": "not in this version; the note says what is missing",
    }
)

HEAD = """\
# The users' guide, row by row

<!-- Written by `python -m rf.coverage` from guide-coverage.yaml; edit that file. -->

Every service, port, variable, tuning value, dashboard, metric, alert, procedure and option that the
Phase 9 deployment guide names, in the guide's order and under its headings. A setting is a path
below `researchflow-ai:platform` of a stack file, a secret a key of its own beside it, an output one
of the stack's. A test refuses a row that names a setting, output, resource or test that is missing.
"""
COLUMNS = ("The guide names", "Status", "Set or found by", "Resource", "Checked by", "Note")


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Row:
    """One thing that the guide names, and what stands for it.

    ``resource`` is a kind and a name, such as ``Container flags``, for each stack that is named.
    """

    section: str
    item: str
    status: Status
    setting: str | None = None
    secret: str | None = None
    output: str | None = None
    resource: Mapping[str, str] = Field(default_factory=dict)
    test: NodeId | None = None
    note: str | None = None


def read(path: Path) -> tuple[Row, ...]:
    """The rows of ``path``, sections in its order; BadInputError names what is wrong where."""
    rows = [
        {"section": section, **entry}
        for section, entries in read_mapping(path).items()
        for entry in entries
    ]
    try:
        return TypeAdapter(tuple[Row, ...]).validate_python(rows)
    except ValidationError as error:
        found = [f"{_where(rows, each['loc'])}: {each['msg']}" for each in error.errors()]
        raise BadInputError("\n".join(f"{path.name}: {line}" for line in found)) from None


def rendered(rows: Iterable[Row]) -> str:
    """The page as it is committed, in Markdown."""
    found = list(rows)
    parts = [HEAD, _totals(found)]
    for section, group in groupby(found, key=lambda row: row.section):
        lines = [COLUMNS, tuple("---" for _ in COLUMNS), *map(_cells, group)]
        parts.append(f"## {section}\n\n" + "".join(map(_line, lines)))
    return "\n".join(parts)


def _totals(rows: Sequence[Row]) -> str:
    lines = [("Status", "Rows", "Meaning"), ("---", "---", "---")]
    lines += [
        (status, str(sum(row.status == status for row in rows)), meaning)
        for status, meaning in MEANINGS.items()
    ]
    return "".join(map(_line, lines))


def _cells(row: Row) -> tuple[str, ...]:
    found_by = [
        f"`{row.setting}`" if row.setting else "",
        f"secret `{row.secret}`" if row.secret else "",
        f"output `{row.output}`" if row.output else "",
    ]
    resources = [f"{stack}: `{name}`" for stack, name in row.resource.items()]
    return (
        row.item,
        row.status,
        "<br>".join(filter(None, found_by)),
        "<br>".join(resources),
        _link(row.test) if row.test else "",
        row.note or "",
    )


def _link(test: str) -> str:
    """The test's name as the sentence that it is, leading to its file."""
    path, *names = test.split("::")
    sentence = names[-1].removeprefix("test_").replace("_", " ")
    return f"[{sentence}](../{path})"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _where(rows: Sequence[Mapping[str, Any]], location: tuple[int | str, ...]) -> str:
    number, *path = location
    row = rows[int(number)]
    return f"{row['section']}, {row.get('item', 'a row without item')}: {'.'.join(map(str, path))}"


def main(arguments: list[str]) -> int:
    """The exit status: 1 when the page differs and was not to be written."""
    root = find_project(Path.cwd()).root
    wanted = {Path(PAGE): rendered(read(root / DATA))}
    return generated.main(arguments, "python -m rf.coverage", root, wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
