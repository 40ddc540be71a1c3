import re
from xml.etree import ElementTree

import numpy as np
import pytest

from explainprune.reporting.svg.heat import STEPS
from explainprune.reporting.svg.series import WIDTH, along, series


def test_each_lane_holds_its_channel_from_left_to_right():
    values = np.random.default_rng(0).normal(size=(20, 3))
    largest = float(np.abs(values).max())
    tree = ElementTree.fromstring(str(series(values, largest, label="x")))
    grid = np.zeros((3, 20), dtype=int)
    for path in tree.iter("path"):
        step, hue = path.get("class").split()
        for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)", path.get("d")):
            size = int(step.removeprefix("l"))
            grid[int(y), int(x) : int(x) + int(run)] = size if hue == "positive" else -size
    assert grid.tolist() == [[round(STEPS * v / largest) for v in lane] for lane in values.T]
    wide, lane = re.search(r"scale\(([\d.]+) ([\d.]+)\)", tree.find("g").get("transform")).groups()
    assert float(wide) * 20 == WIDTH and tree.get("viewBox") == f"0 0 {WIDTH} {3 * float(lane):.0f}"


def test_the_signal_reaches_from_the_floor_of_its_lane_to_its_top():
    signal = np.array([[0.0, 5.0], [10.0, 5.0]])
    drawn = series(np.zeros((2, 2)), 1.0, label="x", signal=signal)
    tree = ElementTree.fromstring(str(drawn))
    (line,) = [path for path in tree.iter("path") if path.get("class") == "signal"]
    points = re.findall(r"[ML]([\d.]+) ([\d.]+)", line.get("d"))
    assert [tuple(map(float, point)) for point in points] == [
        (32.0, 21.6),  # lanes are 24 high: 10 % is left below and above
        (96.0, 2.4),
        (32.0, 36.0),  # a constant channel lies in the middle of its lane
        (96.0, 36.0),
    ]


@pytest.mark.parametrize("steps", [WIDTH, WIDTH + 1, 3 * WIDTH + 5])
def test_long_series_are_averaged_over_stretches(steps):
    values = np.random.default_rng(1).normal(size=(steps, 2))
    size = -(-steps // WIDTH)
    expected = [values[start : start + size].mean(axis=0) for start in range(0, steps, size)]
    np.testing.assert_allclose(along(values), expected, rtol=1e-12)
    assert len(along(values)) <= WIDTH
