"""The page on metrics: each has a row, marked as it is measured."""

import re
from pathlib import Path

import explainprune as xp
from explainprune.analysis.comparison.settings import DEFAULT
from explainprune.types import metric_of

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
ALL, _ = PAGE.split("## Beside Quantus", 1)  # behind it some have rows of times as well
ROWS = dict(re.findall(r"^\| `(\w+)`(.*)$", ALL, re.MULTILINE))


def test_every_metric_has_a_row_and_those_measured_by_default_a_mark():
    assert set(ROWS) == set(xp.METRICS)
    assert {name for name, rest in ROWS.items() if rest.startswith(" •")} == set(DEFAULT)


def test_the_direction_is_what_the_metric_says():
    for name, rest in ROWS.items():
        better = metric_of(xp.METRICS[name]).better
        assert re.search(rf", {better}\b", rest.replace(r"\|", "")), name
