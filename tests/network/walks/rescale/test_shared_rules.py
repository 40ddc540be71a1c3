"""Rules that share one change among many inputs: softmax, quotients, maxima."""

import numpy as np
import pytest
from deep_shap_cases import L, functional, keras, ops
from exact_reference import averaged, shapley_by_definition

from explainprune.analysis.attribution.deep_shap import deep_shap
from explainprune.network import as_network
from explainprune.network.backend import tf
from explainprune.network.walks.multipliers import multipliers_of
from explainprune.network.walks.rescale.maxima import shares_of_maximum


def values_of(function, x, row):
    """The values of a network without weights, one sample and one reference: (inputs, outputs)."""
    inputs = keras.Input((len(x),))
    network = as_network(keras.Model(inputs, function(inputs)))
    targets = np.arange(network.n_outputs)[None]
    return multipliers_of(network).values(x[None], row[None], targets)[0].T


def softmax(t):
    """Softmax, and one more operation: one at the very end is looked through."""
    return 2.0 * ops.softmax(t) - ops.softmax(t)


def ends(inputs, seed=0, size=1.0):
    return (size * np.random.default_rng(seed).normal(size=(2, inputs))).astype("float32")


@pytest.mark.parametrize("n", [1, 2, 3, 6])
@pytest.mark.parametrize("ties", [False, True])
def test_a_maximum_is_shared_as_shapley_shares_it(n, ties):
    x, row = ends(n, seed=n).astype(float) * 1.5
    if ties:
        x, row = np.round(x), np.round(row)
        row[0] = x[0]
    expected = shapley_by_definition(lambda rows: rows.max(axis=1), x, row, np.arange(n))
    found = shares_of_maximum(tf.constant(x), tf.constant(row)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(("reduce", "exact"), [(ops.max, np.max), (ops.min, np.min)])
def test_a_reduction_over_several_axes_is_shared_so_too(reduce, exact):
    x, row = ends(6)
    found = values_of(lambda t: reduce(ops.reshape(t, (-1, 3, 2)), axis=(1, 2))[:, None], x, row)
    expected = shapley_by_definition(lambda rows: exact(rows, axis=1), x, row, np.arange(6))
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-6)


def test_a_masked_step_is_paid_as_a_product():
    """Two steps; a step of 0 is masked, so that any other number in it lets the whole step in."""
    inputs = keras.Input((2, 2))
    masked = L.Masking()(inputs)
    network = as_network(keras.Model(inputs, masked))
    x, row = np.array([[1.0, 2.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.0, 3.0]])
    values = multipliers_of(network).values(x, row, np.arange(4)[None])[0].T
    moved = network.outputs(x) - network.outputs(row)
    np.testing.assert_allclose(values.sum(axis=0), moved[0], atol=1e-6)
    # Of x0 · any(x0 > 0, x1 > 0) in the first step: half for being there, half shared for the mask.
    np.testing.assert_allclose(values[:2, 0], [0.5 + 0.25, 0.25], atol=1e-6)


@pytest.mark.parametrize(("how", "exact"), [(ops.any, np.any), (ops.all, np.all)])
def test_any_and_all_are_shared_as_shapley_shares_them(how, exact):
    x, row = np.array([1.0, -1, 1, -2], "float32"), np.array([-1.0, 1, -1, -2], "float32")
    if how is ops.all:
        x, row = -x, -row
    found = values_of(
        lambda t: 2.0 * ops.cast(how(t > 0, axis=1, keepdims=True), "float32"), x, row
    )
    expected = shapley_by_definition(
        lambda rows: 2.0 * exact(rows > 0, axis=1), x, row, np.arange(4)
    )
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("of_two", "exact"), [(ops.maximum, np.maximum), (ops.minimum, np.minimum)]
)
@pytest.mark.parametrize("seed", range(5))
def test_the_larger_of_two_is_shared_as_shapley_shares_it(of_two, exact, seed):
    x, row = ends(2, seed)
    found = values_of(lambda t: of_two(t[:, :1], t[:, 1:]), x, row)
    expected = shapley_by_definition(lambda r: exact(r[:, 0], r[:, 1]), x, row, np.arange(2))
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-6)


def test_softmax_of_two_is_a_sigmoid():
    x, row = ends(2, size=3.0)
    found = values_of(softmax, x, row)
    p, q = (1 / (1 + np.exp(end[1] - end[0])) for end in (x, row))
    slope = (p - q) / ((x[0] - x[1]) - (row[0] - row[1]))
    expected = slope * (x - row) * [1, -1]
    np.testing.assert_allclose(found, np.stack([expected, -expected], axis=1), rtol=2e-5)


def softmax_by_hand(x, row):
    """(inputs, outputs), and shares in log sum exp: logarithmic means, one number after another."""
    middle = (x + row) / 2
    values, common = np.zeros((len(x), len(x))), np.zeros(len(x))
    for start, end in ((row, middle), (middle, x)):
        p, q = (np.exp(e - e.max()) / np.exp(e - e.max()).sum() for e in (end, start))
        means = [(a - b) / (np.log(a) - np.log(b)) for a, b in zip(p, q, strict=True)]
        moved = end - start
        shares = np.array([m * d / sum(means) for m, d in zip(means, moved, strict=True)])
        common += shares
        for out in range(len(x)):
            values[:, out] -= means[out] * shares
            values[out, out] += means[out] * moved[out]
    return values, common


@pytest.mark.parametrize("size", [0.1, 1.0, 6.0])
def test_softmax_follows_its_formula(size):
    x, row = ends(4, size=size)
    values, common = softmax_by_hand(x.astype(float), row.astype(float))
    found = values_of(softmax, x, row)
    np.testing.assert_allclose(found, values, atol=2e-6)
    found = values_of(ops.log_softmax, x, row)
    np.testing.assert_allclose(found, np.diag(x - row) - common[:, None], atol=5e-6 * max(1, size))


def test_no_shift_of_scores_matters_to_softmax():
    """A score that both ends share is no score: 80 more on the sample's side is far from 1/e^80."""
    x, row = ends(4)
    plain = values_of(lambda t: softmax(t[:, :3]), x, row)
    x[3], row[3] = 80.0, 0.0
    shifted = values_of(lambda t: softmax(t[:, :3] + t[:, 3:]), x, row)
    # What is shifted away is paid by the shift's own player, and changes no probability.
    assert np.isfinite(shifted).all()
    np.testing.assert_allclose(shifted.sum(axis=0), plain.sum(axis=0), atol=2e-5)
    np.testing.assert_allclose(shifted[:3], plain[:3], atol=2e-5)
    np.testing.assert_allclose(shifted[3], 0, atol=2e-4)


def along_the_way(numerator, denominator, root):
    """Values of A / Q or A / sqrt(Q): A's and Q's derivatives along the line, 20,000 points."""
    t = (np.arange(20_000) + 0.5) / 20_000
    (a_x, a_b), (q_x, q_b) = numerator, denominator
    a, q = a_b + t * (a_x - a_b), q_b + t * (q_x - q_b)
    power = 0.5 if root else 1.0
    of_a = np.mean(q**-power) * (a_x - a_b)
    return np.array([of_a, np.mean(-power * a * q ** (-power - 1)) * (q_x - q_b)])


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize("ratio", [1.0, 1.0005, 1.3, 40.0])
@pytest.mark.parametrize("upside_down", [True, False])
def test_a_quotient_is_paid_along_the_way(root, ratio, upside_down):
    x, row = np.array([0.7, ratio], "float32"), np.array([-0.4, 1.0], "float32")
    if upside_down:
        x, row = row, x
    inverse = ops.rsqrt if root else (lambda t: 1.0)

    def function(t):
        return t[:, :1] * inverse(t[:, 1:]) if root else t[:, :1] / t[:, 1:]

    expected = along_the_way((x[0], row[0]), (x[1], row[1]), root)
    found = values_of(function, x, row)[:, 0]
    np.testing.assert_allclose(found, expected, atol=3e-6 * np.abs(expected).max())


def test_a_quotient_whose_sign_turns_adds_up_all_the_same():
    x, row = np.array([0.7, 2.0], "float32"), np.array([-0.4, -1.0], "float32")
    found = values_of(lambda t: t[:, :1] / t[:, 1:], x, row)[:, 0]
    middle = [1.1 * (1 / 2.0 - 1) / 2, 0.15 * (1 / 2.0 + 1)]  # two players' Shapley values
    np.testing.assert_allclose(found, middle, rtol=1e-5)


def test_what_is_normalised_with_nothing_left_is_zero():
    """A scale of 0 makes the factor 0 at both ends: no quotient of it may be taken."""
    model = functional((3,), lambda t: L.LayerNormalization(gamma_initializer="zeros")(t))
    model.layers[-1].gamma.assign([0.0, 1.0, 0.0])
    x, row = ends(3)
    found = multipliers_of(as_network(model)).values(x[None], row[None], np.arange(3)[None])[0]
    assert np.isfinite(found).all() and (found[[0, 2]] == 0).all() and (found[1] != 0).any()


POOLS = {
    "side by side": ((2, 4, 1), lambda: L.MaxPooling2D(2)),
    "two channels, a rest left over": ((3, 2, 2), lambda: L.MaxPooling2D((2, 1))),
    "overlapping": ((3, 3, 1), lambda: L.MaxPooling2D(2, 1)),
    "padded": ((3, 3, 1), lambda: L.MaxPooling2D(2, 2, padding="same")),
    "one dimension": ((5, 2), lambda: L.MaxPooling1D(3, 2)),
    "three dimensions": ((2, 2, 2, 1), lambda: L.MaxPooling3D((2, 2, 1))),
    "three dimensions, padded": ((3, 1, 2, 1), lambda: L.MaxPooling3D(2, 2, padding="same")),
}


@pytest.mark.parametrize("name", POOLS)
def test_windows_may_be_shared_as_shapley_shares_them(name):
    """Behind them everything is linear, so that these are the Shapley values of the whole."""
    shape, layer = POOLS[name]
    inputs = keras.Input(shape)
    model = keras.Model(inputs, L.Dense(2)(L.Flatten()(layer()(inputs))))
    network, players = as_network(model), np.arange(np.prod(shape))
    x, background = np.random.default_rng(3).normal(size=(2, 2, len(players)))
    found = deep_shap(network, x, background, None, max_pool="shapley").values
    expected = averaged(shapley_by_definition, network.outputs, x, background, players)
    np.testing.assert_allclose(found, expected, atol=2e-6)
    assert np.abs(deep_shap(network, x, background, None).values - expected).max() > 1e-3


def test_a_way_to_share_windows_that_is_not_known():
    with pytest.raises(ValueError, match="Did you mean 'shapley'"):
        deep_shap(None, np.ones((1, 2)), np.ones((1, 2)), None, max_pool="shaply")


def test_layers_whose_gradients_forget_their_shape_may_follow_each_other():
    def block(t):
        h = L.ReLU(6.0)(L.BatchNormalization()(L.Conv2D(4, 1)(t)))
        h = L.ReLU(6.0)(L.BatchNormalization()(L.DepthwiseConv2D(2, padding="same")(h)))
        return L.Dense(2)(L.GlobalAveragePooling2D()(L.Add()([t, L.Conv2D(1, 1)(h)])))

    network = as_network(functional((3, 3, 1), block))
    x, row = ends(9)
    values = multipliers_of(network).values(x[None], row[None], np.arange(2)[None])[0]
    moved = network.outputs(x[None]) - network.outputs(row[None])
    np.testing.assert_allclose(values.sum(axis=1), moved[0], atol=1e-5)
