"""Values for each row: averaging, scales, slices, what is measured where."""

from types import SimpleNamespace

import numpy as np
import pytest

from explainprune.analysis.comparison.agreements import PerRow, measure, measures
from explainprune.analysis.comparison.conditions import still_works
from explainprune.analysis.comparison.quality import FEW, LIMITS, design
from explainprune.analysis.comparison.scores import applies, output_scale_rows, scale_rows, score
from explainprune.analysis.comparison.slices import MOST, by_class, slices_of
from explainprune.analysis.comparison.subjects import Subject, identical, subject, task_of
from explainprune.analysis.intervals import Units
from explainprune.analysis.metrics import METRICS
from explainprune.types import Data, Metric, Rows, metric_of


def of(outputs, kind="logit", network=None):
    """A subject that outputs what it is told."""
    outputs = np.asarray(outputs, dtype=float)
    outputs = outputs[:, None] if outputs.ndim == 1 else outputs
    return Subject("s", None, network, kind, np.zeros((len(outputs), 1)), outputs)


def test_rows_are_averaged_over_what_they_meet():
    rows = PerRow.empty(4)
    rows.add(np.array([0, 1]), {"m": np.array([1.0, np.nan])})
    rows.add(np.array([0, 3]), {"m": np.array([0.5, np.nan])})
    rows.add(np.array([3]), {"m": np.array([0.2])})
    np.testing.assert_array_equal(rows["m"], [0.75, np.nan, np.nan, 0.2])
    assert rows.met.tolist() == [True, True, False, True]
    figure = measures(rows, {}, Units.rows(4), seed=0)["m"]
    assert figure.n == 2
    assert figure.note.endswith("1 undefined left out")  # row 2 was not asked
    first = np.array([1, 0, 0, 0], dtype=bool)
    assert measures(rows, {}, Units.rows(4), first, seed=0)["m"].value == 0.75


def test_metrics_say_what_unseen_rows_may_hold():
    ones = np.ones(50)
    unseen = 1 - 0.025 ** (1 / 50)
    top_k, cosine = (metric_of(METRICS[name]) for name in ("signed_top_k", "cosine"))
    free, rows = Metric(), Units.rows(50)
    assert measure(top_k, ones, rows, seed=0).low == pytest.approx(1 - unseen)
    assert measure(top_k, ones, rows, seed=0, certain=True).low == 1.0
    assert measure(cosine, ones, rows, seed=0).low == pytest.approx(1 - 2 * unseen)
    assert measure(free, ones, rows, seed=0).interval is None


def test_the_scale_of_attributions_is_a_log_ratio_of_sums():
    a = np.array([[1.0, -1.0], [0.0, 0.0], [2.0, 0.0]])
    b = np.array([[3.0, 3.0], [1.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(scale_rows(a, b), [np.log(3), np.nan, np.nan])


def test_the_scale_of_outputs_has_the_spread_of_its_sampling():
    def figure(seed):
        rng = np.random.default_rng(seed)
        a = rng.normal(size=400)
        return output_scale_rows(a, 3 * a + rng.normal(size=400) + 5)

    a = np.random.default_rng(0).exponential(size=100)
    assert output_scale_rows(a, 7 * a - 2).mean() == pytest.approx(np.log(7))
    means = [figure(seed).mean() for seed in range(300)]
    claimed = np.mean([figure(seed).std(ddof=1) / 20 for seed in range(20)])
    np.testing.assert_allclose(claimed, np.std(means), rtol=0.15)
    assert np.isnan(output_scale_rows(a, np.ones(100))).all()


def losses(dense, other, y, task, weights=None):
    """What must hold of a model that still works: each figure by its name."""
    n = len(dense.outputs)
    weights = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    case = SimpleNamespace(
        dense=dense,
        other=other,
        data=SimpleNamespace(y=y),
        task=task,
        units=Units(weights, np.arange(n), weighted=weights.std() > 0),
        settings=SimpleNamespace(seed=0, accuracy_margin=0.02),
        certain=False,
    )
    return {each.name: each.measure.value for each in still_works(case)}


def test_a_classifier_must_keep_accuracy_balanced_accuracy_and_log_loss():
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss

    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.1).astype(int)
    a, b = (rng.normal(size=(300, 2)) + shift * np.eye(2)[y] for shift in (3, 1))
    found = losses(of(a, "centred"), of(b, "centred"), y, "classification")
    shares = [np.exp(v) / np.exp(v).sum(axis=1, keepdims=True) for v in (a, b)]
    guesses = [v.argmax(axis=1) for v in (a, b)]
    drops = [f(y, guesses[0]) - f(y, guesses[1]) for f in (accuracy_score, balanced_accuracy_score)]
    chance = -(y.mean() * np.log(y.mean()) + (1 - y.mean()) * np.log(1 - y.mean()))
    rise = (log_loss(y, shares[1]) - log_loss(y, shares[0])) / chance
    assert list(found) == ["accuracy_drop", "balanced_accuracy_drop", "log_loss_rise"]
    assert list(found.values()) == pytest.approx([*drops, rise])


def test_weights_of_rows_count_in_what_must_hold():
    from sklearn.metrics import balanced_accuracy_score

    rng = np.random.default_rng(1)
    y, w = rng.integers(0, 2, 80), rng.uniform(0.1, 2, 80)
    a, b = (rng.normal(size=(80, 2)) + shift * np.eye(2)[y] for shift in (3, 1))
    found = losses(of(a, "centred"), of(b, "centred"), y, "classification", w)
    scores = [balanced_accuracy_score(y, v.argmax(axis=1), sample_weight=w) for v in (a, b)]
    assert found["balanced_accuracy_drop"] == pytest.approx(scores[0] - scores[1])


def test_without_labels_churn_and_of_one_class_only_accuracy():
    dense, other = of([[2, 0], [2, 0], [0, 2], [0, 2]]), of([[2, 0], [0, 2], [2, 0], [0, 2]])
    assert losses(dense, other, None, "classification") == {"churn": 0.5, "balanced_churn": 0.5}
    assert losses(dense, other, np.zeros(4, int), "classification") == {"accuracy_drop": 0.0}


def test_loss_of_a_regression():
    rng = np.random.default_rng(0)
    f = rng.normal(size=200)
    y, worse = f + 0.1 * rng.normal(size=200), f + 0.5 * rng.normal(size=200)
    r2 = [1 - ((y - g) ** 2).sum() / ((y - y.mean()) ** 2).sum() for g in (f, worse)]
    found = losses(of(f), of(worse), y, "regression")
    assert found == {"r2_drop": pytest.approx(r2[0] - r2[1])}
    lost = ((f - worse) ** 2).sum() / ((f - f.mean()) ** 2).sum()
    assert losses(of(f), of(worse), None, "regression") == {"variance_lost": pytest.approx(lost)}


def test_behaviour_metrics_apply_where_they_mean_something():
    assert applies(METRICS["accuracy"], "classification", True)
    assert not applies(METRICS["accuracy"], "classification", False)
    assert not applies(METRICS["accuracy"], "regression", True)
    assert applies(METRICS["churn"], "classification", False)
    assert applies(METRICS["r2"], "regression", True)
    assert not applies(METRICS["r2"], "classification", True)
    assert applies(lambda outputs_a: 0.0, "regression", False)
    own = score(lambda a, b, y: float("nan"), np.zeros((3, 1)), None, None, Units.rows(3), seed=0)
    assert own.value is None
    assert own.note


def test_outcomes_and_classes_cut_the_rows():
    dense = of([[2, 0], [2, 0], [0, 2], [0, 2]])
    other = of([[2, 0], [0, 2], [0, 2], [0, 2]])
    data = Data(Rows(np.zeros((4, 1)), np.array([0, 0, 0, 1])), task="classification")
    cuts = slices_of(data, dense, other, "classification")
    assert {name: where.tolist() for name, where in cuts.items()} == {
        "class 0": [True, True, True, False],
        "class 1": [False, False, False, True],
        "both right": [True, False, False, True],
        "same prediction": [True, False, True, True],
        "prediction flipped": [False, True, False, False],
    }
    assert slices_of(data, dense, other, "regression") == {}


def test_the_most_frequent_of_many_classes_get_slices():
    rng = np.random.default_rng(0)
    y = np.concatenate([np.arange(80), rng.integers(0, 60, 2000)])
    data = Data(Rows(np.zeros((len(y), 1)), y), task="classification")
    cuts = by_class(data, of(np.zeros((len(y), 80))))
    assert len(cuts) == MOST
    assert "class 79" not in cuts


def test_removal_metrics_take_the_rows_that_the_work_allows(curved, normal_rows):
    network = curved(d=60)
    data = Data(Rows(normal_rows(4000, 60)))
    dense = subject("dense", network, data.x, "logit")
    background = normal_rows(10, 60)

    def chosen(flops, **options):
        return design(data.with_(**options), dense, background, 60, flops, seed=0)

    cheap, dear, dearest = chosen(0), chosen(200_000), chosen(10**9)
    assert len(cheap.rows) == int(1e6 // (5 * 30**2 + 30))
    assert cheap.joins.max() + 1 == 30  # 60 features in pairs
    assert dear.joins.max() + 1 <= LIMITS[1]
    assert len(dear.rows) >= FEW
    assert dearest.joins.max() + 1 <= LIMITS[2]
    assert len(dearest.rows) >= 10
    np.testing.assert_allclose(cheap.background_row, background.mean(axis=0))
    assert cheap.note == (
        f"NAOPC was measured on {len(cheap.rows):,} of 4,000 rows over 30 players, into which the "
        "60 features were joined."
    )


def test_the_task_follows_labels_then_the_network(curved, linear, normal_rows):
    x = normal_rows(6)
    many, one = (subject("s", network, x, "logit") for network in (curved(), linear(np.ones(8))))
    labels = {"classification": np.array([0, 1, 0, 1, 1, 0]), "regression": np.arange(6.0)}
    for task, y in labels.items():
        assert task_of(Data(Rows(x, y), task=task), many) == task
    assert task_of(Data(Rows(x)), many) == "classification"
    assert task_of(Data(Rows(x)), one) == "regression"
    binary = Data(Rows(x, labels["classification"]), task="classification")
    assert task_of(binary, one) == "classification"


def test_only_what_is_one_function_for_certain_is_identical(classifier, digits, curved):
    from explainprune.network import weights_of, with_weights
    from explainprune.network.backend import keras

    def seen(model):
        return subject("s", model, digits.x[:3], "centred")

    dense = seen(classifier)
    assert identical(dense, dense)
    assert identical(dense, seen(with_weights(classifier, {})))
    weights = weights_of(classifier)
    moved = with_weights(classifier, {"out/bias": weights["out/bias"] + 1e-6})
    assert not identical(dense, seen(moved))
    # The same weights under another activation are another function.
    layers = [(24, "tanh", "first"), (16, "relu", "second"), (10, "softmax", "out")]
    other = keras.Sequential(
        [keras.Input((64,)), *[keras.layers.Dense(n, a, name=name) for n, a, name in layers]]
    )
    other.set_weights(classifier.get_weights())
    assert not identical(dense, seen(other))
    formulas = [subject("f", curved(d=64), digits.x[:3], "logit") for _ in range(2)]
    assert not identical(*formulas)
