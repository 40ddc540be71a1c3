"""Criteria that probe a layer, on formulas and on models with a closed form."""

from itertools import permutations

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.criteria import importance, importances
from explainprune.criteria.removal import ablation, ablation_mean, shapley
from explainprune.network.backend import keras
from explainprune.network.statistics.probing import probes
from explainprune.network.variables import weights_of

L = keras.layers


class Game:
    """A probe whose loss is a formula of the gates."""

    def __init__(self, units, loss):
        self.path, self.units, self.rows, self._loss, self.asked = "game", units, 10, loss, 0

    def losses(self, gates, *, fill="zero"):
        self.asked += len(gates)
        return np.array([self._loss(np.asarray(gate), fill) for gate in gates])


def pairs(units, seed=0):
    """Return a game of single gains and gains of pairs, and its Shapley values."""
    rng = np.random.default_rng(seed)
    single, joint = rng.normal(size=units), np.triu(rng.normal(size=(units, units)), 1)
    game = Game(units, lambda gate, fill: 3 - single @ gate - gate @ joint @ gate)
    return game, single + (joint + joint.T).sum(axis=1) / 2


def test_exact_shapley_against_all_orders():
    rng = np.random.default_rng(1)
    table = rng.normal(size=32)
    game = Game(5, lambda gate, fill: table[int(gate @ (1 << np.arange(5)))])
    expected = np.zeros(5)
    for order in permutations(range(5)):
        gate, before = np.zeros(5), table[0]
        for unit in order:
            gate[unit] = 1
            after = table[int(gate @ (1 << np.arange(5)))]
            expected[unit] += (before - after) / 120
            before = after
    np.testing.assert_allclose(shapley(game, rng), expected, atol=1e-12)


def test_exact_shapley_of_pairs():
    game, expected = pairs(12)
    np.testing.assert_allclose(shapley(game, np.random.default_rng(0)), expected, atol=1e-10)


def cubic(units, seed=0):
    """Gains of triples too, which pairs of reversed orders do not make exact."""
    game, expected = pairs(units, seed)
    rng = np.random.default_rng(seed + 1)
    triples = [(rng.permutation(units)[:3], rng.normal() * 3) for _ in range(units)]
    plain = game._loss

    def loss(gate, fill):
        return plain(gate, fill) - sum(gain * gate[list(t)].prod() for t, gain in triples)

    for t, gain in triples:
        expected[list(t)] += gain / 3
    return Game(units, loss), expected


def test_sampled_shapley_covers_the_truth():
    game, expected = cubic(14)
    inside, errors = [], []
    for seed in range(20):
        scores, error = shapley(game, np.random.default_rng(seed), tolerance=0.0, most_pairs=12)
        inside.append(np.abs(scores - expected) <= 2.2 * error + 1e-12)  # t with 11 degrees: .95
        errors.append(error)
        whole, none = game.losses([np.ones(14), np.zeros(14)])
        assert scores.sum() == pytest.approx(none - whole)
    assert 0.9 <= np.mean(inside) <= 0.99
    assert np.mean(errors) > 0.01


def test_sampled_shapley_stops_when_it_may():
    game, _ = cubic(14)
    scores, error = shapley(game, np.random.default_rng(0), tolerance=0.5)
    assert game.asked == 8 * 2 * 15
    assert error.max() <= 0.5 * np.ptp(scores)
    linear = Game(20, lambda gate, fill: -(np.arange(20) @ gate))
    scores, error = shapley(linear, np.random.default_rng(0))
    np.testing.assert_allclose(scores, np.arange(20), atol=1e-9)
    np.testing.assert_allclose(error, 0, atol=1e-9)


def test_ablation_is_a_difference_of_losses():
    game = Game(3, lambda gate, fill: (10 if fill == "zero" else 20) - np.array([1, 2, 4]) @ gate)
    np.testing.assert_allclose(ablation(game), [1, 2, 4])
    np.testing.assert_allclose(ablation_mean(game), [1, 2, 4])


def two_layers(tail="linear"):
    keras.utils.set_random_seed(2)
    return sequential(
        (4,),
        L.Dense(6, activation="tanh", name="a"),
        L.Dense(5, activation=tail, name="b"),
        L.Dense(3, name="c"),
    )


def test_ablation_of_a_model():
    model = two_layers()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)).astype(np.float32), rng.integers(3, size=8)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    base = float(loss(y, model(x)))
    scores = importance(model, x, y, criterion="ablation")
    assert list(scores.scores) == ["a", "b"]
    kernel = model.get_layer("b").kernel
    start = kernel.numpy()
    for unit in range(6):
        cut = start.copy()
        cut[unit] = 0
        kernel.assign(cut)
        assert scores["a"][unit] == pytest.approx(float(loss(y, model(x))) - base, abs=1e-6)
    kernel.assign(start)


def by_row(model, x):
    """Return each row's best class, and activations of the first layer."""
    best = np.asarray(model(x)).argmax(axis=1)
    return best, np.asarray(model.get_layer("a")(x), float)


def test_conductance_and_shap_where_the_rest_is_linear():
    """F = w · a: conductance is w (a(x) − a(mean x)), SHAP is w (a(x) − mean a)."""
    model = two_layers()
    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    best, a = by_row(model, x)
    held = weights_of(model)
    w = (held["b/kernel"] @ held["c/kernel"]).T[best]
    from_mean = np.asarray(model.get_layer("a")(x.mean(axis=0, keepdims=True)))
    both = importances(model, x, criteria=["conductance", "shap"])
    np.testing.assert_allclose(
        both["conductance"]["a"], abs(w * (a - from_mean)).mean(axis=0), rtol=1e-4
    )
    # 64 draws over 8 rows: each other row comes 8 times, so that nothing is left to chance.
    np.testing.assert_allclose(
        both["shap"]["a"], abs(w * (a - a.mean(axis=0))).mean(axis=0), rtol=1e-4
    )
    assert both["shap"].std_error["a"].shape == (6,)
    assert both["conductance"].std_error is None


def test_conductance_is_complete_where_the_layer_cuts_the_network():
    model = two_layers("tanh")
    x = np.random.default_rng(1).normal(size=(8, 4)).astype(np.float32)
    best, _ = by_row(model, x)
    logits, mean = np.asarray(model(x)), np.asarray(model(x.mean(axis=0, keepdims=True)))[0]
    moved = logits[np.arange(8), best] - mean[best]
    for name in ("a", "b"):
        errors = []
        for steps in (8, 16, 32):
            (a, slope), *_ = probes(model, x)[name].along(steps)
            middle = (slope[:, 1:] + slope[:, :-1]) / 2
            total = (middle * np.diff(a, axis=1)).sum(axis=(1, 2, 3))
            errors.append(abs(total - moved).max())
        assert errors[2] < 2e-3 * abs(moved).max()
        if name == "a":  # the trapezoid rule is of second order; behind b all is linear
            assert errors[0] / errors[1] > 3 and errors[1] / errors[2] > 3


def test_conductance_against_a_fine_sum():
    model = two_layers("relu")
    x = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    best, _ = by_row(model, x)
    mean, held = x.mean(axis=0), weights_of(model)
    shares = np.zeros((5, 6))
    for row in range(5):
        ends = np.linspace(0, 1, 4001)[:, None]
        a = np.tanh((mean + ends * (x[row] - mean)) @ held["a/kernel"] + held["a/bias"])
        open_ = (a @ held["b/kernel"] + held["b/bias"]) > 0
        slope = (open_ * held["c/kernel"][:, best[row]]) @ held["b/kernel"].T
        shares[row] = (slope[:-1] * np.diff(a, axis=0)).sum(axis=0)
    scores = importance(model, x, criterion="conductance")["a"]
    np.testing.assert_allclose(scores, abs(shares).mean(axis=0), rtol=0.02, atol=1e-3)


def test_shap_against_many_random_draws():
    model = two_layers("tanh")
    x = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    best, a = by_row(model, x)
    held, rng = weights_of(model), np.random.default_rng(9)
    phi = np.zeros((6, 6))
    for row in range(6):
        b, t = a[rng.integers(6, size=40_000)], rng.random((40_000, 1))
        mixed = b + t * (a[row] - b)
        bend = 1 - np.tanh(mixed @ held["b/kernel"] + held["b/bias"]) ** 2
        slope = (bend * held["c/kernel"][:, best[row]]) @ held["b/kernel"].T
        phi[row] = ((a[row] - b) * slope).mean(axis=0)
    scores = importance(model, x, criterion="shap", seed=1)
    difference = abs(scores["a"] - abs(phi).mean(axis=0))
    assert (difference <= 3 * scores.std_error["a"] + 2e-3).all()
    assert (scores.std_error["a"] < 0.1 * scores["a"].max()).all()


def test_several_criteria_at_once_are_what_each_is_alone():
    model = two_layers()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)).astype(np.float32), rng.integers(3, size=8)
    names = ["random", "taylor", "shap", "apoz"]
    together = importances(model, x, y, criteria=names, seed=3)
    assert list(together) == names
    for name in names:
        alone = importance(model, x, y, criterion=name, seed=3)
        for path, scores in alone.scores.items():
            np.testing.assert_array_equal(together[name][path], scores)
    with pytest.raises(ValueError, match="Two criteria are named 'taylor'"):
        importances(model, x, y, criteria=["taylor", "taylor"])


def test_probing_needs_rows():
    with pytest.raises(ValueError, match="rows are needed for ablation: x is None"):
        importance(two_layers(), criterion="ablation")


def test_standard_errors_of_a_callable():
    def drawn(kernel, rng):
        return np.abs(kernel), np.full(kernel.shape, 0.5)

    model = two_layers()
    by_weight = importance(model, criterion=drawn, level="weight")
    np.testing.assert_array_equal(by_weight.std_error["a/kernel"], np.full((4, 6), 0.5))
    by_unit = importance(model, criterion=drawn)
    np.testing.assert_allclose(by_unit.std_error["a"], np.full(6, 0.5 * np.sqrt(4)))
    with pytest.raises(ValueError, match=r"standard errors of shape \(2,\) for scores"):
        importance(model, criterion=lambda kernel: (kernel, np.ones(2)))
