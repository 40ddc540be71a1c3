import re
from xml.etree import ElementTree

import numpy as np
import pytest

from explainprune.reporting.svg.heat import STEPS, blocks, heat, heats, legend, stepped


def grid_of(markup):
    """Read the steps back from the paths that are drawn."""
    tree = ElementTree.fromstring(str(markup))
    width, height = (int(v) for v in tree.get("viewBox").split()[2:])
    grid = np.zeros((height, width), dtype=int)
    for path in tree.find("g").iter("path"):
        step, hue = path.get("class").split()
        sign = -1 if hue == "negative" else 1
        for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)", path.get("d")):
            cells = grid[int(y), int(x) : int(x) + int(run)]
            assert not cells.any(), "a cell is drawn twice"
            cells[:] = sign * int(step.removeprefix("l"))
    return grid


def test_every_cell_is_drawn_at_its_step():
    values = np.random.default_rng(0).normal(size=(8, 8))
    largest = float(np.abs(values).max())
    expected = [[round(STEPS * v / largest) for v in line] for line in values.tolist()]
    assert grid_of(heat(values, largest, label="x")).tolist() == expected


def test_the_scale_is_symmetric():
    values = np.random.default_rng(1).normal(size=(5, 7))
    drawn = grid_of(heat(values, 2.0, label="x"))
    assert (grid_of(heat(-values, 2.0, label="x")) == -drawn).all()
    assert drawn.any()


def test_values_beyond_the_scale_get_its_ends():
    assert stepped(np.array([[5.0, -5.0]]), 1.0).tolist() == [[STEPS, -STEPS]]


def test_a_scale_of_zero_draws_nothing():
    assert not grid_of(heat(np.ones((2, 2)), 0.0, label="x")).any()


def test_images_side_by_side_share_their_paths():
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(2, 6, 6))
    ink = np.abs(first)
    strip = heats([(ink, 2.0, "ink"), (first, 2.0, "signed"), (second, 3.0, "signed")], label="x")
    tree = ElementTree.fromstring(str(strip))
    classes = [path.get("class") for path in tree.find("g")]
    assert len(classes) == len(set(classes)) <= 3 * STEPS
    drawn = grid_of(strip)
    assert drawn.shape == (6, 3 * 6 + 2)
    assert drawn[:, :6].tolist() == stepped(ink, 2.0).tolist()
    assert drawn[:, 7:13].tolist() == stepped(first, 2.0).tolist()
    assert drawn[:, 14:].tolist() == stepped(second, 3.0).tolist()
    assert not drawn[:, [6, 13]].any()
    assert tree.find("path").get("d") == "M0 0h6v6h-6zM7 0h6v6h-6zM14 0h6v6h-6z"


@pytest.mark.parametrize("shape", [(40, 40), (100, 33), (31, 65)])
def test_large_images_are_averaged_over_blocks(shape):
    values = np.random.default_rng(2).normal(size=shape)
    size = -(-max(shape) // 32)
    rows, columns = -(-shape[0] // size), -(-shape[1] // size)
    expected = [
        [
            values[r * size : (r + 1) * size, c * size : (c + 1) * size].mean()
            for c in range(columns)
        ]
        for r in range(rows)
    ]
    np.testing.assert_allclose(blocks(values), expected, rtol=1e-12)


@pytest.mark.parametrize(("kind", "count"), [("signed", 2 * STEPS), ("dense", STEPS)])
def test_the_colour_bar_shows_every_step_once(kind, count):
    classes = re.findall(r'<path d="M\d+ 0h1" class="([^"]+)"', str(legend(kind)))
    assert len(classes) == len(set(classes)) == count
