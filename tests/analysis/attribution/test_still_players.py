"""Players who are like the background in every row: exactly 0, and nobody pays for them."""

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute, exact_cost
from explainprune.network import FormulaNetwork

RNG = np.random.default_rng(0)
FITTED = ("kernel", "leverage")


def products(features):
    """Sines of neighbours' products: every three neighbours interact."""
    return FormulaNetwork(
        lambda x: np.sin(x[:, :-2] * x[:, 1:-1] * x[:, 2:]).sum(axis=1) + x @ np.arange(features),
        features,
    )


def with_still(n, features, still):
    """Return rows and background; `still` lists, for each row, what is as in all background."""
    x, background = RNG.normal(size=(n, features)), RNG.normal(size=(7, features))
    common = sorted(set().union(*still))
    background[:, common] = 0.5
    for row, kept in zip(x, still, strict=True):
        row[list(kept)] = 0.5
    return x, background


def truth(network, x, background, by_definition, moving):
    """Enumerate the players that move; the others get 0."""
    expected = np.zeros(x.shape)
    for own, row, kept in zip(expected, x, moving, strict=True):

        def inner(rows, row=row, kept=kept):
            full = np.tile(row, (len(rows), 1))
            full[:, kept] = rows
            return network.outputs(full)[:, 0]

        own[kept] = by_definition(inner, row[kept], background[:, kept])[:, 0]
    return expected


@pytest.mark.parametrize("method", [*FITTED, "exact", "hybrid", "permutation", "occlusion"])
def test_each_row_has_its_own_still_players(method, by_definition):
    still = [set(range(5, 20)), set(range(0, 14)), {3, *range(6, 19)}]
    x, background = with_still(3, 20, still)
    # What only some rows share with the background must be still in all of its rows.
    moving = [np.flatnonzero((row != background).any(axis=0)) for row in x]
    network = products(20)
    found = attribute(network, x, background=background, method=method, target=0)
    for own, kept in zip(found.values, moving, strict=True):
        assert np.all(np.delete(own, kept) == 0) and np.all(own[kept] != 0)
    if method in (*FITTED, "exact", "hybrid"):
        expected = truth(network, x, background, by_definition, moving)
        np.testing.assert_allclose(found.values, expected, atol=1e-10)
        assert found.std_error is None or not found.std_error.any()


@pytest.mark.parametrize("method", FITTED)
def test_rows_with_many_players_are_sampled_without_bias(method, by_definition):
    """Row 0 is enumerated, the others aren't; each has still players of its own."""
    still = [set(range(4, 16)), {0, 1, 2}, {13, 14, 15}]
    x, background = with_still(3, 16, still)
    moving = [np.flatnonzero((row != background).any(axis=0)) for row in x]
    network = products(16)
    expected = truth(network, x, background, by_definition, moving)
    keywords = {"background": background, "method": method, "target": 0, "draws": 100}
    keywords["coalitions"] = 40
    found = attribute(network, x, **keywords)
    np.testing.assert_allclose(found.values[0], expected[0], atol=1e-10)
    assert np.all(found.std_error[0] == 0)
    assert "In 1 of 3 rows few enough players differ from the background" in found.notes[0]
    for row in (1, 2):
        kept = moving[row]
        assert np.all(np.delete(found.values[row], kept) == 0)
        assert np.all(np.delete(found.std_error[row], kept) == 0)
        away = (found.values - expected)[row, kept] / found.std_error[row, kept]
        assert np.abs(away).max() < 4.5 and (found.std_error[row, kept] > 0).all()
    np.testing.assert_allclose(found.gap, 0, atol=1e-9)


@pytest.mark.parametrize("method", [*FITTED, "permutation"])
def test_nothing_moves_or_one_player_does(method):
    x, background = np.full((2, 30), 0.5), np.full((4, 30), 0.5)
    x[1, 3] = 2.0
    network = FormulaNetwork(lambda x: (x**2).sum(axis=1), 30)
    found = attribute(network, x, background=background, method=method, target=0)
    expected = np.zeros((2, 30))
    expected[1, 3] = 2.0**2 - 0.5**2
    np.testing.assert_allclose(found.values, expected, atol=1e-12)


def test_still_features_of_moving_players_and_all_outputs():
    """Player 1 moves by one of its features only; outputs are explained together."""
    x, background = np.ones((1, 40)), np.ones((3, 40))
    x[0, [2, 5]] = 3.0, -1.0
    players = np.arange(40) // 4
    network = FormulaNetwork(
        lambda x: np.stack([x[:, 2] * x[:, 5], x[:, 2]], axis=1), 40, n_outputs=2
    )
    for method in FITTED:
        found = attribute(
            network, x, background=background, method=method, target="all", players=players
        )
        # x₂ x₅ from 1·1 to 3·(−1): ½ (2 + 2·(−1)) and ½ (−2 + 3·(−2))
        expected = np.zeros((1, 10, 2))
        expected[0, 0], expected[0, 1] = [0, 2], [-4, 0]
        np.testing.assert_allclose(found.values, expected, atol=1e-12)
        assert found.std_error is None


def test_a_network_without_structure_is_priced_by_who_moves():
    x, background = with_still(2, 40, [set(range(3, 40)), set(range(5, 40))])
    cost = exact_cost(products(40), x, background)
    assert cost.total == (2**3 + 2**5) / 2 or cost.total == 2**5
    moving = (x[:, None] != background).any(axis=1).sum(axis=1)
    assert cost.total == np.mean(2.0**moving)
    assert cost.brute_force == 2.0**40
    pairs = attribute(
        products(40), x, background=background, method="exact", interactions=True, target=0
    )
    assert not pairs.interactions[:, 39].any()
    np.testing.assert_allclose(pairs.interactions.sum(axis=2), pairs.values, atol=1e-12)


@pytest.mark.parametrize("method", FITTED)
def test_what_would_not_fit_into_memory_is_refused_before_anything(method):
    network = FormulaNetwork(lambda x: x.sum(axis=1), 10_000)
    x, background = RNG.normal(size=(1, 10_000)), np.zeros((1, 10_000))
    message = (
        r"40,000 coalitions of 10,000 players need about 8\.9 GB; the limit is 2 GB\. "
        r"Join .* take at most 8,947 coalitions= a draw, or use method='permutation'"
    )
    with pytest.raises(ValueError, match=message):
        attribute(network, x, background=background, method=method, target=0)
    network.calls.clear()
    found = attribute(
        network, x, background=background, method=method, target=0, coalitions=64, draws=2
    )
    # So few coalitions are fitted by an even share: every draw is still right in the sum.
    assert found.relative_gap < 1e-9 and sum(network.calls) < 1000


@pytest.mark.parametrize(
    "method, coalitions, instead",
    [
        ("shap_kernel", "22,048", "take at most 8,947 nsamples= a draw, or"),
        ("shap_permutation", "20,001", "or"),
    ],
)
def test_what_shap_would_lay_out_is_refused_before_anything(method, coalitions, instead):
    network = FormulaNetwork(lambda x: x.sum(axis=1), 10_000)
    x, background = RNG.normal(size=(1, 10_000)), np.zeros((1, 10_000))
    message = (
        rf"{coalitions} coalitions of 10,000 players need about 4\.\d GB; the limit is 2 GB\. "
        rf"Join features into players \(players=\), {instead} use method='permutation'"
    )
    with pytest.raises(ValueError, match=message):
        attribute(network, x, background=background, method=method, target=0)


def test_a_large_image_of_which_little_moves_is_cheap():
    network = FormulaNetwork(lambda x: np.tanh(x).sum(axis=1), 20_000)
    x, background = np.zeros((1, 20_000)), np.zeros((2, 20_000))
    x[0, 7:12] = 1.0
    found = attribute(network, x, background=background, method="kernel", target=0)
    np.testing.assert_allclose(found.values[0, 7:12], np.tanh(1.0), rtol=1e-12)
    assert np.count_nonzero(found.values) == 5
