"""Units behind units whose sign is settled: sums again, which two halves solve."""

import numpy as np
import pytest
from exact_reference import averaged, shapley_by_definition
from sparse_layers import L, sequential

from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.exact_cost import exact_cost
from explainprune.network import as_network, unroll
from explainprune.network.scalars.terms import steps

FEATURES = 10


def two_layers(bias):
    """Three units of all inputs, and one that reads them; biases say who can switch."""
    model = sequential((FEATURES,), L.Dense(3, "relu"), L.Dense(1, "relu"), L.Dense(2))
    rng = np.random.default_rng(3)
    for layer in model.layers:
        layer.kernel.assign(rng.normal(size=layer.kernel.shape))
    model.layers[0].bias.assign(bias)
    return model


def cost_and_values(model, x, background):
    found = exact(as_network(model), x, background, None, players=np.arange(FEATURES))
    return exact_cost(model, x, background), found.values


@pytest.mark.parametrize("settled", [True, False])
def test_halves_solve_what_reads_settled_units(settled):
    model = two_layers([12.0, -12.0, 12.0 if settled else 0.0])
    rng = np.random.default_rng(4)
    x, background = rng.normal(size=(2, FEATURES)), rng.normal(size=(1, FEATURES))
    x[1] = background[0] + (x[0] - background[0]) * 0.9
    # The last unit turns where its inputs are half way between the row and the sample.
    network = unroll(model)
    read = [network.layers[1].reads(network.elements(rows))[0, 0] for rows in (x, background)]
    model.layers[1].bias.assign([-np.mean(read)])
    cost, values = cost_and_values(model, x, background)
    halves = float(steps(np.array(FEATURES), True))
    assert halves < 2**FEATURES
    assert cost.units.tolist() == [halves if settled else 2.0**FEATURES]
    wanted = averaged(
        shapley_by_definition, unroll(model).outputs, x, background, np.arange(FEATURES)
    )
    np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-12 * np.abs(wanted).max())


def test_joined_players_and_rows_at_once(monkeypatch):
    """Several games of one part, a few at a time."""
    model = two_layers([12.0, -12.0, 12.0])
    rng = np.random.default_rng(5)
    x, background = rng.normal(size=(3, FEATURES)), rng.normal(size=(4, FEATURES))
    network = unroll(model)
    read = network.layers[1].reads(network.elements(np.concatenate([x, background])))
    model.layers[1].bias.assign([-np.median(read)])
    players = np.array([0, 1, 2, 3, 4, 5, 6, 7, 7, 0])
    options = {"players": players}
    whole = exact(as_network(model), x, background, None, **options).values
    home = "explainprune.analysis.attribution.games.units.NUMBERS_AT_ONCE"
    monkeypatch.setattr(home, 32)
    parts = exact(as_network(model), x, background, None, **options).values
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-13 * np.abs(whole).max())
    wanted = averaged(shapley_by_definition, unroll(model).outputs, x, background, players)
    np.testing.assert_allclose(whole, wanted, rtol=0, atol=1e-12 * np.abs(wanted).max())
