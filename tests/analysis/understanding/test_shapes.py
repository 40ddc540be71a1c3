"""Shapes of additive networks beside functions written by hand and beside exact Shapley values."""

import numpy as np
import pytest

import explainprune as xp
from explainprune.network import FormulaNetwork, apply_masks, perceptron
from explainprune.reporting import plot

RNG = np.random.default_rng(0)


def with_layers(*layers, activation="relu"):
    """A perceptron with these kernels and biases."""
    sizes = [len(layers[0][0]), *(np.shape(kernel)[1] for kernel, _ in layers)]
    model = perceptron(sizes[0], sizes[-1], hidden=sizes[1:-1], activation=activation)
    model.set_weights([np.asarray(each, np.float32) for layer in layers for each in layer])
    return model


def sparse(n_inputs, hidden, reads, seed=0, **options):
    """A perceptron of one hidden layer whose unit j reads `reads` features."""
    mask = np.zeros((n_inputs, hidden), bool)
    for unit in range(hidden):
        mask[(unit + np.arange(reads)) % n_inputs, unit] = True
    model = perceptron(n_inputs, 2, hidden=(hidden,), seed=seed, **options)
    weights = model.get_weights()
    weights[1] = RNG.normal(size=hidden).astype(np.float32)  # so that bends don't all lie at 0
    model.set_weights(weights)
    return apply_masks(model, {"hidden_1/kernel": mask})


def test_one_feature_is_the_function_that_was_written():
    model = with_layers(([[1.0, -1.0]], [-1.0, 0.5]), ([[2.0], [-3.0]], [0.25]))
    x = np.linspace(-2, 2, 9)[:, None].astype(np.float32)

    def f(t):
        return 2 * np.maximum(t - 1, 0) - 3 * np.maximum(0.5 - t, 0) + 0.25

    found = xp.shapes(model, x, background=x)
    x = x.astype(float)
    (curve,) = found.curves
    np.testing.assert_allclose(curve.points, [-2, 0.5, 1, 2], atol=1e-12)
    assert found.base == pytest.approx(f(x).mean())
    anywhere = np.linspace(-2, 2, 301)
    np.testing.assert_allclose(curve(anywhere)[:, 0], f(anywhere) - f(x).mean(), atol=1e-9)
    np.testing.assert_array_equal(curve.low, curve.values)
    assert curve.weight == pytest.approx(np.abs(f(x) - f(x).mean()).mean())


def test_the_sum_of_the_curves_is_the_network():
    model = sparse(3, 12, reads=1)
    x = RNG.normal(size=(40, 3)).astype(np.float32)
    found = xp.shapes(model, x, background=x[:7], output="logit")
    np.testing.assert_allclose(found(x), np.asarray(model(x)), atol=2e-6)
    assert set(found.frame().columns) == {"feature", "x", "output", "value", "low", "high"}


def test_deeper_networks_of_one_feature_each_bend_where_their_layers_do():
    first = [[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0]]
    second = [[1.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, 0.5]]
    third = [[1.0], [-1.0]]
    model = with_layers((first, [0.1, -0.3, 0.2, 1.0]), (second, [-0.4, -2.0]), (third, [0.0]))
    x = RNG.uniform(-3, 3, size=(60, 2)).astype(np.float32)
    found = xp.shapes(model, x, background=x)
    assert all(curve.everywhere for curve in found.curves)
    np.testing.assert_allclose(found(x), np.asarray(model(x)), atol=2e-6)
    # relu(t + .1) rises over .4 at .3; relu(-t - .3) only lowers: beside the layers' own bends
    np.testing.assert_allclose(found.curve("x0").points[1:-1], [-0.3, -0.1, 0.3], atol=1e-7)


def test_curves_and_surfaces_are_what_exact_shapley_values_are_made_of():
    model = sparse(3, 9, reads=2)
    background = RNG.normal(size=(11, 3)).clip(-2, 2).astype(np.float32)
    corners = np.stack(np.meshgrid(*[[-2.0, 2.0]] * 3, indexing="ij"), -1).reshape(-1, 3)
    found = xp.shapes(model, corners, background=background, points=5)
    exact, of_rows = (
        xp.attribute(
            model, x, background=background, method="exact", target="all", output="centred",
            interactions=True,
        )
        for x in (corners, background)
    )  # fmt: skip
    assert len(found.surfaces) == 3
    for surface in found.surfaces:
        i, j = surface.features
        at = np.ix_([0, -1], [0, -1])
        drawn = surface.values[at]
        for row, x in enumerate(corners):
            here = drawn[int(x[i] > 0), int(x[j] > 0)]
            np.testing.assert_allclose(here, 2 * exact.interactions[row, i, j], atol=1e-9)
        sizes = np.abs(2 * of_rows.interactions[:, i, j]).mean(axis=0)
        np.testing.assert_allclose(surface.weight, sizes, atol=1e-9)
    for curve in found.curves:
        own = exact.interactions[:, curve.feature, curve.feature]
        ends = curve.values[[0, -1]][(corners[:, curve.feature] > 0).astype(int)]
        np.testing.assert_allclose(ends, own, atol=1e-9)
        own = of_rows.interactions[:, curve.feature, curve.feature]
        np.testing.assert_allclose(curve.weight, np.abs(own).mean(axis=0), atol=1e-9)
        assert (curve.low <= curve.values + 1e-12).all() and not curve.everywhere


def test_what_the_background_spreads_before_pruning():
    product = FormulaNetwork(lambda x: x[:, 0] * x[:, 1], 2)
    model = sparse(2, 4, reads=1)
    rows = RNG.normal(size=(30, 2)).astype(np.float32)
    found = xp.shapes(model, rows, background=rows, before=product, points=3, output="logit")
    b0, b1 = rows.T.astype(float)
    (curve,) = [each for each in found.before if each.feature == 0]
    np.testing.assert_allclose(
        curve.values[:, 0], curve.points * b1.mean() - (b0 * b1).mean(), atol=1e-6
    )
    laid = np.outer(b1, curve.points - b0.mean())
    low, high = np.percentile(laid - laid.mean(axis=0), [5, 95], axis=0)
    np.testing.assert_allclose(curve.low[:, 0], curve.values[:, 0] + low, atol=1e-6)
    np.testing.assert_allclose(curve.high[:, 0], curve.values[:, 0] + high, atol=1e-6)


def test_smooth_units_are_exact_at_their_points_alone():
    model = with_layers(([[1.0]], [0.0]), ([[2.0]], [0.0]), activation="tanh")
    x = np.array([[-1.0], [1.0]])
    curve = xp.shapes(model, x, background=x, points=5).curves[0]
    np.testing.assert_allclose(curve.values[:, 0], 2 * np.tanh(curve.points), atol=1e-6)
    with pytest.raises(ValueError, match="The curve of 'x0' is known at its points alone"):
        curve(np.zeros(1))


def test_units_that_read_more_are_named():
    with pytest.raises(ValueError, match=r"'hidden_1\[0\]' \(3 features\), .* and 9 more"):
        xp.shapes(perceptron(3, 1, hidden=(12,)), np.zeros((2, 3)))


def test_beyond_its_range_a_curve_says_nothing():
    curve = xp.shapes(sparse(2, 4, reads=1), np.eye(2)).curve("x1")
    with pytest.raises(ValueError, match=r"known from 0 to 1\. Received: -1 to 2"):
        curve(np.array([-1.0, 2.0]))


def test_drawn_terms():
    model = sparse(3, 9, reads=2)
    x = RNG.normal(size=(20, 3)).astype(np.float32)
    found = xp.shapes(model, x, background=x[:5], before=perceptron(3, 2, hidden=(4,)), points=9)
    assert len(plot.shape(found, "x1").collections) == 2  # two bands
    assert plot.shape(found, ("x0", "x1")).get_title(loc="left").startswith("together")
    drawn = plot.shapes(found, top=5)
    assert [ax.get_visible() for ax in drawn] == [True] * 5 + [False]
    with pytest.raises(ValueError, match="Unknown pair 'x0 × x9'"):
        plot.shape(found, ("x0", "x9"))
