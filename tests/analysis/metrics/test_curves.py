"""Insertion and deletion: one step after the other, closed forms, and areas known by hand."""

import numpy as np
import pytest

from explainprune.analysis.metrics import METRICS
from explainprune.network import FormulaNetwork

insertion, deletion = METRICS["insertion"], METRICS["deletion"]


def curved(d, **options):
    weights = np.random.default_rng(0).normal(size=(d, 4))
    read = np.random.default_rng(1).normal(size=(4, 2))
    return FormulaNetwork(lambda x: np.tanh(x @ weights) @ read, d, n_outputs=2, **options)


def heights(network, x, row, target, order, players, insert):
    """The curve of one sample, one evaluation at a time."""
    rows = row.copy() if insert else x.copy()
    fill = x if insert else row
    found = [network.outputs(rows[None])[0, target]]
    for player in order:
        rows[players == player] = fill[players == player]
        found.append(network.outputs(rows[None])[0, target])
    return np.array(found)


@pytest.mark.parametrize("players", [None, [0, 1, 1, 2, 3, 3]])
@pytest.mark.parametrize("insert", [True, False])
def test_areas_equal_a_walk_step_by_step(players, insert):
    network, rng = curved(6), np.random.default_rng(3)
    names = np.arange(6) if players is None else np.array(players)
    x, row, targets = rng.normal(size=(8, 6)), rng.normal(size=6), np.array([0, 1] * 4)
    values = rng.normal(size=(8, names.max() + 1))
    found = METRICS["insertion" if insert else "deletion"](
        network, x, values, row, targets, players=players
    )
    low = network.outputs(row[None])[0]
    for i in range(8):
        target = targets[i]
        change = network.outputs(x[i][None])[0, target] - low[target]
        order = np.argsort(-values[i] * np.sign(change))
        curve = heights(network, x[i], row, target, order, names, insert)
        share = np.arange(len(curve)) / (len(curve) - 1)
        expected = np.trapezoid((curve - low[target]) / change, share)
        np.testing.assert_allclose(found[i], expected, atol=1e-9)


def test_the_truth_of_a_linear_network_is_the_best_order():
    weights = np.array([5.0, 3.0, 1.0, 0.5])
    network = FormulaNetwork(lambda x: x @ weights, 4)
    x, row, target = np.ones((1, 4)), np.zeros(4), np.zeros(1, int)
    told = [v[None] for v in (weights, -weights, np.array([1.0, 5.0, 3.0, 0.5]))]
    put_in = [insertion(network, x, v, row, target)[0] for v in told]
    taken = [deletion(network, x, v, row, target)[0] for v in told]
    share = np.cumsum(weights) / weights.sum()
    assert put_in[0] == pytest.approx((share.sum() - 0.5) / 4)
    assert put_in[0] > put_in[2] > put_in[1]
    # Where effects add up, what is put in first is what is missed most.
    np.testing.assert_allclose(np.add(put_in, taken), 1.0)


def test_an_output_below_the_background_is_followed_downwards():
    network = FormulaNetwork(lambda x: x @ np.array([-4.0, -1.0]), 2)
    args = network, np.ones((1, 2)), np.array([[-4.0, -1.0]]), np.zeros(2), np.zeros(1, int)
    assert insertion(*args)[0] == pytest.approx(0.65)
    assert deletion(*args)[0] == pytest.approx(0.35)


def test_the_scale_of_outputs_and_values_does_not_count():
    rng = np.random.default_rng(4)
    x, values, row = rng.normal(size=(5, 6)), rng.normal(size=(5, 6)), np.zeros(6)
    targets = np.ones(5, int)
    hot = FormulaNetwork(lambda x: 9 * curved(6).outputs(x), 6, n_outputs=2)
    np.testing.assert_allclose(
        insertion(hot, x, 100 * values, row, targets), insertion(curved(6), x, values, row, targets)
    )


def test_what_has_no_change_or_no_order_is_undefined():
    flat = FormulaNetwork(lambda x: 0 * x[:, 0] + 3.0, 2)
    x, row, target = np.ones((1, 2)), np.zeros(2), np.zeros(1, int)
    assert np.isnan(insertion(flat, x, np.ones((1, 2)), row, target))
    sloped = FormulaNetwork(lambda x: x[:, 0], 2)
    assert np.isnan(deletion(sloped, x, np.zeros((1, 2)), row, target))
    assert deletion(sloped, x, np.array([[1.0, 0.0]]), row, target) == pytest.approx(0.25)


def test_blocks_do_not_matter_and_the_work_is_a_row_for_each_step():
    rng = np.random.default_rng(7)
    x, values, row = rng.normal(size=(9, 5)), rng.normal(size=(9, 5)), rng.normal(size=5)
    small, large = curved(5, rows_per_call=1), curved(5, rows_per_call=10_000)
    targets = np.ones(9, int)
    np.testing.assert_allclose(
        insertion(small, x, values, row, targets), insertion(large, x, values, row, targets)
    )
    assert sum(large.calls) == 9 * (2 + 6)
    assert len(large.calls) == 3
