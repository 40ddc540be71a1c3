from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.sheet import (
    COLOURS,
    GAP,
    LABEL,
    LINE,
    TRACK,
    grid,
    key,
    sheet,
    table,
)
from explainprune.reporting.svg.track import Zone, ruler

WIDE = Markup('<svg viewBox="0 0 200 100"/>')
TALL = Markup('<svg viewBox="0 0 100 300"/>')


def places(block):
    """Where each drawing of a block is put: x, y, width, height."""
    tree = ElementTree.fromstring(f"<g>{''.join(block.drawn)}</g>")
    sides = ("x", "y", "width", "height")
    return [tuple(float(e.get(side)) for side in sides) for e in tree.findall("svg")]


def texts(block):
    tree = ElementTree.fromstring(f"<g>{''.join(block.drawn)}</g>")
    return {e.text: (float(e.get("x", 0)), float(e.get("y"))) for e in tree.findall("text")}


@pytest.mark.parametrize(("zone", "head"), [(None, LINE), (Zone(0, 0.5, "margin"), 36)])
def test_rows_of_a_table_lie_below_the_ruler_beside_their_labels(zone, head):
    axis = Axis(0.0, 1.0, (0.0, 1.0))
    block = table("T", ruler(axis, zone), [("a", WIDE, 20.0), ("b", WIDE, 30.0)])
    top = LINE + head
    assert places(block) == [
        (LABEL, LINE, TRACK, head), (LABEL, top, TRACK, 20), (LABEL, top + 20, TRACK, 30),
    ]  # fmt: skip
    assert (block.width, block.height) == (LABEL + TRACK, top + 50)
    assert texts(block)["a"] == (0, top + 14)
    assert texts(block)["b"] == (0, top + 39)


def test_a_grid_keeps_sizes_or_scales_to_a_width():
    block = grid("", [("a", WIDE), ("b", TALL), ("c", WIDE)], 2)
    cell, below = 200 + GAP, LINE + 300 + GAP / 2
    assert places(block) == [
        (0, LINE, 200, 100), (cell, LINE, 100, 300), (0, below + LINE, 200, 100),
    ]  # fmt: skip
    assert (block.width, block.height) == (2 * cell - GAP, below + LINE + 100 + GAP / 2)
    small = grid("T", [("a", WIDE), ("b", TALL)], 2, 50)
    assert places(small) == [(0, 2 * LINE, 50, 25), (50 + GAP, 2 * LINE, 50, 150)]


def test_a_chart_without_a_size_is_refused():
    with pytest.raises(ValueError, match="Only a chart with a viewBox"):
        grid("", [("a", Markup("<svg/>"))], 1)


def test_blocks_lie_one_below_the_other():
    blocks = [key([(WIDE, str(i)) for i in range(4)]), grid("", [("a", TALL)], 1)]
    tree = ElementTree.fromstring(sheet(blocks, title="a < b\x00", about="c"))
    assert [float(e.get("y")) for e in list(tree)[4:]] == [GAP, 2 * GAP + 2 * LINE]
    assert float(tree.get("height")) == sum(block.height for block in blocks) + 3 * GAP
    assert float(tree.get("width")) == max(block.width for block in blocks) + 2 * GAP
    assert tree.findtext("{*}title") == "a < b\ufffd"


def test_colours_are_the_pages_light_ones():
    assert (COLOURS["dense"], COLOURS["ink"], COLOURS["page"]) == ("#0b5f9e", "#1b1d20", "#ffffff")
