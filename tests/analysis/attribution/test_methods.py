"""What every registered method must do: a new entry is tested by being registered."""

import inspect

import numpy as np
import pytest

from explainprune.analysis.attribution import METHODS, attribute
from explainprune.network import DifferenceNetwork, FormulaNetwork

# Of f(x) = w·x + c; every method that isn't named here explains the change from the background.
OF_LINEAR = {
    "gradient": lambda w, x, b: np.broadcast_to(w, (len(x), *w.shape)),
    "smoothgrad": lambda w, x, b: np.broadcast_to(w, (len(x), *w.shape)),
    "guided_backprop": lambda w, x, b: np.broadcast_to(w, (len(x), *w.shape)),
    "gradient_input": lambda w, x, b: x[:, :, None] * w,
    "lrp": lambda w, x, b: x[:, :, None] * w,
}
NEEDS_KERAS = {"deep_shap", "guided_backprop", "lrp", "shap_deep", "shap_gradient"}
NEEDS_CONVOLUTION = {"gradcam", "guided_gradcam"}  # their invariants are in test_gradcam.py
NOT_LINEAR_IN_F = {"deep_shap", "shap_deep"}
FROM_ZERO = {"lrp"}  # these share the output itself: their base is 0
WIDE = 0.15  # what sampling may do to values of size 1 where the estimate is noisy


def everywhere(exclude=()):
    return pytest.mark.parametrize(
        "method", sorted(set(METHODS) - NEEDS_CONVOLUTION - set(exclude))
    )


def takes_draws(method):
    return "draws" in inspect.signature(METHODS[method]).parameters


@pytest.fixture(scope="module")
def linear():
    from explainprune.network.backend import keras

    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    rng = np.random.default_rng(4)
    model.layers[0].kernel.assign(rng.normal(size=(5, 3)))
    model.layers[0].bias.assign([1.0, -2.0, 0.5])
    return model


@everywhere()
def test_a_linear_network_has_the_closed_form(method, linear, rows):
    x, background = rows
    weights = linear.layers[0].kernel.numpy()

    def change(w, x, b):
        return (x - b.mean(axis=0))[:, :, None] * w

    expected = OF_LINEAR.get(method, change)(weights, x, background)
    found = attribute(linear, x, background=background, method=method, target="all")
    # shap's own expected gradients draw background rows at random: exact only on average.
    noise = 0.7 if method == "shap_gradient" else 2e-5
    np.testing.assert_allclose(found.values, expected, atol=noise)
    base = 0 if method in FROM_ZERO else background.mean(axis=0) @ weights + [1, -2, 0.5]
    np.testing.assert_allclose(found.base[0], base, atol=1e-5)


@everywhere()
def test_complete_methods_add_up(method, mlp, rows):
    x, background = rows
    found = attribute(mlp, x, background=background, method=method, target="all")
    total = found.base + found.values.sum(axis=1)
    error = np.abs(found.output - total).max() / np.abs(found.output - found.base).max()
    if found.complete:
        assert error <= 1e-5
        assert not any("miss the output" in note for note in found.notes)
    else:
        assert error > 1e-5  # else it should say that it is complete


@everywhere()
def test_a_feature_that_nothing_reads_gets_nothing(method, mlp, rows):
    x, background = rows
    found = attribute(mlp, x, background=background, method=method, target="all")
    assert np.abs(found.values[:, 4]).max() <= 2e-6
    assert np.abs(found.values[:, 3]).max() > 0.01


@everywhere()
def test_features_that_are_treated_alike_and_equal_get_equal_values(method, mlp, rows):
    x, background = (part.copy() for part in rows)
    x[:, 1], background[:, 1] = x[:, 0], background[:, 0]
    noisy = method in ("permutation", "shap_permutation")
    options = {"draws": 30} if noisy else {}
    found = attribute(mlp, x, background=background, method=method, **options).values
    noise = WIDE if noisy else 2e-5
    np.testing.assert_allclose(found[:, 0], found[:, 1], atol=noise)
    assert np.abs(found[:, 0] - found[:, 2]).max() > 2 * noise


@everywhere(exclude=NEEDS_KERAS | NOT_LINEAR_IN_F)
def test_values_of_a_difference_are_differences_of_values(method, make_smooth, rows):
    x, background = rows
    a, b = make_smooth(0), make_smooth(1)

    def values(network):
        options = {"draws": 2} if takes_draws(method) else {}
        return attribute(
            network, x, background=background, method=method, target="all", seed=3, **options
        ).values

    both = values(DifferenceNetwork(a, b, 0.5))
    np.testing.assert_allclose(both, values(a) - 0.5 * values(b), atol=2e-5)


@everywhere()
def test_all_outputs_are_the_outputs_one_by_one(method, mlp, rows):
    x, background = rows
    together = attribute(mlp, x, background=background, method=method, target="all")
    for output in range(3):
        alone = attribute(mlp, x, background=background, method=method, target=output)
        np.testing.assert_allclose(alone.values, together.values[..., output], atol=2e-5)
        np.testing.assert_allclose(alone.base, together.base[:, output], atol=1e-6)


@everywhere()
def test_each_sample_may_have_its_own_target(method, mlp, rows):
    x, background = rows
    together = attribute(mlp, x, background=background, method=method, target="all").values
    own = attribute(mlp, x, background=background, method=method, target=[2, 0, 1]).values
    np.testing.assert_allclose(own, together[np.arange(3), :, [2, 0, 1]], atol=2e-5)


@everywhere()
def test_batches_and_repetition_change_nothing(method, mlp, rows):
    x, background = rows
    first = attribute(mlp, x, background=background, method=method, seed=5)
    again = attribute(mlp, x, background=background, method=method, seed=5)
    small = attribute(mlp, x, background=background, method=method, seed=5, batch_size=7)
    np.testing.assert_array_equal(first.values, again.values)
    near = 2e-6 * np.abs(first.values).max()  # float32: kernels round by the size of a batch
    np.testing.assert_allclose(first.values, small.values, rtol=0, atol=near)


@everywhere(exclude=NEEDS_KERAS)
def test_two_equal_networks_differ_by_exactly_nothing(method, rows):
    """Draws are paired: they depend on the seed and the rows, not on the network."""
    x, background = rows

    def formula(x):
        return np.sin(x).sum(axis=1) * x[:, 0]

    one = FormulaNetwork(formula, 5, rows_per_call=4096)
    other = FormulaNetwork(formula, 5, rows_per_call=3)  # cut into other pieces
    a, b = (
        attribute(network, x, background=background, method=method, seed=1)
        for network in (one, other)
    )
    np.testing.assert_allclose(a.values, b.values, rtol=0, atol=1e-12)


@everywhere()
def test_the_model_is_left_as_it_was(method, mlp, rows):
    x, background = rows
    weights = [weight.copy() for weight in mlp.get_weights()]
    copies = x.copy(), background.copy()
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    attribute(mlp, x, background=background, method=method)
    for before, after in zip(weights, mlp.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(copies[0], x)
    np.testing.assert_array_equal(copies[1], background)
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002
    assert not mlp.compiled


@everywhere()
def test_joined_features_are_one_value(method, mlp, rows):
    x, background = rows
    found = attribute(
        mlp, x, background=background, method=method, players=[0, 0, 1, 1, 2], target="all"
    )
    assert found.values.shape == (3, 3, 3)
    if found.complete:
        error = found.output - found.base - found.values.sum(axis=1)
        assert np.abs(error).max() <= 2e-5
    assert np.abs(found.values[:, 2]).max() <= 2e-6  # the player of the feature nothing reads


@pytest.mark.parametrize("method", sorted(METHODS))
def test_methods_are_documented_for_those_who_list_them(method):
    doc = inspect.getdoc(METHODS[method])
    assert "References\n----------" in doc or "arXiv" in doc or "Shapley" in doc
    assert METHODS[method].__name__ == method
