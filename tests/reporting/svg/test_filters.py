"""Filters as images: each weight in its place, in its colour; what is gone is a broken frame."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from explainprune.reporting.svg.filters import SIDE, filters, strongest
from explainprune.types import DrawnFilters

MODELS = [
    DrawnFilters("conv", (2, 2), 9, 4, (3, 3, 7), ("a 0", "a 2", "a 1"), values)
    for values in (((1.0, -0.5, 0.0, 0.25), (0.0,) * 4, (-1.0,) * 4), ((0.5,) * 4, (), (1.0,) * 4))
]


@pytest.fixture(scope="module")
def tree():
    return ElementTree.fromstring(str(filters(MODELS, label="filters")))


def cells(tree):
    """Return colour and place of every drawn weight."""
    size = SIDE / 2
    for path in tree.iter("path"):
        if path.get("stroke-width"):
            assert float(path.get("stroke-width")) == size
            for x, y, run in re.findall(r"M(\S+) (\S+)h([\d.]+)", path.get("d")):
                assert float(run) == size
                yield path.get("class"), float(x), float(y) - size / 2


def test_every_weight_has_its_step_of_colour_in_its_place(tree):
    size, found = SIDE / 2, sorted(cells(tree))
    (x, y) = min((left, top) for kind, left, top in found if kind == "l8 positive")
    first = {
        (kind, round((left - x) / size), round((top - y) / size))
        for kind, left, top in found
        if left < x + SIDE and top < y + SIDE
    }
    assert first == {("l8 positive", 0, 0), ("l4 negative", 1, 0), ("l2 positive", 1, 1)}
    assert len(found) == 3 + 4 + 4 + 4


def test_what_is_gone_is_a_broken_frame(tree):
    frames = {path.get("class"): path.get("d").count("z") for path in tree.iter("path")
              if "frame" in path.get("class")}  # fmt: skip
    assert frames == {"frame": 5, "frame gone": 1}


def test_filters_and_what_they_read_are_named(tree):
    assert [t.text for t in tree.iter("text")] == ["3: a 0, 2", "7: a 1"]
    assert strongest(MODELS) == 1.0


@pytest.mark.parametrize("count", [12, 40])
def test_images_stay_inside_and_apart(count):
    rng = np.random.default_rng(0)
    unit = tuple(i for i in range(count) for _ in range(3))
    values = tuple(tuple(float(v) for v in rng.normal(size=9)) for _ in unit)
    many = DrawnFilters("c", (3, 3), count, 3, unit, ("r", "g", "b") * count, values)
    tree = ElementTree.fromstring(str(filters([many, many], label="f")))
    _, _, width, height = map(float, tree.get("viewBox").split())
    boxes = re.findall(r"M(\S+) ([\d.]+)h", next(tree.iter("path")).get("d"))
    places = [tuple(map(float, box)) for box in boxes]
    assert len(places) == len(set(places)) == 6 * count
    assert max(x for x, _ in places) + SIDE <= width
    assert max(y for _, y in places) + SIDE <= height
    assert len(list(tree.iter())) < count + 24
