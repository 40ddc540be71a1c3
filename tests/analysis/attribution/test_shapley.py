"""Every Shapley method against the definition, by enumeration of all coalitions."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainprune.analysis.attribution import METHODS, attribute
from explainprune.network import FormulaNetwork

EXACT = ["exact", "kernel", "leverage", "shap_kernel"]  # these enumerate small games
SAMPLED = ["kernel", "leverage", "permutation", "shap_kernel", "shap_permutation"]
FEW = {
    "kernel": {"coalitions": 24, "draws": 24},
    "leverage": {"coalitions": 24, "draws": 24},
    "permutation": {"draws": 24},
    "shap_kernel": {"nsamples": 60, "draws": 12},
    "shap_permutation": {"permutations": 2, "draws": 12},
}


@pytest.fixture(scope="module")
def wide(make_smooth):
    """A network of ten features with what its values are by definition."""
    return make_smooth(3, features=10, outputs=2, units=9)


@pytest.fixture(scope="module")
def truth(wide, by_definition):
    rng = np.random.default_rng(5)
    x, background = rng.normal(size=(2, 10)), rng.normal(size=(3, 10))
    expected = np.stack([by_definition(wide.outputs, row, background) for row in x])
    return x, background, expected


@pytest.mark.parametrize("method", EXACT)
@pytest.mark.parametrize("players", [None, [0, 1, 1, 0, 2]], ids=["features", "players"])
def test_enumerated_games_are_exact(method, players, smooth, rows, by_definition):
    x, background = (part.astype(np.float64) for part in rows)
    expected = [by_definition(smooth.outputs, row, background, players) for row in x]
    options = {} if method == "exact" else {"draws": 3}
    found = attribute(
        smooth, x, background=background, method=method, players=players, target="all", **options
    )
    np.testing.assert_allclose(found.values, expected, atol=1e-7)
    assert found.std_error is None  # nothing was drawn: no made-up zero


@pytest.mark.parametrize("method", SAMPLED)
def test_samplers_find_the_values_within_their_errors(method, wide, truth):
    x, background, expected = truth
    found = attribute(
        wide, x, background=background, method=method, target="all", seed=11, **FEW[method]
    )
    assert found.complete
    assert found.relative_gap < 1e-6
    if method == "shap_kernel":  # a fit to few coalitions is biased: only near
        assert np.abs(found.values - expected).max() < 0.25 * np.abs(expected).max()
        return
    away = np.abs(found.values - expected) / found.std_error
    assert away.max() < 4.5
    assert 0.5 < np.sqrt((away**2).mean()) < 1.4
    assert found.std_error.max() < 0.3 * np.abs(expected).max()


def test_more_draws_come_nearer_at_the_rate_of_the_square_root(wide, truth):
    x, background, expected = truth

    def error(method, draws):
        options = {} if method == "permutation" else {"coalitions": 24}
        runs = [
            attribute(
                wide,
                x,
                background=background,
                method=method,
                draws=draws,
                target="all",
                seed=seed,
                **options,
            ).values
            for seed in range(6)
        ]
        return np.sqrt(np.mean((np.array(runs) - expected) ** 2))

    for method in ("permutation", "kernel", "leverage"):
        gain = error(method, 2) / error(method, 32)
        assert gain > 2.5
        # √16 = 4; fits to more draws, and sizes taken whole, bring the others more than that.
        assert gain < 6.4 or method != "permutation"


@pytest.mark.parametrize(
    ("method", "options"), [("kernel", {}), ("leverage", {}), ("shap_kernel", {"nsamples": 300})]
)
def test_no_feature_is_dropped_from_a_fit(method, options):
    """Fits keep all features; shap's default silently keeps ten."""
    many = FormulaNetwork(lambda x: x.sum(axis=1), 30)
    values = attribute(
        many, np.ones((1, 30)), background=np.zeros((1, 30)), method=method, **options
    ).values
    np.testing.assert_allclose(values, np.ones((1, 30)), atol=1e-6)


@pytest.mark.parametrize("method", ["kernel", "leverage"])
def test_small_values_of_many_features_are_kept(method):
    """f = (w·x)² of 40 features: w_i² + w_i Σ_{j≠i} w_j, from 0.04 to 60 % of the largest."""
    weights = np.linspace(0.02, 1, 40)
    network = FormulaNetwork(lambda x: (x @ weights) ** 2, 40)
    found = attribute(network, np.ones((1, 40)), background=np.zeros((1, 40)), method=method)
    expected = weights**2 + weights * (weights.sum() - weights)
    np.testing.assert_array_less(np.abs(found.values[0] - expected), 5 * found.std_error[0] + 1e-9)
    assert found.values[0].min() > 0.5 * expected.min()
    assert (found.values != 0).all()


@pytest.mark.parametrize("method", ["kernel", "leverage", "permutation", "exact"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_very_few_players(method, count, by_definition):
    network = FormulaNetwork(lambda x: np.prod(x + 1, axis=1), count)
    x, background = np.arange(1.0, count + 1)[None], np.zeros((1, count))
    found = attribute(
        network,
        x,
        background=background,
        method=method,
        **({"draws": 400} if method == "permutation" else {}),
    )
    expected = by_definition(network.outputs, x[0], background)[:, 0]
    np.testing.assert_allclose(found.values[0], expected, atol=0.25 if count == 3 else 1e-9)
    if count < 3:
        assert found.std_error is None


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 6))
def test_any_game_is_split_among_its_players(seed, count):
    """Efficiency, symmetry and the dummy axiom on random multilinear games."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=2**count)

    def game(x):
        present = x[:, :count] > 0.5
        index = (present * 2 ** np.arange(count)).sum(axis=1)
        doubled = 2 * x[:, count] + 2 * x[:, count + 1]  # two alike, and a last one unread
        return weights[index] + doubled

    network = FormulaNetwork(game, count + 3)
    x, background = np.ones((1, count + 3)), np.zeros((1, count + 3))
    for method in ("kernel", "leverage", "permutation", "exact"):
        found = attribute(network, x, background=background, method=method, seed=seed)
        assert found.relative_gap < 1e-9
        np.testing.assert_allclose(found.values[0, count], 2, atol=1e-8)
        np.testing.assert_allclose(found.values[0, count + 1], 2, atol=1e-8)
        np.testing.assert_allclose(found.values[0, count + 2], 0, atol=1e-8)


def test_samplers_are_those_that_take_draws():
    sampled = {
        name for name, method in METHODS.items() if "draws" in inspect.signature(method).parameters
    }
    assert set(SAMPLED) <= sampled
