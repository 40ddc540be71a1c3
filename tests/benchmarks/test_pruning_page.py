"""The pages on pruning say what their lines say."""

import re
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def made():
    """Return the script's names."""
    return runpy.run_path(str(FOLDER / "pruning_page.py"))


def test_pages_are_filled_from_the_committed_lines(made):
    from _page import filled

    for page in made["PAGES"]:
        text = page.read_text(encoding="utf-8")
        assert text.count("<!-- end -->") >= 1
        assert filled(page, made["TABLES"]) == text, "stale: run benchmarks/pruning_page.py"


def test_what_stands_between_marks_is_replaced(tmp_path):
    from _page import filled

    page = tmp_path / "page.md"
    page.write_text("before\n<!-- the cost -->\nold\n\nold\n<!-- end -->\nafter")
    put = "before\n<!-- the cost -->\n\n| new |\n\n<!-- end -->\nafter"
    assert filled(page, {"the cost": lambda: "| new |"}) == put


def test_means_with_intervals(made):
    from pruned.tables import markdown, ranked, shown

    # t(.975, 2) = 4.303; sd .01, so 4.303 · .01 / √3 = .0248
    assert shown([0.96, 0.97, 0.98]) == "97.0 ± 2.5"
    assert shown(np.array([0.96, 0.97, 0.98]) - 0.98, 2, sign="+") == "-1.00 ± 2.48"
    assert shown([0.5]) == "50.0"
    lines = pd.DataFrame(
        {
            "criterion": ["a", "b", "a", "b"],
            "sparsity": [0.95, 0.95, 0.5, 0.5],
            "tuned": [0.1, 0.2, 0.9, 0.1],
        }
    )
    assert ranked(lines, "tuned", 0.95) == ["b", "a"]
    assert markdown(lines[:1]) == (
        "| criterion | sparsity | tuned |\n| --- | --: | --: |\n| a | 0.95 | 0.1 |"
    )


def test_figures_are_drawn_from_the_committed_lines(made, tmp_path):
    from explainprune.reporting.plot import save, styled

    with styled():
        for name, draw in made["FIGURES"].items():
            save(draw(), tmp_path / f"{name}.svg")
            drawn = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
            words = re.findall(r"<text[^>]*>([^<]+)<", drawn)
            assert len(words) > 10
            page = (made["DOCS"] / "pruning" / f"{name}.svg").read_text(encoding="utf-8")
            assert re.findall(r"<text[^>]*>([^<]+)<", page) == words, f"{name}.svg is stale"
