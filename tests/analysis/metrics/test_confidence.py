"""Precision, Brier score, calibration error and negative flips: definitions and known truth."""

from itertools import pairwise

import numpy as np
import pytest
from behaviour_cases import classes
from sklearn.metrics import brier_score_loss, precision_score

from explainprune.analysis.intervals import Units
from explainprune.analysis.metrics import METRICS
from explainprune.analysis.metrics.behaviour.ece import bins_of, confidence, ece_measure
from explainprune.analysis.metrics.behaviour.precision import precision_of, precision_rows

brier, ece, precision = (METRICS[name] for name in ("brier", "ece", "precision"))


def calibrated(n, seed, heat=1.0):
    """Two classes whose labels are drawn from the probabilities; `heat` then sharpens logits."""
    rng = np.random.default_rng(seed)
    logit = 1.5 * rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    return heat * logit, y


def plain_ece(logits, y, edges):
    """By its definition, one bin after the other."""
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    sure, right = p.max(axis=1), p.argmax(axis=1) == y
    total = 0.0
    for low, high in pairwise(edges):
        chosen = [i for i in range(len(y)) if low < sure[i] <= high]
        if chosen:
            gap = np.mean([right[i] for i in chosen]) - np.mean([sure[i] for i in chosen])
            total += len(chosen) / len(y) * abs(gap)
    return total


def test_brier_is_scikit_learns():
    logits, y = classes()
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    slow = [((p[i] - np.eye(4)[y[i]]) ** 2).sum() / 2 for i in range(len(y))]
    np.testing.assert_allclose(brier(logits, None, y), slow)
    one, labels = calibrated(100, 0)
    expected = brier_score_loss(labels, 1 / (1 + np.exp(-one)))
    np.testing.assert_allclose(brier(one, None, labels).mean(), expected)


def test_brier_of_certain_answers_is_one_or_zero():
    sure = np.array([[500.0, -500.0], [500.0, -500.0]])
    np.testing.assert_array_equal(brier(sure, None, [0, 1]), [0.0, 1.0])


def test_ece_equals_its_definition():
    logits, y = classes(n=400)
    sure = confidence(logits)
    edges = [0.0, *np.quantile(sure, np.arange(1, 15) / 15), 1.0]
    np.testing.assert_allclose(ece(logits, None, y), plain_ece(logits, y, edges))


def test_ece_by_hand_is_zero_or_one():
    even = np.zeros((4, 2))
    assert ece(even, None, [0, 0, 1, 1]) == 0.0  # half sure, half right
    sure = np.array([[1e3, 0.0]] * 4)
    assert ece(sure, None, [1, 1, 1, 1]) == 1.0
    assert ece(sure, None, [0, 0, 0, 0]) == 0.0


def test_bins_hold_as_many_rows_and_keep_equal_confidences_together():
    rng = np.random.default_rng(0)
    assert set(np.bincount(bins_of(rng.random(600)))) == {40}
    assert len(np.bincount(bins_of(rng.random(100)))) == 5
    tied = np.repeat([0.6, 0.9], 100)
    rng.shuffle(tied)
    np.testing.assert_array_equal(bins_of(tied), tied > 0.7)


def test_a_calibrated_model_has_no_error_left_and_an_overconfident_one_its_own():
    """Over draws: the interval holds the truth in 95 %, and the estimate lies nearer than plain."""
    truth = ece(*_with_none(calibrated(400_000, 1, heat=2.5)))
    for heat, true in ((1.0, 0.0), (2.5, truth)):
        held, plain, found = [], [], []
        for seed in range(150):
            logits, y = calibrated(400, seed, heat)
            m = ece_measure(logits, None, y, Units.rows(400), seed=0)
            held.append(m.low <= true <= m.high)
            plain.append(ece(logits, None, y))
            found.append(m.value)
        assert np.mean(held) >= 0.91  # 2.2 standard errors below .95
        assert abs(np.mean(found) - true) < 0.75 * abs(np.mean(plain) - true)


def _with_none(pair):
    return pair[0], None, pair[1]


def test_clusters_widen_the_interval_of_the_calibration_error():
    logits, y = calibrated(60, 3, heat=3.0)
    logits, y = np.tile(logits, 20), np.tile(y, 20)
    apart = ece_measure(logits, None, y, Units.rows(1200), seed=0)
    together = Units(np.ones(1200), np.tile(np.arange(60), 20), "clusters")
    joined = ece_measure(logits, None, y, together, seed=0)
    assert joined.high - joined.low > 2 * (apart.high - apart.low)


def test_few_rows_that_agree_leave_room_for_what_was_not_seen():
    sure = np.array([[40.0, 0.0]] * 30)
    m = ece_measure(sure, None, np.zeros(30, int), Units.rows(30), seed=0)
    assert m.value == pytest.approx(0, abs=1e-9)
    assert m.high == pytest.approx(1 - 0.025 ** (1 / 30), abs=1e-6)
    one = ece_measure(sure[:1], None, np.zeros(1, int), Units.rows(1), seed=0)
    assert one.interval is None
    assert one.note == "no interval from a single row"


def test_precision_is_scikit_learns_and_a_class_never_predicted_counts_as_none():
    logits, y = classes(k=3)
    logits[:, 2] = -50.0
    said = logits.argmax(axis=1)
    expected = precision_score(y, said, average="macro", zero_division=0.0)
    np.testing.assert_allclose(precision(logits, None, y), expected)
    np.testing.assert_allclose(precision_rows(logits, None, y).mean(), expected)
    each = precision_score(y, said, average=None, zero_division=0.0)
    assert np.nanmean(precision_of(logits, y, 1)) == pytest.approx(each[1])
    assert np.isnan(precision_of(logits, y, 2)).all()
    assert np.isnan(precision(logits[:4], None, np.zeros(4, int)))


def test_precision_by_hand():
    said = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert precision(said, None, [0, 0, 1, 1]) == 1.0
    assert precision(said, None, [1, 1, 0, 0]) == 0.0


def test_a_row_counts_as_much_as_leaving_it_out_moves_precision():
    logits, y = classes(n=4_000, k=3, seed=5)
    kept = (y > 0) | (np.arange(len(y)) % 8 == 0)  # what is said of classes is of unequal size
    logits, y = logits[kept], y[kept]
    whole, rows = precision(logits, None, y), precision_rows(logits, None, y)
    for row in range(0, len(y), 97):
        others = np.arange(len(y)) != row
        moved = (len(y) - 1) * (whole - precision(logits[others], None, y[others]))
        np.testing.assert_allclose(rows[row] - whole, moved, rtol=0.02)


def test_the_spread_of_precision_rows_is_that_of_the_figure_over_samples():
    figures = [precision(*_with_none(classes(n=300, k=3, seed=s))) for s in range(300)]
    claimed = np.mean(
        [
            precision_rows(*_with_none(classes(n=300, k=3, seed=s))).std(ddof=1) / np.sqrt(300)
            for s in range(20)
        ]
    )
    np.testing.assert_allclose(claimed, np.std(figures), rtol=0.12)


def test_negative_flips_are_the_right_answers_lost_and_explain_the_fall_of_accuracy():
    (a, y), (b, _) = classes(seed=0), classes(seed=5)
    lost = METRICS["negative_flips"](a, b, y)
    slow = [float(a[i].argmax() == y[i] and b[i].argmax() != y[i]) for i in range(len(y))]
    np.testing.assert_array_equal(lost, slow)
    gained = METRICS["negative_flips"](b, a, y)
    fall = METRICS["accuracy"](a, None, y).mean() - METRICS["accuracy"](b, None, y).mean()
    assert lost.mean() - gained.mean() == pytest.approx(fall)
    assert METRICS["negative_flips"](a, a, y).sum() == 0
