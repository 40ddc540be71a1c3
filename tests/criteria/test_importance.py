"""What holds for every criterion, and the verb's own errors."""

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.criteria import CRITERIA, importance
from explainprune.network.backend import keras
from explainprune.network.variables import weights_of
from explainprune.types import Data, Rows

L = keras.layers


def unit_only(name):
    model, x, y = tiny()
    try:
        importance(model, x, y, criterion=name, level="weight")
    except ValueError as error:
        assert "scores units only" in str(error)
        return True
    return False


def tiny():
    keras.utils.set_random_seed(0)
    model = sequential(
        (4,),
        L.Dense(5, name="a"),
        L.BatchNormalization(name="norm", gamma_initializer="random_normal"),
        L.ReLU(),
        L.Dense(3, name="b"),
    )
    rng = np.random.default_rng(0)
    return model, rng.normal(size=(12, 4)).astype(np.float32), rng.integers(3, size=12)


@pytest.mark.parametrize("name", CRITERIA)
def test_every_criterion(name):
    model, x, y = tiny()
    before = weights_of(model)
    scores = importance(model, x, y, criterion=name, seed=4)
    assert (scores.criterion, scores.level) == (name, "unit")
    assert scores["a"].shape == (5,)
    assert np.ptp(scores["a"]) > 0
    again = importance(model, x, y, criterion=name, seed=4)
    for path in scores.scores:
        np.testing.assert_array_equal(scores[path], again[path])
    for path, values in weights_of(model).items():
        np.testing.assert_array_equal(values, before[path])
    assert not getattr(model, "compiled", False)
    assert CRITERIA[name].__name__ == name


@pytest.mark.parametrize("name", CRITERIA)
def test_every_criterion_by_weight_or_refuses(name):
    model, x, y = tiny()
    if unit_only(name):
        return
    scores = importance(model, x, y, criterion=name, level="weight")
    assert {path: s.shape for path, s in scores.scores.items()} == {
        "a/kernel": (4, 5),
        "b/kernel": (5, 3),
    }


def test_a_callable_of_ones_own():
    def spread(kernel, activation_std, scale=2.0):
        assert scale.shape == activation_std.shape
        return np.abs(kernel) * activation_std

    model, x, _ = tiny()
    scores = importance(model, x, criterion=spread, level="weight")
    # The output layer has no normalisation behind it: `scale` isn't defined there.
    assert (scores.criterion, list(scores.scores)) == ("spread", ["a/kernel"])


def test_data_rows_and_pairs_are_taken():
    model, x, y = tiny()
    expected = importance(model, x[:6], y[:6])["a"]
    rows, rest = Rows(x[:6], y[:6]), Rows(x[6:], y[6:])
    for given in (rows, (x[:6], y[:6]), Data(rest, train=rows), Data(rows)):
        np.testing.assert_array_equal(importance(model, given)["a"], expected)
    other = importance(model, Data(rest, train=rows).scored)["a"]
    assert not np.array_equal(other, expected)


def test_target_keeps_rows_of_one_class():
    model, x, y = tiny()
    given = importance(model, x, y, target=1)["a"]
    np.testing.assert_allclose(given, importance(model, x[y == 1], y[y == 1])["a"], rtol=1e-5)
    predicted = np.asarray(model(x)).argmax(axis=1)
    own = predicted == predicted[0]
    assert 0 < own.sum() < 12
    unlabelled = importance(model, x, target=predicted[0], criterion="activation")["a"]
    expected = importance(model, x[own], criterion="activation")["a"]
    np.testing.assert_allclose(unlabelled, expected, rtol=1e-5)


def test_without_labels_the_predicted_class_stands_in():
    model, x, _ = tiny()
    own = np.asarray(model(x)).argmax(axis=1)
    np.testing.assert_allclose(importance(model, x)["a"], importance(model, x, own)["a"], rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ({}, {"criterion": "magnitud"}, "Unknown criterion 'magnitud'. Did you mean 'magnitude'"),
        ({}, {"level": "neuron"}, "level is 'unit' or 'weight'. Received: 'neuron'"),
        ({}, {"criterion": "apoz", "level": "weight"}, "'apoz' scores units only"),
        ({"x": None, "y": None}, {}, "Calibration rows are needed for kernel_gradient: x is None"),
        ({"x": np.ones((2, 5))}, {}, r"expects shape \(n, 4\). Received: shape=\(2, 5\)"),
        ({"x": np.ones((2, 2, 2, 1))}, {}, r"expects shape \(n, 4\)"),
        ({"x": np.full((12, 4), np.nan)}, {}, "48 values that are NaN or infinite"),
        ({"x": np.ones((0, 4)), "y": None}, {}, "at least one row"),
        (
            {"y": np.zeros(3, int)},
            {},
            r"y needs 12 labels, one for each row. Received: shape=\(3,\)",
        ),
        ({"y": np.full(12, "a")}, {}, "y needs numbers. Received: dtype=<U1"),
        ({"y": np.full(12, 3)}, {}, "3 outputs.*from 0 to 2. Received: label 3 in row 0"),
        ({"y": np.full(12, 1)}, {"target": 2}, "No row is of class target=2. Classes.*: 1"),
        (
            {},
            {"criterion": lambda kernel_gradien: kernel_gradien},
            "'kernel_gradien'. Did you mean 'kernel_gradient'",
        ),
        ({}, {"criterion": lambda kernel: kernel[0, :2]}, r"returned shape \(2,\) for a kernel"),
    ],
)
def test_errors(given, options, message):
    model, x, y = tiny()
    with pytest.raises(ValueError, match=message):
        importance(model, **{"x": x, "y": y} | given, **options)


def test_a_criterion_must_be_callable():
    with pytest.raises(TypeError, match=r"A criterion is a name or a callable. Received: 3"):
        importance(tiny()[0], criterion=3)


def test_nothing_to_score_is_said():
    model = sequential((4,), L.ReLU())
    with pytest.raises(ValueError, match=r"'magnitude' is defined for no layer.*Kinds.*: ReLU"):
        importance(model, criterion="magnitude")


def test_regression_without_labels_is_refused():
    model = sequential((4,), L.Dense(1))
    with pytest.raises(ValueError, match=r"one output that is no probability.*Pass y"):
        importance(model, np.ones((3, 4)))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"loss 'mean_squared_error' has none. Pass y"):
        importance(model, np.ones((3, 4)))
    importance(model, np.ones((3, 4)), criterion="activation")


def test_non_finite_scores_are_refused():
    def broken(kernel):
        return np.full(kernel.shape, np.nan)

    with pytest.raises(ValueError, match="Scores of 'a' by 'broken' are not all finite"):
        importance(tiny()[0], criterion=broken)


def test_units_of_a_subclassed_model_are_refused_with_the_true_reason():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner, self.outer = keras.layers.Dense(4, "relu"), keras.layers.Dense(2)

        def call(self, x):
            return self.outer(self.inner(x))

    model, x, y = Own(), np.ones((6, 3), "float32"), np.arange(6) % 2
    model(x)
    with pytest.raises(ValueError, match=r"It is subclassed.*ask for level='weight'"):
        importance(model, x, y, criterion="taylor")
    scores = importance(model, x, y, criterion="taylor", level="weight").scores
    assert {name: values.shape for name, values in scores.items()} == {
        "inner/kernel": (3, 4),
        "outer/kernel": (4, 2),
    }
