"""The parts of one comparison's variance, written again from their definitions."""

import numpy as np
import pytest

import explainprune as xp
from explainprune.analysis.comparison.compare import compared
from explainprune.analysis.comparison.variance import _parts, variance_parts
from explainprune.analysis.intervals import Units, crossed_mean
from explainprune.network import FormulaNetwork

RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(4, 30)) + RNG.normal(size=30) + RNG.normal(size=(4, 1))


def test_parts_are_the_mean_squares_of_a_crossed_table():
    found = _parts(VALUES, Units.rows(30))
    draws, n = VALUES.shape
    by_row, by_draw, mean = VALUES.mean(axis=0), VALUES.mean(axis=1), VALUES.mean()
    rest = VALUES - by_row - by_draw[:, None] + mean
    assert found["value"] == pytest.approx(mean)
    assert found["rows"] == pytest.approx(by_row.var(ddof=1) / n)
    assert found["backgrounds"] == pytest.approx(by_draw.var(ddof=1) / draws)
    assert found["both"] == pytest.approx(
        np.square(rest).sum() / ((draws - 1) * (n - 1)) / (draws * n)
    )
    np.testing.assert_allclose(
        found["influences"], (by_row - mean) / np.sqrt(n * (n - 1)), atol=1e-12
    )


def test_clusters_weights_and_undefined_rows_are_those_of_the_interval():
    values = VALUES.copy()
    values[:, [3, 17]] = np.nan
    units = Units(RNG.random(30) + 0.5, np.arange(30) // 2, "clusters", True)
    found, spread = _parts(values, units), crossed_mean(values, units)
    assert found["value"] == pytest.approx(spread.value)
    assert (found["rows"], found["backgrounds"]) == pytest.approx((spread.rows, spread.backgrounds))
    assert found["units"] == 15 and len(found["influences"]) == 15
    alone = _parts(values[:1], units)
    assert (alone["draws"], alone["backgrounds"], alone["both"]) == (1, 0.0, 0.0)


def networks():
    dense = FormulaNetwork(lambda x: np.maximum(x @ np.array([3.0, 2.0, -1.0]), 0) + x[:, 0], 3)
    other = FormulaNetwork(lambda x: np.maximum(x @ np.array([3.0, 1.0, 0.5]), 0), 3)
    return dense, other, np.random.default_rng(1).normal(1, 0.5, size=(60, 3))


def test_a_comparison_gives_them_and_is_what_compare_gives():
    dense, other, rows = networks()
    options = {"methods": ("permutation",), "metrics": [], "detail": False, "seed": 3}
    result, case, found = compared(dense, other, rows, **options)
    assert result.to_json() == xp.compare(dense, other, rows, **options).to_json()
    parts = variance_parts(case, found, again="nobody")
    figure = result.verdict.evidence["moved_weight"]
    assert parts["value"] == pytest.approx(figure.value)
    assert parts["explainer"] > 0 and parts["explainer_rows"] > 0
    assert "apart" not in parts and len(parts["influences"]) == 60
    with_arm = compared(dense, other, rows, arms={"again": other}, **options)
    same = variance_parts(*with_arm[1:], again="again")
    assert (same["apart"], same["apart_noise"]) == (0.0, 0.0)


def test_an_explainer_that_draws_nothing_has_no_part():
    dense, other, rows = networks()
    options = {"methods": ("occlusion",), "metrics": [], "detail": False}
    parts = variance_parts(*compared(dense, other, rows, **options)[1:])
    assert (parts["explainer"], parts["explainer_rows"]) == (None, 0.0)
