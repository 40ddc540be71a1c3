"""What changed from one model to the other: closed forms, paired draws, and what is refused."""

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute, attribute_change
from explainprune.analysis.attribution.change import LINEAR
from explainprune.network import FormulaNetwork

SAMPLED = ["expected_gradients", "kernel", "leverage", "permutation", "smoothgrad"]
FEW = {"kernel": {"coalitions": 24}, "leverage": {"coalitions": 24}}


def change(dense, other, x, background, **options):
    options = {"output": "logit"} | options
    return attribute_change(dense, other, x, background=background, **options)


@pytest.fixture(scope="module")
def wide_rows():
    rng = np.random.default_rng(7)
    return rng.normal(size=(3, 10)), rng.normal(size=(4, 10))


@pytest.fixture(scope="module")
def pair(make_smooth):
    """A network of ten features, and the same with its first feature read less."""
    dense = make_smooth(3, features=10, outputs=3)
    scale = np.r_[0.8, np.ones(9)]
    other = FormulaNetwork(
        lambda x: 0.5 * dense.outputs(x * scale),
        10,
        lambda x: 0.5 * dense.jacobian(x * scale) * scale[:, None],
        n_outputs=3,
    )
    return dense, other


@pytest.mark.parametrize("method", LINEAR)
def test_a_temperature_and_a_shift_are_no_change(method, smooth, rows):
    x, background = rows
    hot = FormulaNetwork(
        lambda x: smooth.outputs(x) / 4 + [3, -1, 2], 5, lambda x: smooth.jacobian(x) / 4,
        n_outputs=3,
    )  # fmt: skip
    found = change(smooth, hot, x, background, method=method)
    assert found.options["beta"] == pytest.approx(0.25)
    assert found.options["beta_r2"] == pytest.approx(1)
    assert found.method == method
    np.testing.assert_allclose(found.values, 0, atol=1e-7)


@pytest.mark.parametrize("method", LINEAR)
def test_values_are_those_of_the_difference(method, pair, wide_rows):
    """By linearity: φ(other) − β φ(dense), with draws that both share."""
    x, background = wide_rows
    dense, other = pair
    options = FEW.get(method, {}) | ({"draws": 8} if method in SAMPLED else {})
    found = change(dense, other, x, background, method=method, target="all", seed=5, **options)
    a, b = (
        attribute(network, x, background=background, method=method, target="all", seed=5, **options)
        for network in (other, dense)
    )
    beta = found.options["beta"]
    assert 0.3 < beta < 0.6
    # Integrals are settled network by network: to 3e-5 of the values' length, about 1 here.
    atol = 5e-5 if method == "integrated_gradients" else 2e-5
    np.testing.assert_allclose(found.values, a.values - beta * b.values, atol=atol)
    np.testing.assert_allclose(found.base, a.base - beta * b.base)
    np.testing.assert_allclose(found.output, a.output - beta * b.output)
    assert np.abs(found.values).max() > 1e-3


def test_what_changed_by_hand():
    dense = FormulaNetwork(lambda x: 4 * x[:, 0] + 2 * x[:, 1] + x[:, 2], 3)
    other = FormulaNetwork(lambda x: 2 * x[:, 0] + 1 * x[:, 1] + 3 * x[:, 2], 3)
    x = np.ones((1, 3))
    found = change(dense, other, x, np.zeros((1, 3)), method="exact", beta=0.5)
    np.testing.assert_allclose(found.values, [[0, 0, 2.5]], atol=1e-12)
    assert found.options["beta"] == 0.5
    assert "beta_r2" not in found.options
    assert found.notes[0].endswith("minus 0.5 times the dense model's.")


def test_beta_is_least_squares_over_rows_and_background():
    rng = np.random.default_rng(0)
    x, background = rng.normal(size=(5, 4)), rng.normal(size=(6, 4))
    first, second = rng.normal(size=(2, 4, 3))
    dense = FormulaNetwork(lambda x: np.tanh(x @ first), 4, n_outputs=3)
    other = FormulaNetwork(lambda x: x @ second, 4, n_outputs=3)
    every = np.concatenate([x, background])
    columns = np.zeros((3 * len(every), 4))  # β, and a constant for each output
    columns[:, 0] = dense.outputs(every).T.ravel()
    for output in range(3):
        columns[output * len(every) : (output + 1) * len(every), 1 + output] = 1
    expected = np.linalg.lstsq(columns, other.outputs(every).T.ravel(), rcond=None)[0][0]
    found = change(dense, other, x, background, method="occlusion")
    assert found.options["beta"] == pytest.approx(expected)


@pytest.mark.parametrize("method", SAMPLED)
def test_paired_draws_err_less(method, pair, wide_rows):
    x, background = wide_rows
    dense, other = pair
    options = FEW.get(method, {}) | {"draws": 16, "target": 0}
    found = change(dense, other, x, background, method=method, **options)
    a, b = (
        attribute(network, x, background=background, method=method, seed=seed, **options)
        for network, seed in ((other, 1), (dense, 2))
    )
    apart = np.sqrt(a.std_error**2 + (found.options["beta"] * b.std_error) ** 2)
    assert np.sqrt((found.std_error**2).mean()) < 0.6 * np.sqrt((apart**2).mean())


@pytest.mark.parametrize("method", SAMPLED)
def test_both_models_meet_the_same_rows(method, wide_rows):
    """The same background, t, orders, coalitions and noise, whatever a network can do at once."""
    x, background = wide_rows

    def watched(rows_per_call):
        def formula(x):
            seen.append(x.copy())
            return np.sin(x).sum(axis=1)

        def gradient(x):
            seen.append(x.copy())
            return np.cos(x)

        seen = []
        return FormulaNetwork(formula, 10, gradient, rows_per_call=rows_per_call), seen

    rows = []
    for limit in (64, 4096):
        network, seen = watched(limit)
        attribute(network, x, background=background, method=method, draws=2, seed=3)
        met = np.concatenate(seen)
        rows.append(met[np.lexsort(met.T)])
    np.testing.assert_allclose(*rows, rtol=0, atol=0)


def test_intervals_come_without_asking(pair, wide_rows):
    x, background = wide_rows
    for method in ("expected_gradients", "permutation"):
        found = change(*pair, x, background, method=method)
        assert found.options["draws"] == 8
        low, high = found.interval()
        assert np.all(low < found.values)
        assert np.all(found.values < high)
    assert change(*pair, x, background, method="permutation", draws=3).options["draws"] == 3


def test_the_target_is_what_the_dense_model_predicts(pair, wide_rows):
    x, background = wide_rows
    dense, other = pair
    turned = FormulaNetwork(lambda x: -dense.outputs(x), 10, n_outputs=3)
    found = change(dense, turned, x, background, method="gradient")
    np.testing.assert_array_equal(found.targets, dense.outputs(x).argmax(axis=1))
    labelled = change(dense, other, x, background, method="gradient", target="true", y=[2, 0, 1])
    np.testing.assert_array_equal(labelled.targets, [2, 0, 1])


@pytest.fixture(scope="module")
def models(mlp):
    from explainprune.network import clone

    other = clone(mlp)
    kernel = other.layers[0].kernel.numpy()
    kernel[3] = 0
    other.layers[0].kernel.assign(kernel)
    return mlp, other


def test_keras_models_and_their_sparsity(models, rows):
    x, background = rows
    found = attribute_change(*models, x, background=background, method="exact")
    assert found.output_kind == "centred"
    assert found.relative_gap < 1e-5
    assert any("One game for each unit" in note for note in found.notes)
    sampled = attribute_change(
        *models, x, background=background, method="permutation", draws=64, batch_size=50
    )
    away = np.abs(sampled.values - found.values)
    np.testing.assert_array_less(away, 5 * sampled.std_error + 1e-6)
    np.testing.assert_allclose(found.values[:, 4], 0, atol=1e-6)


def test_images_keep_their_shape():
    from explainprune.network.backend import keras

    layers = keras.layers
    keras.utils.set_random_seed(0)
    dense, other = (
        keras.Sequential(
            [layers.Input((4, 4, 1)), layers.Conv2D(2, 2), layers.Flatten(), layers.Dense(2)]
        )
        for _ in range(2)
    )
    x = np.random.default_rng(0).normal(size=(3, 4, 4, 1)).astype("float32")
    found = attribute_change(dense, other, x, background=x[:1], method="occlusion", patch=2)
    assert found.values.shape == x.shape


def test_tokens_are_removed_not_differentiated():
    from explainprune.network.backend import keras

    layers = keras.layers
    keras.utils.set_random_seed(0)
    dense, other = (
        keras.Sequential([layers.Input((4,), dtype="int32"), layers.Embedding(9, 3),
                          layers.Flatten(), layers.Dense(2)])
        for _ in range(2)
    )  # fmt: skip
    x, background = np.array([[1, 2, 3, 4]]), np.zeros((1, 4), int)
    found = attribute_change(dense, other, x, background=background, method="permutation", beta=1.0)
    assert found.relative_gap < 1e-6
    assert np.abs(found.values).max() > 1e-3
    with pytest.raises(ValueError, match="gradient differentiates by the vectors of tokens"):
        attribute_change(dense, other, x, background=background, method="gradient", beta=1.0)


def test_what_is_refused(pair, wide_rows, models, rows):
    x, background = wide_rows
    with pytest.raises(ValueError, match=r"deep_shap isn't linear in the network: .* exact, expec"):
        change(*pair, x, background, method="deep_shap")
    with pytest.raises(ValueError, match=r"lrp isn't linear in the network"):
        change(*pair, x, background, method="lrp")
    with pytest.raises(ValueError, match=r"Unknown method 'permutaton'. Did you mean 'permut"):
        change(*pair, x, background, method="permutaton")
    narrow = FormulaNetwork(lambda x: x[:, 0], 10)
    with pytest.raises(ValueError, match=r"same outputs. Received: dense with 3 and other with 1"):
        change(pair[0], narrow, x, background)
    flat = FormulaNetwork(lambda x: np.ones(len(x)), 10)
    with pytest.raises(ValueError, match=r"the same for all 7 rows of x and the background. Pass"):
        change(flat, narrow, x, background)
    other = FormulaNetwork(lambda x: x, 5, n_outputs=5)
    with pytest.raises(ValueError, match="x does not fit the network"):
        change(pair[0], other, x, background)
    with pytest.raises(ValueError, match=r"beta is a finite number. Received: nan"):
        change(*pair, x, background, beta=float("nan"))
