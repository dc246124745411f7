"""What counts as a test that checks something."""

from pathlib import Path

import pytest

from tests.contract.node_ids import problem

SOURCE = """
import pytest

def test_plain(): pass

@pytest.mark.parametrize("a", [1])
def test_parametrized(a): pass

class TestGroup:
    def test_inside(self): pass

@pytest.mark.skipif(True, reason="no Docker")
def test_explained(): pass

def test_explained_inside():
    pytest.skip("no Docker")

@pytest.mark.skip
def test_bare(): pass

@pytest.mark.skipif(True)
def test_without_reason(): pass

@pytest.mark.xfail(reason="")
def test_empty_reason(): pass

def test_bare_inside():
    pytest.skip()

@pytest.mark.skip
class TestSkipped:
    def test_inside(self): pass

class TestMarked:
    pytestmark = pytest.mark.skip
    def test_inside(self): pass
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "test_some.py").write_text(SOURCE)
    (tmp_path / "test_skipped.py").write_text(f"pytestmark = pytest.mark.skip\n{SOURCE}")
    (tmp_path / "test_explained.py").write_text(
        f'pytestmark = [pytest.mark.skip(reason="no Docker")]\n{SOURCE}'
    )
    return tmp_path


@pytest.mark.parametrize(
    "node_id",
    [
        "test_some.py::test_plain",
        "test_some.py::test_parametrized",
        "test_some.py::TestGroup::test_inside",
        "test_some.py::test_explained",
        "test_some.py::test_explained_inside",
        "test_explained.py::test_plain",
    ],
)
def test_a_test_that_is_there_and_explains_its_skips_is_accepted(root: Path, node_id: str) -> None:
    assert problem(node_id, root) is None


@pytest.mark.parametrize(
    ("node_id", "reason"),
    [
        ("test_none.py::test_plain", "test_none.py does not exist"),
        ("test_some.py::test_none", "test_some.py has no test test_none"),
        ("test_some.py::TestGroup", "test_some.py has no test TestGroup"),
        ("test_some.py::test_inside", "test_some.py has no test test_inside"),
        ("test_some.py::test_plain::test_inside", "has no test test_plain::test_inside"),
    ],
)
def test_a_test_that_is_not_there_is_refused(root: Path, node_id: str, reason: str) -> None:
    assert reason in (problem(node_id, root) or "")


@pytest.mark.parametrize(
    "node_id",
    [
        "test_some.py::test_bare",
        "test_some.py::test_without_reason",
        "test_some.py::test_empty_reason",
        "test_some.py::test_bare_inside",
        "test_some.py::TestSkipped::test_inside",
        "test_some.py::TestMarked::test_inside",
        "test_skipped.py::test_plain",
    ],
)
def test_a_skip_without_a_word_is_refused(root: Path, node_id: str) -> None:
    assert "gives no reason" in (problem(node_id, root) or "")
