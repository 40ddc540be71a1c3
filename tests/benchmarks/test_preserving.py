"""The page on holding reasons says what its lines say."""

import runpy
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parents[2] / "benchmarks"


def test_the_page_is_filled_from_the_committed_lines():
    made = runpy.run_path(str(FOLDER / "preserving.py"))
    text, found = made["PAGE"].read_text(encoding="utf-8"), pd.read_csv(made["LINES"])
    for table in ("figures", "scores", "costs"):
        stale = "run benchmarks/preserving.py --page: the page is stale"
        assert made["markdown"](made[table](found)) in text, stale
