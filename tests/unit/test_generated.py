"""Generated files are written, or compared with what they should be."""

from pathlib import Path

import pytest

from rf.generated import main

PAGE, OTHER, GONE = Path("docs/page.md"), Path("docs/other.md"), Path("docs/gone.md")
WANTED = {PAGE: "text\n", OTHER: "more\n"}


def test_what_is_wanted_is_written(tmp_path: Path) -> None:
    assert main([], "python -m pages", tmp_path, WANTED) == 0

    assert {path: (tmp_path / path).read_text() for path in WANTED} == WANTED


def test_a_check_of_current_files_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([], "python -m pages", tmp_path, WANTED)

    assert main(["--check"], "python -m pages", tmp_path, WANTED, WANTED) == 0
    assert capsys.readouterr().err == ""


def test_a_check_names_what_to_do_about_each_file_and_changes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([], "python -m pages", tmp_path, WANTED)
    (tmp_path / PAGE).write_text("edited\n")

    assert main(["--check"], "python -m pages", tmp_path, WANTED, [PAGE, GONE]) == 1

    assert (tmp_path / PAGE).read_text() == "edited\n"
    assert capsys.readouterr().err.splitlines() == [
        "docs/page.md: differs; run python -m pages",
        "docs/gone.md: nothing makes it; remove it",
    ]


def test_an_unknown_option_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chek"], "python -m pages", tmp_path, WANTED) == 1

    assert capsys.readouterr().err == "usage: python -m pages [--check]\n"
    assert not (tmp_path / PAGE).exists()
