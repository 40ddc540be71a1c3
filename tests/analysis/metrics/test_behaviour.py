"""Behaviour metrics against scikit-learn and counting."""

import numpy as np
import pytest
from behaviour_cases import classes
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import r2_score as sklearn_r2

from explainprune.analysis.comparison.scores import score
from explainprune.analysis.intervals import Units
from explainprune.analysis.metrics import METRICS, kind_of
from explainprune.analysis.metrics.behaviour.auc import auc_rows
from explainprune.analysis.metrics.behaviour.balanced_accuracy import balanced_accuracy_rows
from explainprune.analysis.metrics.behaviour.prediction import as_labels, log_probabilities
from explainprune.analysis.metrics.behaviour.r2 import r2_rows


def softmax(logits):
    raised = np.exp(logits)
    return raised / raised.sum(axis=1, keepdims=True)


def test_accuracy_and_log_loss_are_scikit_learns():
    logits, y = classes()
    right, loss = (METRICS[name](logits, None, y).mean() for name in ("accuracy", "log_loss"))
    np.testing.assert_allclose(right, accuracy_score(y, logits.argmax(axis=1)))
    np.testing.assert_allclose(loss, sklearn_log_loss(y, softmax(logits)))


def test_auc_is_scikit_learns_one_against_rest():
    logits, y = classes()
    expected = roc_auc_score(y, softmax(logits), multi_class="ovr")
    np.testing.assert_allclose(METRICS["auc"](logits, None, y), expected)
    np.testing.assert_allclose(auc_rows(logits, None, y).mean(), expected)


def test_one_logit_is_a_sigmoid():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 100)
    logit = rng.normal(size=100) + y
    probability = 1 / (1 + np.exp(-logit))
    right, loss = (METRICS[name](logit, None, y).mean() for name in ("accuracy", "log_loss"))
    np.testing.assert_allclose(right, accuracy_score(y, probability > 0.5))
    np.testing.assert_allclose(loss, sklearn_log_loss(y, probability))
    np.testing.assert_allclose(METRICS["auc"](logit, None, y), roc_auc_score(y, probability))
    two = np.stack([np.zeros(100), logit], axis=1)
    for name in ("accuracy", "log_loss", "auc"):
        np.testing.assert_allclose(METRICS[name](two, None, y), METRICS[name](logit, None, y))


def test_centring_logits_moves_no_behaviour():
    logits, y = classes()
    centred = logits - logits.mean(axis=1, keepdims=True)
    for name in ("accuracy", "log_loss", "auc"):
        np.testing.assert_allclose(METRICS[name](centred, None, y), METRICS[name](logits, None, y))


def test_large_logits_do_not_overflow():
    np.testing.assert_allclose(METRICS["log_loss"]([[1e4, 0.0]], None, [1]), 1e4)
    np.testing.assert_allclose(log_probabilities([[-1e5]]), [[0.0, -1e5]])


def test_auc_leaves_out_classes_without_rows():
    logits, y = classes(k=3)
    logits = np.concatenate([logits, np.full((200, 1), -50.0)], axis=1)
    expected = roc_auc_score(np.eye(3)[y], softmax(logits)[:, :3])
    np.testing.assert_allclose(METRICS["auc"](logits, None, y), expected)
    assert np.isnan(METRICS["auc"](logits[:5], None, np.zeros(5, int)))
    assert np.isnan(auc_rows(logits[:5], None, np.zeros(5, int))).all()


def test_balanced_accuracy_is_scikit_learns_and_a_constant_answer_gets_one_in_k():
    logits, y = classes(k=3)
    y[:150] = np.where(y[:150] == 2, 0, y[:150])  # 2 is rare now
    logits = np.concatenate([logits, np.full((200, 1), -50.0)], axis=1)  # and 3 has no rows
    expected = balanced_accuracy_score(y, logits.argmax(axis=1))
    assert abs(expected - accuracy_score(y, logits.argmax(axis=1))) > 0.02
    np.testing.assert_allclose(METRICS["balanced_accuracy"](logits, None, y), expected)
    np.testing.assert_allclose(balanced_accuracy_rows(logits, None, y).mean(), expected)
    no = np.array([0] * 99 + [1])
    assert METRICS["balanced_accuracy"](np.full(100, -1.0), None, no) == pytest.approx(0.5)
    assert np.isnan(METRICS["balanced_accuracy"](logits[:5], None, np.zeros(5, int)))


def test_r2_is_scikit_learns():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(80, 2))
    f = y + 0.5 * rng.normal(size=(80, 2))
    np.testing.assert_allclose(METRICS["r2"](f, None, y), sklearn_r2(y, f))
    np.testing.assert_allclose(r2_rows(f, None, y).mean(), sklearn_r2(y, f))
    assert np.isnan(METRICS["r2"](f[:1], None, y[:1]))
    assert np.isnan(r2_rows(f[:1], None, y[:1])).all()


@pytest.mark.parametrize("name", ["auc", "balanced_accuracy", "r2"])
def test_the_spread_of_rows_is_the_spread_of_the_figure_over_samples(name):
    rows = METRICS[name].rows

    def sample(seed):
        if name != "r2":
            logits, y = classes(n=300, k=3, seed=seed)
            kept = (y > 0) | (np.arange(300) % 5 == 0)  # classes of unequal size
            return logits[kept], None, y[kept]
        rng = np.random.default_rng(seed)
        y = 3 * rng.normal(size=300)
        return 0.7 * y + 1.8 * rng.normal(size=300), None, y

    figures = [METRICS[name](*sample(seed)) for seed in range(300)]
    claimed = np.mean(
        [rows(*sample(seed)).std(ddof=1) / np.sqrt(len(sample(seed)[2])) for seed in range(20)]
    )
    # A standard deviation from 300 draws is known to 4 %: 12 % is three of them.
    np.testing.assert_allclose(claimed, np.std(figures), rtol=0.12)


def test_churn_counts_predictions_that_differ():
    a = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    b = np.array([[9.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 5.0]])
    y = np.array([0, 0, 0, 1])
    np.testing.assert_array_equal(METRICS["churn"](a, b), [0, 1, 1, 0])
    np.testing.assert_array_equal(METRICS["churn_where_right"](a, b, y), [0, 1, np.nan, 0])


def test_churn_bounds_the_loss_of_accuracy():
    for seed in range(20):
        (a, y), (b, _) = classes(seed=seed), classes(seed=seed + 100, noise=4.0)
        lost = METRICS["accuracy"](a, None, y).mean() - METRICS["accuracy"](b, None, y).mean()
        assert lost <= METRICS["churn"](a, b).mean() + 1e-12


def test_one_hot_labels_and_columns_are_read_as_classes():
    logits, y = classes(k=3)
    expected = METRICS["accuracy"](logits, None, y)
    np.testing.assert_array_equal(METRICS["accuracy"](logits, None, np.eye(3)[y]), expected)
    np.testing.assert_array_equal(METRICS["accuracy"](logits, None, y[:, None]), expected)


@pytest.mark.parametrize(
    ("y", "text"),
    [
        (None, "needs labels"),
        ([0, 1], r"each of 3 rows. Received: y.shape=\(2,\)"),
        ([0, 1, 2], "from 0 to 1. Received: 2 among"),
        ([0, -1, 1], "Received: -1 among"),
        ([0, 0.5, 1], "Received: 0.5 among"),
        ([[1, 1], [0, 1], [1, 0]], r"each of 3 rows. Received: y.shape=\(3, 2\)"),
    ],
)
def test_labels_that_do_not_fit_are_named(y, text):
    with pytest.raises(ValueError, match=text):
        as_labels(y, np.zeros((3, 2)))


def test_other_errors():
    with pytest.raises(ValueError, match=r"shape \(3, 2\) and None"):
        METRICS["churn"](np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"y.shape=\(2, 1\)"):
        METRICS["r2"]([1.0, 2.0, 3.0], None, [1.0, 2.0])
    with pytest.raises(ValueError, match="needs labels"):
        METRICS["r2"]([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"shape=\(3, 2, 1\)"):
        METRICS["accuracy"](np.zeros((3, 2, 1)), None, [0, 1, 1])


def test_kinds_come_from_parameter_names():
    def mine(values, x):
        return values.sum(axis=1) - x.sum(axis=1)

    def foreign(left, right):
        return left - right

    assert kind_of(mine) == "quality"
    with pytest.raises(TypeError, match=r"Received: a function of \(left, right\)"):
        kind_of(foreign)


@pytest.mark.parametrize("name", [n for n, m in METRICS.items() if hasattr(m, "rows")])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_row_of_weight_w_counts_as_w_rows(name, classes):
    rng = np.random.default_rng(classes)
    y, outputs = rng.integers(0, classes, 60), rng.normal(size=(60, classes)).round(1)
    if name == "r2":
        y = outputs + rng.normal(size=outputs.shape)
    weights = rng.integers(0, 4, 60).astype(float)
    weights[np.argsort(y.reshape(60, -1)[:, 0])[:3]] = 0
    repeated = np.repeat(np.arange(60), weights.astype(int))
    expected = METRICS[name](outputs[repeated], None, y[repeated])
    for scale in (1.0, 0.01):
        units = Units(weights * scale, np.arange(60), weighted=True)
        found = score(METRICS[name], outputs, None, y, units, seed=0)
        assert found.value == pytest.approx(expected, abs=1e-12)
        assert found.low < found.value < found.high
