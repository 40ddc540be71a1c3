"""What the page on verdicts shows: its row by hand."""

from pathlib import Path

import numpy as np
import pytest

import explainprune as xp

PAGE = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text(encoding="utf-8")


def test_the_row_by_hand():
    moved = xp.METRICS["moved_weight"](np.array([[3.0, 2.0, -1.0]]), np.array([[3.0, 1.0, 0.0]]))
    assert moved.tolist() == pytest.approx([0.25])
    assert "half of that has **moved**: 25 %" in PAGE
