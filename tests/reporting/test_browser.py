"""The page in Chromium: silent, readable without scripts, inert, accessible, narrow."""

import json
import re

import pytest

from explainprune.reporting.figures import write_figures
from explainprune.reporting.page import SECTIONS
from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.units import units

pytestmark = pytest.mark.browser
PAGES = ("comparison", "study", "table")
BOX = "(e) => e.getBoundingClientRect().toJSON()"


@pytest.mark.parametrize("which", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_asks_for_nothing_and_says_nothing(open_page, files, which, scheme):
    page = open_page(which, color_scheme=scheme)
    for _ in range(3):
        page.mouse.wheel(0, 4000)
    page.wait_for_timeout(50)
    icon = "data:,"
    assert [u for u in page.heard if u != icon] == [(files / f"{which}.html").as_uri()]


@pytest.mark.parametrize("which", PAGES)
def test_the_page_reads_the_same_without_scripts(open_page, which):
    without = open_page(which, java_script_enabled=False)
    with_ = open_page(which)
    shown = [s for s in SECTIONS if s not in ("levels", "sources") or which == "study"]
    for page in (without, with_):
        headings = page.locator("h2").all_inner_texts()
        assert headings == [SECTIONS[anchor] for anchor in shown]
    texts = [re.sub(r"\s+", " ", p.locator("main").inner_text()) for p in (without, with_)]
    assert texts[0] == texts[1]
    assert without.locator("button").count() == 0
    assert without.locator("table.units tbody tr").first.is_visible()


def test_hostile_names_are_inert(open_page, factory):
    page = open_page("table")
    assert page.title().startswith("<script>document.title='owned'</script> against dense")
    assert page.locator("img, iframe, object, embed, base, form").count() == 0
    assert page.locator("script").count() == page.locator("style").count() == 1
    assert page.locator("body").is_visible()
    names = page.locator(".feature-bars tbody th").all_text_contents()
    assert {factory.HOSTILE[i] for i in (0, 5, 8)} <= set(names)


def test_the_policy_stops_whatever_gets_in(open_page):
    page = open_page("table")
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "document.title = 'owned'";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend",
            "<img src='https://example.invalid/x.png' onerror='document.title = 1'>");
        }"""
    )
    page.wait_for_timeout(100)
    assert "owned" in page.title()
    assert page.title().startswith("<script>")
    assert sum("Content Security Policy" in text for text in page.heard) >= 2


def test_a_figure_is_a_file_that_needs_no_page(chromium, small_study, tmp_path):
    write_figures(subject_of(small_study), tmp_path)
    page = chromium.new_page(color_scheme="dark")
    heard = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("request", lambda request: heard.append(request.url))
    page.goto((tmp_path / "reasons.svg").as_uri())
    assert heard == [(tmp_path / "reasons.svg").as_uri()]
    fill = "(e) => getComputedStyle(e).fill"
    assert page.locator("svg > rect").first.evaluate(fill) == "rgb(255, 255, 255)"
    assert page.locator(".dot.other").first.evaluate(fill.replace("fill", "stroke")) == (
        "rgb(179, 69, 0)"
    )
    zone, margin = (page.locator(s).first.evaluate(BOX) for s in (".zone", ".margin"))
    assert zone["right"] == pytest.approx((margin["left"] + margin["right"]) / 2, abs=1)
    page.close()


@pytest.mark.parametrize("which", PAGES)
@pytest.mark.parametrize("width", [320, 400])
def test_nothing_sticks_out_sideways(open_page, which, width):
    page = open_page(which, viewport={"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sticking = page.evaluate(
        """(width) => [...document.querySelectorAll("body *")].filter((e) => {
            const box = e.getBoundingClientRect();
            return box.right > width + 1 && box.width > 1 && !e.closest(".scroll, svg, .hidden");
        }).map((e) => e.outerHTML.slice(0, 80))""",
        width,
    )
    assert not sticking


@pytest.mark.parametrize(
    ("which", "scheme", "width"),
    [
        ("small_study", "light", 1280),
        ("small_study", "dark", 1280),
        ("small_study", "light", 400),
        ("table", "dark", 1280),
    ],
)
def test_the_page_meets_wcag_a_and_aa(open_page, which, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(which, color_scheme=scheme, viewport={"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.locator("figure[data-network] svg.network").first.focus()
    for key in ("ArrowDown", "ArrowRight"):  # what a unit reads and feeds is listed
        page.keyboard.press(key)
    assert page.locator(".links table").count()
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = axe.run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response
    assert found["passes"]
    assert not [
        (rule["id"], rule["nodes"][0]["html"][:200], rule["nodes"][0].get("failureSummary"))
        for rule in found["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_and_marks_stand_out_from_their_ground(open_page, scheme):
    page = open_page("comparison", color_scheme=scheme)
    colours = page.evaluate(
        """() => Object.fromEntries(
          ["page", "card", "dense", "other", "mark", "positive", "negative", "good", "bad", "ink",
           "muted"].map((name) => {
            const probe = document.createElementNS("http://www.w3.org/2000/svg", "rect");
            probe.setAttribute("fill", `var(--${name})`);
            document.querySelector("svg").append(probe);
            return [name, getComputedStyle(probe).fill.match(/\\d+/g).map(Number)];
          }))"""
    )

    def light(rgb):
        linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for ground in ("page", "card"):
        for name in set(colours) - {"page", "card"}:
            high, low = sorted((light(colours[name]), light(colours[ground])), reverse=True)
            needed = 4.5 if name in ("ink", "muted", "dense", "other") else 3.0
            assert (high + 0.05) / (low + 0.05) >= needed, (name, ground)


def test_a_click_on_a_heading_sorts_by_full_precision(open_page, comparison):
    page = open_page("comparison")
    button = page.locator("table.units thead button", has_text=re.compile("^Before"))
    rows = "[...document.querySelectorAll('table.units tbody tr')]"
    texts = f"{rows}.map((row) => row.cells[2].innerText)"
    before = page.evaluate(texts)
    for direction, sign in (("descending", -1), ("ascending", 1)):
        button.focus()
        page.keyboard.press("Enter")
        assert page.locator("table.units th").nth(2).get_attribute("aria-sort") == direction
        values = page.evaluate(f"{rows}.map((row) => Number(row.cells[2].dataset.value))")
        assert values == sorted(values, key=lambda value: sign * value)
        shown = units(subject_of(comparison)).rows
        assert sorted(values) == sorted(bar.row.before for bar in shown)
    assert sorted(page.evaluate(texts)) == sorted(before)


def test_dots_are_drawn_where_the_scale_says(open_page, comparison):
    """Check pixels: the moved weight's dot, relative to the margin's line; dots stay round."""
    page = open_page("comparison")
    track = page.locator("#verdicts .scale tbody tr").first.locator("svg.track")
    dot, margin, zone = (
        track.locator(selector).first.evaluate(BOX) for selector in (".dot", ".margin", ".zone")
    )
    evidence = comparison.verdict.evidence["moved_weight"]
    per_share = (zone["right"] - zone["left"]) / comparison.verdict.margin
    middle = (dot["left"] + dot["right"]) / 2
    assert middle - zone["left"] == pytest.approx(evidence.value * per_share, abs=1)
    assert (margin["left"] + margin["right"]) / 2 == pytest.approx(zone["right"], abs=1)


def test_keyboards_reach_everything_that_scrolls(open_page):
    page = open_page("study", viewport={"width": 400, "height": 900})
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    regions = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((e) =>
            ["auto", "scroll"].includes(getComputedStyle(e).overflowX)
            && e.scrollWidth > e.clientWidth + 1).map((e) => [e.tabIndex, e.ariaLabel])"""
    )
    assert regions
    assert all(index == 0 and label for index, label in regions), json.dumps(regions)
