"""Rows that weigh k count as k copies of the row, for every criterion, and no scale matters."""

import numpy as np
import pytest
from calibration_cases import images, mlp, shared, steps

from explainprune.criteria import CRITERIA, importance
from explainprune.network.backend import keras
from explainprune.network.statistics.calibration import STATISTICS, Calibration, calibrate
from explainprune.types import Rows

L = keras.layers
RNG = np.random.default_rng(0)
WEIGHT = np.array([0, 1, 2, 0, 3, 1, 1])
SHAPES = {mlp: (5,), images: (6, 6, 2), steps: (5, 3), shared: (5,)}
DRAWN = {"shap"}
"""Its draws are of other rows where there are other rows."""


def rows(make):
    return RNG.normal(size=(7, *SHAPES[make])).astype("float32"), np.arange(7) % 3


@pytest.mark.parametrize("make", SHAPES)
def test_statistics_are_those_of_rows_that_are_there_more_than_once(make):
    keras.utils.set_random_seed(1)
    model, (x, y) = make(), rows(make)
    again = np.repeat(np.arange(7), WEIGHT)
    expected = calibrate(model, x[again], y[again], STATISTICS)

    found = Calibration(model, x, y, STATISTICS, 0.3 * WEIGHT)()
    whole = Calibration(model, x, y, STATISTICS)()
    changed = set()
    for path, values in expected.items():
        for name, value in values.items():
            scale = max(1e-12, float(np.nanmax(np.abs(value), initial=0)))
            got = found[path][name]
            assert np.nanmax(np.abs(got - value), initial=0) <= 5e-5 * scale + 1e-6, (path, name)
            if not np.allclose(value, whole[path][name], rtol=1e-3, equal_nan=True):
                changed.add(name)
    assert {"kernel_gradient", "kernel_gradient_squared", "mean_abs_activation"} <= changed
    assert {"activation_std", "input_norm", "mean_abs_contribution"} <= changed


@pytest.mark.parametrize("name", sorted(CRITERIA.keys() - DRAWN))
@pytest.mark.parametrize("parts", ["Rows", "tuple"])
def test_every_criterion_counts_rows_by_their_weight(name, parts):
    keras.utils.set_random_seed(1)
    model, (x, y) = mlp(), rows(mlp)
    again = np.repeat(np.arange(7), WEIGHT)
    given = Rows(x, y, weight=WEIGHT) if parts == "Rows" else (x, y, WEIGHT)
    found = importance(model, given, criterion=name).scores
    expected = importance(model, x[again], y[again], criterion=name).scores
    for path, scores in expected.items():
        np.testing.assert_allclose(found[path], scores, rtol=2e-4, atol=2e-6)


def test_shap_weighs_rows_in_the_mean_of_sizes():
    keras.utils.set_random_seed(1)
    model, (x, y) = mlp(), rows(mlp)
    each = [importance(model, Rows(x, y, weight=w), criterion="shap") for w in np.eye(7)[[1, 4]]]
    both = importance(model, Rows(x, y, weight=np.array([0, 1, 0, 0, 3, 0, 0])), criterion="shap")
    for path, scores in both.scores.items():
        parts = [one.scores[path] for one in each]
        np.testing.assert_allclose(scores, (parts[0] + 3 * parts[1]) / 4, rtol=1e-4)


def test_classes_and_groups_keep_the_weights_of_their_rows():
    keras.utils.set_random_seed(1)
    model, (x, y) = mlp(), rows(mlp)
    given = Rows(x, y, group=np.array([*"aabbbaa"]), weight=WEIGHT)
    for by, labels in (("class", y), ("group", given.group)):
        found = importance(model, given, criterion="activation", by=by)
        for label, one in found.items():
            mine = labels == label
            alone = importance(model, given.take(mine), criterion="activation")
            np.testing.assert_allclose(one.scores["first"], alone.scores["first"], rtol=1e-5)


def test_rows_that_all_weigh_nothing_are_refused():
    x, y = rows(mlp)
    with pytest.raises(ValueError, match="All 7 rows weigh 0: nothing can be learned from them"):
        importance(mlp(), Rows(x, y, weight=np.zeros(7)), criterion="activation")


def two_outputs():
    keras.utils.set_random_seed(1)
    x = keras.Input((5,))
    h = L.Dense(6, "relu", name="first")(x)
    return keras.Model(x, {"kind": L.Dense(3, name="kind")(h), "size": L.Dense(1, name="size")(h)})


@pytest.mark.parametrize("compiled", [True, False])
def test_labels_of_each_output_add_up_to_the_loss(compiled):
    x = RNG.normal(size=(7, 5)).astype("float32")
    y = {"size": x[:, :1] ** 2, "kind": np.arange(7) % 3}
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = two_outputs()
    if compiled:
        model.compile("sgd", {"kind": sparse, "size": "mse"}, loss_weights={"kind": 1, "size": 0.5})
    parts = []
    for name, loss in (("kind", sparse), ("size", "mse")):
        alone = keras.Model(model.input, model.get_layer(name).output)
        alone.compile("sgd", loss)
        found = calibrate(alone, x, y[name], ["kernel_gradient"])
        parts.append(found["first"]["kernel_gradient"])
    expected = parts[0] + (0.5 if compiled else 1) * parts[1]
    got = calibrate(model, x, y, ["kernel_gradient"])["first"]["kernel_gradient"]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-7)
    scores = importance(model, Rows(x, y), criterion="taylor").scores["first"]
    np.testing.assert_allclose(
        scores, np.abs(model.get_layer("first").kernel * expected).sum(axis=0), rtol=1e-4
    )


class Own(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean((y_pred - x[:, :2]) ** 2)


def test_a_loss_that_the_model_computes_itself_is_the_one_that_scores():
    keras.utils.set_random_seed(1)
    i = keras.Input((5,))
    out = L.Dense(2, name="last")(L.Dense(6, "relu", name="first")(i))
    x = RNG.normal(size=(7, 5)).astype("float32")
    plain, own = keras.Model(i, out), Own(i, out)
    plain.compile("sgd", "mse")
    own.compile("sgd")
    expected = calibrate(plain, x, x[:, :2], ["kernel_gradient", "kernel_gradient_squared"])
    for y in (x[:, :2], None):
        found = calibrate(own, x, y, ["kernel_gradient", "kernel_gradient_squared"])
        for name, values in expected["first"].items():
            np.testing.assert_allclose(found["first"][name], values, rtol=1e-4, atol=1e-8)
