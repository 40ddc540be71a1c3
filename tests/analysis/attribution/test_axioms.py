"""The four axioms, on random games, for every method that says it gives Shapley values."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainprune.analysis.attribution import METHODS, attribute
from explainprune.network import FormulaNetwork

PLAYERS = 5
SHAPLEY = [
    name
    for name, method in METHODS.items()
    if "Shapley values" in inspect.getdoc(method).split("\n\n")[0] and not name.startswith("shap_")
]
SAMPLED = {"permutation": {}, "hybrid, sampled": {"exact_up_to": 2}}
SHAPLEY.append("hybrid, sampled")
games = settings(max_examples=12, deadline=None)
every = pytest.mark.parametrize("method", SHAPLEY)


def game(worth):
    """A network whose rows of zeros and ones are coalitions: their worth, one output for each."""
    table = np.atleast_2d(np.asarray(worth, dtype=float))
    powers = 2 ** np.arange(PLAYERS)

    def formula(x):
        return table[:, ((x > 0.5) * powers).sum(axis=1)].T

    return FormulaNetwork(formula, PLAYERS, n_outputs=len(table))


def values(method, worth, **options):
    """Explain the full coalition from the empty one, all outputs: (players, outputs)."""
    found = attribute(
        game(worth),
        np.ones((1, PLAYERS)),
        background=np.zeros((1, PLAYERS)),
        method=method.removesuffix(", sampled"),
        target="all",
        **SAMPLED.get(method, {}),
        **options,
    )
    error = 0.0 if found.std_error is None else found.std_error[0]
    return found.values[0], error, found


def worths(seed, count=1):
    return np.random.default_rng(seed).normal(size=(count, 2**PLAYERS))


def present(player):
    """Tell for each coalition whether a player is in it."""
    return (np.arange(2**PLAYERS) >> player) & 1 == 1


def test_methods_say_what_they_are():
    assert {"exact", "hybrid", "kernel", "leverage", "permutation"} <= set(SHAPLEY)
    assert {"gradient", "occlusion", "expected_gradients", "lrp"}.isdisjoint(SHAPLEY)


@every
@games
@given(seed=st.integers(0, 10_000))
def test_efficiency(method, seed):
    worth = worths(seed, 2)
    found, _, attribution = values(method, worth, seed=seed)
    np.testing.assert_allclose(found.sum(axis=0), worth[:, -1] - worth[:, 0], atol=1e-9)
    assert attribution.complete


@every
@games
@given(seed=st.integers(0, 10_000), player=st.integers(0, PLAYERS - 1))
def test_a_dummy_gets_what_it_brings_alone(method, seed, player):
    worth = worths(seed)[0]
    without = np.arange(2**PLAYERS) & ~(1 << player)
    worth = worth[without] + 3 * present(player)  # whoever else is there
    found, _, _ = values(method, worth, seed=seed)
    np.testing.assert_allclose(found[player], 3, atol=1e-9)
    none, _, _ = values(method, worth[without], seed=seed)
    np.testing.assert_allclose(none[player], 0, atol=1e-9)


@every
@games
@given(seed=st.integers(0, 10_000))
def test_players_that_can_be_exchanged_get_the_same(method, seed):
    worth = worths(seed)[0]
    index = np.arange(2**PLAYERS)
    swapped = np.where(present(0) != present(1), index ^ 0b11, index)
    found, error, _ = values(method, worth + worth[swapped], seed=seed, **_many(method))
    apart = np.abs(found[0] - found[1])
    spread = np.zeros(1) if np.isscalar(error) else np.hypot(error[0], error[1])
    assert np.all(apart <= 5 * spread + 1e-9)


@every
@games
@given(seed=st.integers(0, 10_000), a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_linearity(method, seed, a, b):
    """The same draws for all three games: equal to rounding, not only on average."""
    first, second = worths(seed, 2)
    both, one, other = (
        values(method, worth, seed=seed)[0] for worth in (a * first + b * second, first, second)
    )
    np.testing.assert_allclose(both, a * one + b * other, atol=1e-8)


@every
def test_the_four_axioms_leave_one_answer(method, by_definition):
    worth = worths(7, 2)
    expected = by_definition(game(worth).outputs, np.ones(PLAYERS), np.zeros((1, PLAYERS)))
    found, error, _ = values(method, worth, **_many(method))
    np.testing.assert_array_less(np.abs(found - expected), 5 * error + 1e-9)
    assert np.max(error) < 0.1 * np.abs(expected).max()


def _many(method):
    return {"draws": 600} if method in SAMPLED else {}
