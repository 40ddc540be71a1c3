"""Links of every page lead somewhere, to a heading that is there too."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def headings(page):
    """The anchors of a page, as sites name them."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}


def broken(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if "://" in target:
            continue
        if not file.exists() or (anchor and anchor not in headings(file)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    assert list(broken(page)) == []


def test_broken_links_are_seen(tmp_path):
    page = tmp_path / "a.md"
    page.write_text(
        "# One, two\n[a](#one-two) [b](#three) [c](no.md) `[d](no.md)` [e](a.md#one-two)"
    )
    assert list(broken(page)) == ["#three", "no.md"]


def test_every_page_is_on_the_site():
    docs = ROOT / "docs"
    listed = set(re.findall(r"^[\w/]+$", (docs / "index.md").read_text(encoding="utf-8"), re.M))
    found = [path for kind in ("md", "rst") for path in docs.rglob(f"*.{kind}")]
    pages = {path.relative_to(docs).with_suffix("").as_posix() for path in found}
    assert pages == listed | {"index"}
