"""Every link from a page to something in the repository leads there."""

import re
from pathlib import Path

import pytest

PAGES = sorted(
    str(path)
    for pattern in ("*.md", "docs/**/*.md", "policies/*.md", "services/*/README.md")
    for path in Path().glob(pattern)
)
LINK = re.compile(r"\]\((?!https?:|mailto:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of ``text``."""
    titles = HEADING.findall(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead(page: Path) -> list[str]:
    found = []
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        target = page.parent / link["path"] if link["path"] else page
        if not target.exists():
            found.append(link[0])
        elif link["anchor"] and target.suffix == ".md":
            known = anchors(target.read_text(encoding="utf-8"))
            found += [] if link["anchor"] in known else [link[0]]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    assert dead(Path(page)) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One thing\n[a](none.md) [b](#one-thing) [c](#another) [d](https://x.org/y)\n"
    )

    assert dead(page) == ["](none.md)", "](#another)"]
