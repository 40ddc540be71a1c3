"""Rectified sums by two halves, against all coalitions and closed forms."""

import numpy as np
import pytest
from sparse_layers import L, sequential

from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.exact_cost import exact_cost
from explainprune.analysis.attribution.games.enumeration import shapley, subset_sums
from explainprune.analysis.attribution.games.halves import AT_ONCE, of_rectifiers
from explainprune.network import as_network, unroll
from explainprune.network.backend import keras
from explainprune.network.scalars.terms import MOST_BY_HALVES, steps


def enumerated(starts, deltas):
    return shapley(np.maximum(subset_sums(starts, deltas), 0.0))


def close(found, wanted, rtol=1e-12):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=rtol * np.abs(wanted).max())


@pytest.mark.parametrize("players", [1, 2, 3, 8, 13, 20])
def test_values_are_those_of_all_coalitions(players):
    rng = np.random.default_rng(players)
    starts, deltas = rng.normal(size=5), rng.normal(size=(players, 5))
    close(of_rectifiers(starts, deltas), enumerated(starts, deltas))


@pytest.mark.parametrize("sign", [1.0, -1.0, 0.0])
def test_ties_and_sums_of_exactly_zero(sign):
    deltas = np.array([[1.0, 1.0, 2.0, -1.0, -1.0, -2.0, 1.0, 0.0, 3.0]]).T * [1.0, 0.5]
    starts = sign * np.array([1.0, 0.5])
    close(of_rectifiers(starts, deltas), enumerated(starts, deltas))


def test_equal_players_share_equally_what_all_together_gain():
    starts, deltas = np.array([-9.5]), np.ones((20, 1))
    np.testing.assert_allclose(of_rectifiers(starts, deltas), 10.5 / 20, rtol=1e-12)


def test_who_turns_a_unit_off_alone():
    """One player of −M, others who add 1: v = |S| without him, else 0."""
    deltas = np.array([[-1e6], *[[1.0]] * 24])
    found = of_rectifiers(np.zeros(1), deltas)[:, 0]
    # He joins after k of the 24, all k equally likely, and takes k away.
    close(found, np.array([-12.0] + [0.5] * 24))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_no_coalition_switches_is_affine_or_nothing(sign):
    deltas = np.random.default_rng(0).normal(size=(17, 3))
    starts = np.full(3, sign * 100.0)
    found = of_rectifiers(starts, deltas)
    np.testing.assert_allclose(found, deltas if sign > 0 else 0 * deltas, atol=1e-11)


def test_scale_doesnt_matter():
    rng = np.random.default_rng(3)
    starts, deltas = rng.normal(size=4), rng.normal(size=(14, 4))
    large = of_rectifiers(starts * 1e150, deltas * 1e150)
    close(large / 1e150, of_rectifiers(starts, deltas))


def test_games_of_several_threads_are_those_of_one():
    rng = np.random.default_rng(4)
    count = 2 * AT_ONCE + 7
    starts, deltas = rng.normal(size=count), rng.normal(size=(9, count))
    found = of_rectifiers(starts, deltas)
    np.testing.assert_array_equal(
        found[:, 100:101], of_rectifiers(starts[100:101], deltas[:, 100:101])
    )
    close(found, enumerated(starts, deltas))


def test_the_price_is_that_of_the_cheaper_way():
    players = np.array([4, 6, 7, 8, 10, 24, 44, 45])
    a, b = players // 2, players - players // 2
    by_halves = (a + 1) * 2.0**b + (b + 1) * 2.0**a
    assert steps(players, False).tolist() == (2.0**players).tolist()
    cheaper = np.minimum(by_halves, 2.0**players)
    cheaper[-1] = 2.0**45  # its halves' sums would not fit into memory
    assert MOST_BY_HALVES == 44
    assert steps(players, True).tolist() == cheaper.tolist()


PIECEWISE = {
    "relu": L.Activation("relu"),
    "leaky_relu": L.Activation("leaky_relu"),
    "relu6": L.Activation("relu6"),
    "hard_tanh": L.Activation("hard_tanh"),
    "hard_sigmoid": L.Activation("hard_sigmoid"),
    "soft_shrink": L.Activation("soft_shrink"),
    "a ceiling and a slope": L.ReLU(max_value=0.75, negative_slope=0.125),
    "LeakyReLU": L.LeakyReLU(negative_slope=0.3),
    "PReLU": L.PReLU(alpha_initializer="random_normal"),
}
OPERATIONS = {
    "absolute": keras.ops.absolute,
    "relu6": keras.ops.relu6,
    "hard_tanh": keras.ops.hard_tanh,
    "hard_sigmoid": keras.ops.hard_sigmoid,
    "leaky_relu": lambda x: keras.ops.leaky_relu(x, negative_slope=0.4),
    "soft_shrink": lambda x: keras.ops.soft_shrink(x, threshold=0.3),
    "maximum": lambda x: keras.ops.maximum(x[:, : x.shape[1] // 2], x[:, x.shape[1] // 2 :]),
    "minimum": lambda x: keras.ops.minimum(x[:, : x.shape[1] // 2], x[:, x.shape[1] // 2 :]),
}
INPUTS = 12


def piecewise(name, operation=False, inputs=INPUTS, units=6):
    """A dense layer, and what bends it."""
    keras.utils.set_random_seed(5)
    given = keras.Input((inputs,))
    hidden = L.Dense(units, bias_initializer="random_normal")(given)
    bent = OPERATIONS[name](hidden) if operation else PIECEWISE[name](hidden)
    model = keras.Model(given, L.Dense(2)(bent))
    model.layers[1].kernel.assign(np.random.default_rng(6).normal(size=(inputs, units)))
    return model


def by_enumeration(model, x, background):
    """Every coalition of the inputs through the Keras model itself, in float64."""
    network = unroll(model)
    values = [
        np.mean(
            [
                np.stack(
                    [
                        shapley(network.outputs(subset_sums(row, np.diag(sample - row)))[:, [k]])
                        for k in range(2)
                    ],
                    axis=-1,
                )[:, 0]
                for row in background
            ],
            axis=0,
        )
        for sample in x
    ]
    return np.stack(values)


@pytest.mark.parametrize(
    ("name", "operation"),
    [*((name, False) for name in PIECEWISE), *((name, True) for name in OPERATIONS)],
)
def test_every_piecewise_linear_kind(name, operation):
    model = piecewise(name, operation)
    network = as_network(model)
    rng = np.random.default_rng(7)
    x, background = rng.normal(size=(2, INPUTS)), rng.normal(size=(2, INPUTS))
    # Reading it as affine functions and rectifiers changes nothing ...
    np.testing.assert_allclose(unroll(model).outputs(x), network.outputs(x), rtol=0, atol=1e-5)
    cost = exact_cost(model, x, background)
    assert cost.units.max() <= steps(np.array([INPUTS]), True)[0] < 2**INPUTS
    # ... nor does the way that is taken.
    found = exact(network, x, background, None, players=np.arange(INPUTS)).values
    close(found, by_enumeration(model, x, background))


FORMULAS = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.2 * z),
    "relu6": lambda z: np.clip(z, 0, 6),
    "hard_tanh": lambda z: np.clip(z, -1, 1),
    "hard_sigmoid": lambda z: np.clip(z / 6 + 0.5, 0, 1),
    "soft_shrink": lambda z: np.sign(z) * np.maximum(np.abs(z) - 0.5, 0),
    "a ceiling and a slope": lambda z: np.minimum(np.where(z > 0, z, 0.125 * z), 0.75),
    "LeakyReLU": lambda z: np.where(z > 0, z, 0.3 * z),
    "absolute": np.abs,
    "maximum": lambda z: z.max(axis=1, keepdims=True),
    "minimum": lambda z: z.min(axis=1, keepdims=True),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_twenty_players_of_every_kind(name):
    """From the formula of each kind: a million coalitions of what its two units read."""
    model = piecewise(name, name not in PIECEWISE, inputs=20, units=2)
    rng = np.random.default_rng(8)
    x, background = rng.normal(size=(1, 20)), rng.normal(size=(1, 20))
    kernel, bias = (np.float64(weight) for weight in model.layers[1].get_weights())
    last, _ = (np.float64(weight) for weight in model.layers[-1].get_weights())
    z = subset_sums((background @ kernel + bias)[0], (x - background).T * kernel)
    wanted = shapley(FORMULAS[name](z) @ last)
    found = exact(as_network(model), x, background, None, players=np.arange(20)).values
    close(found[0], wanted)


def test_a_window_of_two_and_raw_pixels():
    model = sequential((9, 2), L.Conv1D(3, 5), L.MaxPooling1D(2, 1), L.Flatten(), L.Dense(2))
    rng = np.random.default_rng(8)
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape))
    x, background = rng.normal(size=(1, 18)), rng.normal(size=(1, 18))
    cost = exact_cost(model, x.reshape(1, 9, 2), background.reshape(1, 9, 2))
    assert cost.units.max() <= steps(np.array([12]), True)[0]
    found = exact(as_network(model), x, background, None, players=np.arange(18)).values
    close(found, by_enumeration(model, x, background))


def test_thirty_features_and_a_whole_hidden_layer():
    """Unpruned: 2^30 coalitions for each unit would be refused."""
    keras.utils.set_random_seed(9)
    model = sequential((30,), L.Dense(16, "relu"), L.Dense(2))
    rng = np.random.default_rng(9)
    x, background = rng.normal(size=(1, 30)), rng.normal(size=(1, 30))
    network = as_network(model)
    cost = exact_cost(model, x, background)
    with pytest.raises(ValueError, match=r"would take .* steps"):
        exact(network, x, background, None, players=np.arange(30), limit=cost.total - 1)
    found = exact(network, x, background, None, players=np.arange(30), limit=cost.total)
    difference = unroll(model).outputs(x) - unroll(model).outputs(background)
    close(found.values.sum(axis=1), difference)
    # Every other player alone, against orders drawn at random.
    rng = np.random.default_rng(10)
    orders = np.argsort(rng.random((4_000, 30)), axis=1)
    ahead = np.argsort(orders, axis=1)
    for player in (0, 17):
        before = ahead < ahead[:, [player]]
        with_them = before.copy()
        with_them[:, player] = True
        gains = [unroll(model).outputs(np.where(s, x, background)) for s in (with_them, before)]
        drawn = gains[0] - gains[1]
        error = drawn.std(axis=0) / np.sqrt(len(drawn))
        assert (np.abs(drawn.mean(axis=0) - found.values[0, player]) < 5 * error).all()
