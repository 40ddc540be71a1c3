"""The surgeon's scores: each weight taken away for itself, and all others fitted anew."""

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.criteria import importance
from explainprune.criteria.weights import obs
from explainprune.network import calibrate
from explainprune.network.backend import keras

L = keras.layers


def windows(x, size, stride, padding):
    """Cut out what a kernel reads, place by place: (rows, places, weights)."""
    if padding == "same":
        pads = [max((-(-n // stride) - 1) * stride + size - n, 0) for n in x.shape[1:3]]
        x = np.pad(x, [(0, 0), *[(p // 2, p - p // 2) for p in pads], (0, 0)])
    found = [
        x[:, i : i + size, j : j + size].reshape(len(x), -1)
        for i in range(0, x.shape[1] - size + 1, stride)
        for j in range(0, x.shape[2] - size + 1, stride)
    ]
    return np.stack(found, axis=1).astype(float)


@pytest.mark.parametrize(("padding", "stride"), [("valid", 1), ("same", 2)])
def test_by_removing_every_weight(padding, stride):
    keras.utils.set_random_seed(1)
    model = sequential(
        (5, 4, 2),
        L.Conv2D(3, 2, strides=stride, padding=padding, activation="relu", name="conv"),
        L.Flatten(),
        L.Dense(4, activation="tanh", name="dense"),
        L.Dense(2, name="last"),
    )
    x = np.random.default_rng(0).normal(size=(40, 5, 4, 2)).astype(np.float32)
    first = windows(x, 2, stride, padding)
    flat = np.asarray(model.layers[1](model.layers[0](x)), float)
    read = {"conv/kernel": first, "dense/kernel": flat[:, None]}
    scores = importance(model, x, criterion="obs", level="weight")
    assert list(scores.scores) == ["conv/kernel", "dense/kernel", "last/kernel"]
    for path, places in read.items():
        layer = model.get_layer(path.split("/")[0])
        kernel = layer.kernel.numpy().astype(float)
        rows = kernel.reshape(-1, kernel.shape[-1])
        a = places.reshape(-1, len(rows)) / np.sqrt(len(x))
        level = 0.01 * np.square(a).sum(axis=0).mean()
        a = np.vstack([a, np.sqrt(level) * np.eye(len(rows))])
        expected = np.zeros(rows.shape)
        for j, unit in np.ndindex(rows.shape):
            rest = np.delete(np.arange(len(rows)), j)
            z = a @ rows[:, unit]
            fitted = np.linalg.lstsq(a[:, rest], z, rcond=None)[0]
            expected[j, unit] = np.square(a[:, rest] @ fitted - z).sum()
        np.testing.assert_allclose(scores[path], expected.reshape(kernel.shape), rtol=1e-3)


def test_uncorrelated_inputs_are_weighed_by_their_size():
    gram = np.diag([1.0, 4.0, 9.0])
    kernel = np.array([[3.0, 1.0], [1.0, 1.0], [1.0, 2.0]])
    np.testing.assert_allclose(obs(kernel, gram, damping=0), kernel**2 * np.diag(gram)[:, None])


def test_a_weight_that_another_can_replace_is_free():
    x = np.random.default_rng(0).normal(size=(50, 3))
    x[:, 2] = x[:, 0]
    scores = obs(np.ones((3, 1)), x.T @ x / 50, damping=1e-6)
    assert scores[0] < 1e-3 and scores[2] < 1e-3 < 0.5 < scores[1]


def test_too_large_or_grouped_kernels_have_no_gram(monkeypatch):
    from explainprune.network.statistics import calibration_pass

    monkeypatch.setattr(calibration_pass, "MOST_ROWS", 6)
    model = sequential(
        (4, 4, 2),
        L.Conv2D(4, 2, groups=2, name="grouped"),
        L.Conv2D(2, 2, name="large"),
        L.GlobalMaxPooling2D(),
        L.Dense(2, name="small"),
    )
    found = calibrate(model, np.ones((3, 4, 4, 2)), None, {"input_gram"})
    assert [path for path, held in found.items() if held] == ["small"]


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("damping", [0.0, 0.01])
def test_inputs_in_any_unit_have_the_same_scores(unit, damping):
    rng = np.random.default_rng(0)
    kernel, read = rng.normal(size=(6, 3)), rng.normal(size=(40, 6))
    gram = read.T @ read / 40
    expected = obs(kernel, gram, damping)
    found = obs(kernel / unit, gram * unit**2, damping)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_reads_nothing_costs_nothing():
    np.testing.assert_allclose(obs(np.ones((3, 2)), np.zeros((3, 3))), 0, atol=1e-100)
