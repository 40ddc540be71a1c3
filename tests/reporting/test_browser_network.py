"""The drawn network in Chromium: what a unit reads and feeds, by pointer, tap and keyboard."""

import re

import pytest

pytestmark = pytest.mark.browser
MOST = 8
PLACE = """(svg, [layer, unit]) => {
  const found = JSON.parse(svg.parentElement.dataset.network).layers[layer];
  const place = new DOMPoint(found.x, found.units[unit][0]);
  const { x, y } = place.matrixTransform(svg.getScreenCTM());
  return [x, y];
}"""


@pytest.fixture
def network(open_page, comparison):
    """The page, both drawings on it, and a hidden unit that the pruned model reads something by."""
    page = open_page("comparison")
    svgs = page.locator("figure[data-network] svg.network")
    svgs.nth(1).scroll_into_view_if_needed()
    return page, svgs, comparison.detail.drawings["pruned"].edges[0].target[0]


def degree(comparison, model, unit):
    drawing = comparison.detail.drawings[model]
    reads, feeds = drawing.edges[0].target.count(unit), drawing.edges[1].source.count(unit)
    return reads, feeds


def lit(svg):
    """Count the connections that are lit."""
    paths = svg.locator(".lit path").evaluate_all("(all) => all.map((e) => e.getAttribute('d'))")
    return sum(d.count("M") for d in paths)


def test_pointing_at_a_unit_lights_up_its_connections_in_both(network, comparison):
    page, svgs, unit = network
    page.mouse.move(*svgs.nth(1).evaluate(PLACE, [1, unit]))
    said = page.locator(".readout").inner_text()
    assert said.startswith(f"hidden, unit {unit}. dense: ")
    for at, model in enumerate(("dense", "pruned")):
        reads, feeds = degree(comparison, model, unit)
        assert lit(svgs.nth(at)) == reads + feeds > 0
        assert re.search(rf"{model}: score [\d.]+\s% of the largest", said)
        assert re.search(rf"\breads {reads}( drawn)?, feeds {feeds}\b", said)
    page.mouse.move(0, 0)
    assert page.locator(".readout").inner_text() == ""
    assert lit(svgs.nth(0)) == page.locator(".links table").count() == 0


def test_what_a_unit_reads_is_listed_before_and_after(network, comparison):
    page, svgs, unit = network
    page.mouse.move(*svgs.nth(1).evaluate(PLACE, [1, unit]))
    weights = []
    for model in ("dense", "pruned"):
        edges = comparison.detail.drawings[model].edges[0]
        ends = zip(edges.source, edges.target, edges.weight, strict=True)
        weights.append({source: weight for source, target, weight in ends if target == unit})
    keys = weights[0].keys() | weights[1].keys()
    strength = {k: max(abs(w.get(k, 0)) for w in weights) for k in keys}
    first = max(strength, key=strength.get)
    table = page.locator(".links table").first
    shown = f", the strongest {MOST} of {len(keys)}" if len(keys) > MOST else ""
    assert table.locator("caption").inner_text() == f"Reads{shown}"
    cells = table.locator("tbody tr").first.locator("th, td").all_inner_texts()
    assert cells[0] == f"inputs: pixel {first // 8},{first % 8}"
    for cell, found in zip(cells[1:3], weights, strict=True):
        if first not in found:
            assert cell == "–"
        else:
            assert float(cell.replace("−", "-")) == pytest.approx(found[first], rel=0.006)
    both = [w.get(first) for w in weights]
    if None not in both:
        assert (cells[3] == "changed sign") == (both[0] * both[1] < 0)
    else:
        known = [comparison.detail.drawings[m].edges[0].complete for m in ("dense", "pruned")]
        word = "new" if both[0] is None else "removed"
        assert cells[3] == (word if known[both[1] is None] else "–")


def test_a_tap_pins_a_unit_and_another_lets_it_go(open_page, comparison):
    page = open_page("comparison", has_touch=True, viewport={"width": 400, "height": 900})
    svg = page.locator("figure[data-network] svg.network").first
    svg.scroll_into_view_if_needed()
    at = svg.evaluate(PLACE, [3, 2])
    page.touchscreen.tap(*at)
    assert page.locator(".readout").inner_text().startswith("logits, 2. ")
    assert lit(svg) > 0
    page.touchscreen.tap(*at)
    assert page.locator(".readout").inner_text() == "" and lit(svg) == 0


def test_arrow_keys_walk_from_unit_to_unit(network, comparison):
    page, svgs, unit = network
    svgs.nth(1).focus()
    for key in ["ArrowDown", "ArrowRight", *["ArrowDown"] * unit]:
        page.keyboard.press(key)
    assert lit(svgs.nth(1)) == sum(degree(comparison, "pruned", unit))
    assert page.locator(".readout").inner_text().startswith(f"hidden, unit {unit}. ")
    page.keyboard.press("Escape")
    assert lit(svgs.nth(1)) == 0


def test_names_of_units_stay_text(open_page, table, factory):
    page = open_page("table")
    svg = page.locator("figure[data-network] svg.network").first
    svg.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
    assert page.locator(".readout").inner_text() and page.locator(".links table").count()
    assert page.locator("img, iframe, object").count() == 0
    assert "owned" in page.title() and page.title().startswith("<script>")
