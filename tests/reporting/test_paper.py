"""The page on paper: light, twelve pages at most, no heading alone."""

import re

import pytest

pytestmark = pytest.mark.browser
PAGES = ("comparison", "study", "table")


def test_paper_is_light_and_shows_what_was_open(open_page):
    page = open_page("study", color_scheme="dark")
    page.evaluate("document.querySelector('#metrics details').open = true")
    page.emulate_media(media="print", color_scheme="dark")
    shown = page.locator("details").evaluate_all("(all) => all.map((e) => e.checkVisibility())")
    assert sum(shown) == 1 < len(shown)
    assert page.locator("#metrics details table").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()


@pytest.mark.parametrize("which", PAGES)
def test_on_paper_it_is_twelve_pages_at_most(open_page, which):
    """The table has 30 features, some with names of 240 letters."""
    paper = open_page(which).pdf(prefer_css_page_size=True)
    assert 4 < len(re.findall(rb"/Type\s*/Page[^s]", paper)) <= 12


def test_no_heading_stands_alone_at_the_foot_of_a_page(open_page):
    """Whatever leads to a figure stays with what follows; none of them comes last in its parent."""
    page = open_page("study")
    page.emulate_media(media="print")
    leads = page.locator("h2, h3, h4, caption, .intro, .key, .sentence, figcaption")
    apart = leads.evaluate_all(
        """(all) => all.filter((e) => e.checkVisibility()
            && getComputedStyle(e).breakAfter !== "avoid").map((e) => e.outerHTML)"""
    )
    assert not apart
    whole = page.locator("tr, .card, figure, .sample-card").evaluate_all(
        "(all) => new Set(all.map((e) => getComputedStyle(e).breakInside)).size"
    )
    assert whole == 1
