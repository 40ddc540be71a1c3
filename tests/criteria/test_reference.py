"""Each criterion again, slowly, from its definition, over single samples."""

import itertools

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.criteria import importance
from explainprune.network.backend import keras, tf

L = keras.layers


def units_last(values):
    return values.reshape(len(values), -1, values.shape[-1])


def unit_axis(layer):
    return -2 if "Transpose" in type(layer).__name__ else -1


# Scores of weights: from the layer, and what happened in it sample by sample.


def magnitude(layer, record):
    return np.vectorize(abs)(layer.kernel.numpy())


def magnitude_l2(layer, record):
    return np.vectorize(lambda w: w * w)(layer.kernel.numpy())


def gradient(layer, record):
    return abs(sum(record["w"]) / len(record["w"]))


def taylor(layer, record):
    return abs(layer.kernel.numpy() * (sum(record["w"]) / len(record["w"])))


def snip(layer, record):
    """The gradient at a gate c = 1 is w · ∂L/∂(cw), by the chain rule, for each sample."""
    return abs(sum(layer.kernel.numpy() * g for g in record["w"]) / len(record["w"]))


def movement(layer, record):
    """How |w| changes in a step of gradient descent of size ε, by ε, times |w|."""
    w = layer.kernel.numpy().astype(float)
    step = 1e-6
    moved = w - step * sum(record["w"]) / len(record["w"])
    return (abs(moved) - abs(w)) / step * abs(w)


def fisher(layer, record):
    return sum(layer.kernel.numpy() ** 2 * g**2 for g in record["w"]) / len(record["w"]) / 2


def wanda(layer, record):
    """Visit every weight: the norm of the channel it reads."""
    kernel, read = layer.kernel.numpy(), units_last(record["x"])
    scores = np.zeros(kernel.shape)
    for index in np.ndindex(kernel.shape):
        channel = index[-1] if unit_axis(layer) == -2 else index[-2]
        total = sum(float(v) ** 2 for row in read for v in row[:, channel])
        scores[index] = abs(kernel[index]) * np.sqrt(total / len(read))
    return scores


# Scores of units.


def activation(layer, record):
    a = units_last(record["a"])
    return np.array(
        [np.mean([abs(v) for row in a for v in row[:, unit]]) for unit in range(a.shape[2])]
    )


def apoz(layer, record):
    a = units_last(record["a"])
    counts = [sum(v == 0 for row in a for v in row[:, unit]) for unit in range(a.shape[2])]
    return 1 - np.array(counts) / (a.shape[0] * a.shape[1])


def activation_taylor(layer, record):
    products = units_last(record["a"] * record["g"])
    return np.mean([abs(sum(row)) for row in products], axis=0)


def fpgm(layer, record):
    filters = np.moveaxis(layer.kernel.numpy().astype(float), unit_axis(layer), 0)
    return np.array([sum(np.sqrt(((f - g) ** 2).sum()) for g in filters) for f in filters])


WEIGHTS = [magnitude, magnitude_l2, gradient, taylor, snip, movement, fisher, wanda]
UNITS = [activation, apoz, activation_taylor, fpgm]


@pytest.mark.parametrize("reference", WEIGHTS, ids=lambda f: f.__name__)
def test_weight_scores(case, slow, reference):
    model, x, y = case
    by_weight = importance(model, x, y, criterion=reference.__name__, level="weight")
    by_unit = importance(model, x, y, criterion=reference.__name__)
    assert list(by_weight.scores) == [f"{name}/kernel" for name in slow]
    for name, record in slow.items():
        layer = model.get_layer(name)
        expected = reference(layer, record)
        close = {"rtol": 5e-4, "atol": 1e-7}
        np.testing.assert_allclose(by_weight[f"{name}/kernel"], expected, **close)
        kept = unit_axis(layer) % expected.ndim
        total = np.moveaxis(expected, kept, 0).reshape(expected.shape[kept], -1).sum(axis=1)
        np.testing.assert_allclose(by_unit[name], total, **close)


@pytest.mark.parametrize("reference", UNITS, ids=lambda f: f.__name__)
def test_unit_scores(case, slow, reference):
    model, x, y = case
    scores = importance(model, x, y, criterion=reference.__name__)
    for name, record in slow.items():
        expected = reference(model.get_layer(name), record)
        np.testing.assert_allclose(scores[name], expected, rtol=2e-5, atol=1e-7)


def test_random_is_uniform_and_seeded(case):
    model, *_ = case
    one, same, other = (
        importance(model, criterion="random", level="weight", seed=seed) for seed in (1, 1, 2)
    )
    flat = np.concatenate([scores.ravel() for scores in one.scores.values()])
    assert flat.min() >= 0 and flat.max() < 1
    assert len(np.unique(flat)) == flat.size
    for path, scores in one.scores.items():
        np.testing.assert_array_equal(scores, same[path])
        assert not np.array_equal(scores, other[path])


def test_activation_std(case, slow):
    model, x, y = case
    scores = importance(model, x, y, criterion="activation_std")
    assert list(scores.scores) == ["first", "second"]
    for name, reader in (("first", "second"), ("second", "last")):
        a = units_last(slow[name]["a"]).reshape(-1, slow[name]["a"].shape[-1])
        layer = model.get_layer(reader)
        reads = -1 if unit_axis(layer) == -2 else -2
        kernel = np.moveaxis(layer.kernel.numpy(), reads, 0)
        norms = [np.sqrt((part**2).sum()) for part in kernel]
        np.testing.assert_allclose(scores[name], a.std(axis=0) * norms, rtol=1e-4)


def test_batchnorm_reads_the_scale_behind_a_layer(case):
    model, x, y = case
    if "norm" not in [layer.name for layer in model.layers]:
        with pytest.raises(ValueError, match="'batchnorm' is defined for no layer"):
            importance(model, criterion="batchnorm")
        return
    gamma = model.get_layer("norm").gamma
    scores = importance(model, criterion="batchnorm")
    assert list(scores.scores) == ["second"]
    np.testing.assert_allclose(scores["second"], abs(gamma.numpy()))
    slopes = []
    for i in range(len(x)):
        with tf.GradientTape() as tape:
            value = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
                y[i : i + 1], model(x[i : i + 1], training=False)
            )
        slopes.append(tape.gradient(value, gamma.value).numpy())
    np.testing.assert_allclose(
        importance(model, x, y, criterion="batchnorm_taylor")["second"],
        abs(gamma.numpy() * np.mean(slopes, axis=0)),
        rtol=1e-4,
    )


def test_grasp_is_what_the_gradients_flow_loses():
    """½ ‖g(w)‖² falls by w · (H g) for a weight that shrinks: by central differences."""
    keras.utils.set_random_seed(1)
    wide = {"dtype": "float64", "activation": "tanh"}
    model = sequential(
        (5, 5, 1),
        L.Conv2D(3, 2, name="a", **wide),
        L.Flatten(dtype="float64"),
        L.Dense(4, name="b", **wide),
        L.Dense(3, name="c", dtype="float64"),
        dtype="float64",
    )
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(8, 5, 5, 1)), rng.integers(3, size=8)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    kernels = [model.get_layer(name).kernel for name in "abc"]

    def flow():
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=False))
        slopes = tape.gradient(value, [kernel.value for kernel in kernels])
        return sum(float((s.numpy() ** 2).sum()) for s in slopes) / 2

    scores = importance(model, x, y, criterion="grasp", level="weight")
    for kernel, values in zip(kernels, scores.scores.values(), strict=True):
        start = kernel.numpy()
        for flat in rng.permutation(values.size)[:6]:
            index = np.unravel_index(flat, values.shape)
            ends = []
            for sign in (1, -1):
                moved = start.copy()
                moved[index] *= 1 + sign * 1e-4
                kernel.assign(moved)
                ends.append(flow())
            kernel.assign(start)
            assert values[index] == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-4, abs=1e-8)


def dense_paths(kernels):
    """Sum |product| over all paths through each weight of a stack, path by path."""
    scores = [np.zeros(kernel.shape) for kernel in kernels]
    sizes = [kernels[0].shape[0], *(kernel.shape[1] for kernel in kernels)]
    for path in itertools.product(*map(range, sizes)):
        product = np.prod([abs(k[path[i], path[i + 1]]) for i, k in enumerate(kernels)])
        for i in range(len(kernels)):
            scores[i][path[i], path[i + 1]] += product
    return scores


def test_synflow_sums_over_paths():
    keras.utils.set_random_seed(0)
    model = sequential(
        (3,),
        L.Dense(4, activation="tanh", name="a", bias_initializer="random_normal"),
        L.Dense(3, activation="relu", name="b"),
        L.Dense(2, activation="softmax", name="c"),
    )
    kernels = [model.get_layer(name).kernel.numpy() for name in "abc"]
    scores = importance(model, criterion="synflow", level="weight")
    for name, expected in zip("abc", dense_paths(kernels), strict=True):
        np.testing.assert_allclose(scores[f"{name}/kernel"], expected, rtol=1e-5)
    # A unit hands on all that it gets: incoming and outgoing scores have the same sum.
    incoming = importance(model, criterion="synflow")["a"]
    np.testing.assert_allclose(incoming, scores["b/kernel"].sum(axis=1), rtol=1e-5)


def test_synflow_reads_normalisation_as_a_scale_and_survives_depth():
    layers = [L.Input((30,))]
    for _ in range(9):
        layers += [L.Dense(30, kernel_initializer="ones"), L.BatchNormalization(), L.ReLU()]
    model = keras.Sequential([*layers, L.Dense(2, kernel_initializer="ones")])
    for layer in model.layers[:-1]:
        if isinstance(layer, L.Dense):
            layer.kernel.assign(np.full((30, 30), -3e3))  # 30 paths of 3e3 in each: 1e44 in all
    model.layers[1].gamma.assign(np.linspace(-1, 1, 30))
    scores = importance(model, criterion="synflow")
    first = next(iter(scores.scores.values()))
    np.testing.assert_allclose(first / first.max(), abs(np.linspace(-1, 1, 30)), rtol=1e-4)
