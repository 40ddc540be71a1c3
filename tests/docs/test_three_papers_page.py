"""The page on three papers says what its lines say."""

import re
import runpy
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "three_papers.md").read_text(encoding="utf-8")
EXAMPLE = runpy.run_path(str(ROOT / "examples" / "three_papers.py"))


def lines():
    return pd.read_csv(ROOT / "docs" / "three_papers.csv")


def test_the_page_has_the_tables_of_its_lines():
    for make in ("table", "beyond_training"):
        assert EXAMPLE["markdown"](EXAMPLE[make](lines())) in PAGE


def test_every_arm_has_as_many_seeds_as_the_page_says():
    seeds = lines().groupby("arm")["seed"].nunique()
    assert seeds.min() == seeds.max() == int(re.search(r"; (\d+) seeds", PAGE)[1])


def test_intervals_over_seeds():
    made = pd.DataFrame({"seed": [0, 1, 2], "arm": "placebo", "moved_weight": [0.1, 0.2, 0.3]})
    pruned = made.assign(arm="pruned", moved_weight=[0.2, 0.2, 0.5])
    dense = made.assign(arm="dense", moved_weight=None)
    # t(.975, 2) = 4.303; sd of (.1, 0, .2) is .1, so 4.303 · .1 / √3 = .248
    found = EXAMPLE["beyond_training"](pd.concat([dense, made, pruned]))
    assert found.to_numpy().tolist() == [["pruned", "0.100 ± 0.248"]]
