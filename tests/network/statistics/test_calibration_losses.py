"""Which loss and which rows statistics are of, and what they leave as it was."""

import numpy as np
import pytest
from calibration_cases import SPARSE, L, images, mlp
from keras_cases import sequential

from explainprune.network.backend import keras
from explainprune.network.listing import prunable_layers
from explainprune.network.statistics import per_sample
from explainprune.network.statistics.calibration import STATISTICS, calibrate
from explainprune.network.statistics.calibration_pass import Pass
from explainprune.network.statistics.data_loss import DataLoss
from explainprune.network.statistics.taps import Tapped
from explainprune.network.variables import clone, variables, weights_of


def test_a_fused_softmax_is_seen_through():
    keras.utils.set_random_seed(1)
    apart = sequential((4,), L.Dense(3, name="d"), L.Softmax())
    fused = sequential((4,), L.Dense(3, activation="softmax", name="d"))
    raw = sequential((4,), L.Dense(3, name="d"))
    for model in (fused, raw):
        model.set_weights(apart.get_weights())
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)), rng.integers(3, size=8)
    one, two, three = (calibrate(m, x, y, STATISTICS)["d"] for m in (apart, fused, raw))
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(three[name], values, rtol=1e-4, atol=1e-6)


def test_the_compiled_loss_counts_without_its_penalties():
    keras.utils.set_random_seed(1)
    model = sequential((4,), L.Dense(2, kernel_regularizer="l1", name="d"))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)).astype(np.float32), rng.normal(size=(8, 2)).astype(np.float32)
    w = model.layers[0].kernel.numpy()
    expected = np.mean([np.outer(row, np.sign(row @ w - t)) / 2 for row, t in zip(x, y)], axis=0)  # noqa: B905
    for loss in (
        "mae",
        keras.losses.MeanAbsoluteError(),
        keras.losses.MeanAbsoluteError(reduction="sum"),
        lambda t, p: keras.ops.mean(keras.ops.abs(t - p), axis=-1),
    ):
        model.compile("sgd", loss)
        found = calibrate(model, x, y, ["kernel_gradient"])
        np.testing.assert_allclose(found["d"]["kernel_gradient"], expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("outputs", "activation", "loss", "label"),
    [
        (3, None, None, lambda p: p.argmax(axis=1)),
        (3, "softmax", None, lambda p: p.argmax(axis=1)),
        (1, "sigmoid", None, lambda p: (p > 0.5).astype(float)),
        (2, "sigmoid", None, lambda p: (p > 0.5).astype(float)),
        (1, None, keras.losses.BinaryCrossentropy(from_logits=True), lambda p: (p > 0).astype(int)),
        (3, "softmax", "categorical_crossentropy", lambda p: np.eye(3)[p.argmax(axis=1)]),
        (3, "softmax", "sparse_categorical_crossentropy", lambda p: p.argmax(axis=1)),
    ],
)
def test_without_labels_the_models_own_class_counts(outputs, activation, loss, label):
    keras.utils.set_random_seed(1)
    model = sequential((4,), L.Dense(outputs, activation=activation, name="d"))
    if loss is not None:
        model.compile("sgd", loss)
    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    own = calibrate(model, x, None, ["kernel_gradient"])["d"]["kernel_gradient"]
    given = calibrate(model, x, label(np.asarray(model(x))), ["kernel_gradient"])["d"]
    np.testing.assert_allclose(own, given["kernel_gradient"], rtol=1e-5)
    assert np.abs(own).max() > 0


def test_chunks_change_nothing():
    model = images()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(11, 6, 6, 2)).astype(np.float32), rng.integers(3, size=11)
    wanted = ["kernel_gradient", "kernel_gradient_squared", "mean_abs_activation"]
    infos = prunable_layers(model)
    results = []
    for memory in (2**28, 60_000):
        copy = clone(model)
        loss = DataLoss(copy, [x], y)
        one = Pass(Tapped(copy), variables(copy), infos, wanted, loss, memory_bytes=memory)
        results.append((one.rows_per_call, one.run([x], y)))
    (many, expected), (few, found) = results
    assert many >= 11 and 1 <= few < 5
    for path, values in expected.items():
        for name in values:
            np.testing.assert_allclose(found[path][name], values[name], rtol=1e-4, atol=1e-7)


def test_squared_gradients_are_the_same_however_patches_are_gathered(monkeypatch):
    keras.utils.set_random_seed(0)
    x = keras.Input((7, 8, 2))
    h = L.Conv2D(3, (3, 2), strides=2, padding="same", activation="tanh", name="strides")(x)
    h = L.Conv2D(4, 2, dilation_rate=2, name="dilated")(h)
    h = L.Conv1D(3, 2, padding="same", name="sequence")(L.Reshape((-1, 4))(h))
    model = keras.Model(x, L.Dense(3)(L.Flatten()(h)))
    rng = np.random.default_rng(0)
    rows, y = rng.normal(size=(9, 7, 8, 2)).astype(np.float32), rng.integers(3, size=9)
    found = []
    for few in (0, 10_000):
        monkeypatch.setattr(per_sample, "FEW_WEIGHTS", few)
        found.append(calibrate(model, rows, y, ["kernel_gradient_squared"]))
    for name in ("strides", "dilated", "sequence"):
        one, other = (each[name]["kernel_gradient_squared"] for each in found)
        assert one.max() > 1e-6
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-9)


def test_a_subclassed_model_has_gradients_only():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = L.Dense(3, activation="tanh"), L.Dense(2)

        def call(self, x):
            return self.two(self.one(x))

    keras.utils.set_random_seed(0)
    model = Net()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 4)).astype(np.float32), rng.integers(2, size=6)
    model(x)
    same = sequential((4,), L.Dense(3, activation="tanh", name="one"), L.Dense(2, name="two"))
    same.set_weights(model.get_weights())
    wanted = ["kernel_gradient", "kernel_gradient_squared", "mean_abs_activation"]
    found, expected = (calibrate(m, x, y, wanted) for m in (model, same))
    for path in ("one", "two"):
        assert set(found[path]) == {"kernel_gradient", "kernel_gradient_squared"}
        for name, values in found[path].items():
            np.testing.assert_allclose(values, expected[path][name], rtol=1e-4, atol=1e-8)


def test_the_model_stays_as_it_was():
    model = mlp()
    model.compile("adam", SPARSE)
    activations = [getattr(layer, "activation", None) for layer in model.layers]
    before = weights_of(model)
    calibrate(model, np.ones((3, 5)), np.array([0, 1, 2]), STATISTICS)
    assert [getattr(layer, "activation", None) for layer in model.layers] == activations
    for path, values in weights_of(model).items():
        np.testing.assert_array_equal(values, before[path])
    assert int(model.optimizer.iterations) == 0


def test_unknown_statistics_are_refused():
    with pytest.raises(ValueError, match=r"'kernel_grad'. Did you mean 'kernel_gradient'"):
        calibrate(mlp(), np.ones((3, 5)), None, ["kernel_grad"])


@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", None]
)
def test_whatever_a_loss_is_reduced_by_it_is_the_sum_over_rows(reduction):
    keras.utils.set_random_seed(1)
    model = sequential((4,), L.Dense(2, name="d"))
    model.compile("sgd", keras.losses.MeanAbsoluteError(reduction=reduction))
    rng = np.random.default_rng(0)
    x, y, weight = (rng.random((9, *s)).astype("float32") for s in ((4,), (2,), ()))
    loss = DataLoss(model, [x], y)
    each = np.abs(model.predict(x, verbose=0) - y).mean(axis=1)
    for some in (slice(0, 9), slice(2, 5)):
        out = [model(x[some])]
        assert float(loss(y[some], out)) == pytest.approx(each[some].sum(), rel=1e-5)
        total = float(loss(y[some], out, weight[some]))
        assert total == pytest.approx((weight * each)[some].sum(), rel=1e-5)
