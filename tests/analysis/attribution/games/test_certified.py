"""Ends that hold by proof: they hold the enumerated values, narrow, and say how near they came."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sparse_layers import MODELS, L, sequential, sparse

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.games import boxes as games_boxes
from explainprune.analysis.attribution.games import certified as games_certified
from explainprune.analysis.attribution.games.boxes import table_of
from explainprune.analysis.attribution.games.enumeration import shapley, subset_sums
from explainprune.analysis.attribution.games.lattice import bounded
from explainprune.network import FormulaNetwork, as_network, unroll

KINDS = (
    "two hidden layers", "three hidden layers", "slopes", "long skip", "residual",
    "conv, pool, dense", "smooth then rectified", "conv1d deep", "one hidden layer",
)  # fmt: skip


@pytest.fixture
def all_by_boxes(monkeypatch):
    """Nothing is solved: not by halves, nor small boxes."""
    monkeypatch.setattr(games_certified, "BY_HALVES", 0.0)
    monkeypatch.setattr(games_boxes, "FEW", 0)


def explained(network, x, background, **options):
    how = {"background": background, "method": "hybrid", "target": "all", "exact_up_to": 0}
    return attribute(network, x, **(how | {"bounds": "certified"} | options))


def exact(network, x, background):
    return attribute(network, x, background=background, method="exact", target="all").values


def rows(network, seed, samples=2, background=2):
    rng = np.random.default_rng(seed)
    x, b = (rng.normal(size=(n, network.n_inputs)) for n in (samples, background))
    x[0, 1] = b[0, 1]
    return x.astype(np.float32), b.astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(KINDS),
    keep=st.floats(0.3, 1.0),
    seed=st.integers(0, 10_000),
    bias=st.sampled_from([0.1, 1.0, 3.0]),
    most=st.sampled_from([1, 30, 300, 10_000]),
    few=st.integers(0, 3),
)
def test_ends_hold_what_enumeration_finds(name, keep, seed, bias, most, few):
    network = as_network(sparse(MODELS[name](), keep, seed, bias))
    x, background = rows(network, seed)
    wanted = exact(network, x, background)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(games_certified, "BY_HALVES", 0.0)
        patch.setattr(games_boxes, "FEW", few)
        found = explained(network, x, background, boxes=most, tolerance=1e-9)
    assert (found.lower <= wanted).all()
    assert (wanted <= found.upper).all()
    assert (found.lower <= found.values).all()
    assert (found.values <= found.upper).all()
    change = exact(network, x, background).sum(axis=1)
    np.testing.assert_allclose(found.values.sum(axis=1), change, rtol=0, atol=1e-10)
    if most == 10_000:  # more than there are coalitions
        size = np.abs(wanted).max()
        np.testing.assert_allclose(found.lower, found.upper, rtol=0, atol=1e-3 * max(size, 1))


def deep(features=14, seed=0):
    layers = L.Dense(8, "relu"), L.Dense(6, "relu"), L.Dense(2)
    return as_network(sparse(sequential((features,), *layers), 0.9, seed))


def test_more_boxes_narrow_the_ends(all_by_boxes):
    network = deep()
    x, background = rows(network, 1, 1, 1)
    widths = []
    for most in (1, 50, 500, 5_000):
        found = explained(network, x, background, boxes=most, tolerance=1e-9)
        widths.append((found.upper - found.lower).max())
        assert found.options["boxes_used"] <= max(most, 12)
    assert widths[0] > 1.2 * widths[1] > 1.2 * widths[2] > 1.2 * widths[3] > 0


def test_what_was_reached_is_said():
    network = deep()
    x, background = rows(network, 1, 2, 2)
    found = explained(network, x, background, tolerance=0.05, exact_up_to=0)
    half = ((found.upper - found.lower) / 2).max(axis=(1, 2))
    assert (half <= 0.05 * np.abs(found.values).max(axis=(1, 2)) * 1.05).all()
    assert "by proof; half of each interval is within 5.0% of the largest value." in found.notes[0]
    assert found.std_error is None
    assert found.interval() == (found.lower, found.upper)
    short = explained(network, x, background, tolerance=0.001, boxes=30)
    assert "in 2 of 2 samples 30 boxes were not enough for 0.1%" in short.notes[0]


def test_what_is_solved_leaves_nothing_open():
    network = deep()
    x, background = rows(network, 2, 2, 2)
    found = explained(network, x, background, exact_up_to=16)
    assert found.options["boxes_used"] == 0
    wanted = exact(network, x, background)
    np.testing.assert_allclose(found.values, wanted, rtol=0, atol=1e-12 * np.abs(wanted).max())
    assert (found.upper - found.lower).max() < 1e-11 * np.abs(wanted).max()


def test_one_output_is_narrowed_for_itself(all_by_boxes):
    network = deep()
    x, background = rows(network, 3, 2, 2)
    every = explained(network, x, background, boxes=2_000, tolerance=0.01)
    one = explained(network, x, background, boxes=2_000, tolerance=0.01, target=1)
    wanted = exact(network, x, background)[..., 1]
    assert (one.lower <= wanted).all()
    assert (wanted <= one.upper).all()
    assert (one.upper - one.lower).max() <= (every.upper - every.lower)[..., 1].max()


@pytest.mark.parametrize("joined", [True, False])
def test_weights_of_boxes_are_those_of_their_coalitions(joined):
    players, table = 7, table_of(7, joined=joined)

    def weight(size):
        others = size - 1 if joined else size
        return 1 / (players * comb(players - 1, others)) if 0 <= others < players else 0.0

    for inside in range(players + 1):
        for free in range(players - inside + 1):
            sizes = [inside + t for t in range(free + 1)]
            wanted = sum(comb(free, t) * weight(s) for t, s in enumerate(sizes))
            assert table[inside, free] == pytest.approx(wanted, rel=1e-13)


def test_what_has_no_bounds_is_refused():
    network = as_network(
        sparse(sequential((14,), L.Dense(8, "gelu"), L.Dense(4, "relu"), L.Dense(2)), 0.9)
    )
    x, background = rows(network, 1, 1, 1)
    with pytest.raises(ValueError, match=r"knows no bounds of gelu in layer 'dense.*exact_up_to="):
        explained(network, x, background)
    with pytest.raises(ValueError, match="needs a network that can be taken apart: a FormulaNet"):
        explained(FormulaNetwork(lambda x: x.sum(axis=1), 14), x, background)
    with pytest.raises(ValueError, match=r"Unknown value of bounds 'proved'.*certified"):
        explained(network, x, background, bounds="proved")
    with pytest.raises(ValueError, match="boxes"):
        explained(network, x, background, boxes=0)


@pytest.mark.parametrize("players", [1, 2, 9, 14])
def test_a_lattice_holds_what_enumeration_finds(players):
    rng = np.random.default_rng(players)
    starts, deltas = rng.normal(size=6), rng.normal(size=(players, 6))
    starts[4], deltas[:, 4] = 0.0, np.sign(deltas[:, 4])  # sums of exactly zero
    starts[5] = 50.0  # what no coalition switches
    wanted = shapley(np.maximum(subset_sums(starts, deltas), 0.0)).T
    widths = []
    for steps in (16, 64, 256, 1024):
        low, high = bounded(starts, np.ascontiguousarray(deltas.T), np.full(6, steps))
        assert (low <= wanted).all()
        assert (wanted <= high).all()
        widths.append((high - low)[:4].mean())
    np.testing.assert_allclose(low[5], high[5], rtol=0, atol=1e-8)  # but for rounding
    assert widths[0] == pytest.approx(0, abs=1e-10) or widths[3] < widths[0] / 10


def test_a_lattice_of_a_hundred_players():
    """Equal players share equally what all together gain: half of them are above the kink."""
    low, high = bounded(np.array([-50.5]), np.ones((1, 100)), np.array([1000]))
    assert (low <= 0.495).all()
    assert (high >= 0.495).all()
    assert (high - low).max() < 1e-8  # each is a whole number of steps


def test_wide_units_are_bounded_on_lattices():
    network = as_network(sparse(sequential((60,), L.Dense(5, "relu"), L.Dense(2)), 1.0))
    x, background = rows(network, 1, 1, 1)
    found = explained(network, x, background, tolerance=0.01)
    assert "within 1.0%" in found.notes[0]
    rng = np.random.default_rng(2)
    ahead = np.argsort(np.argsort(rng.random((4_000, 60)), axis=1), axis=1)
    outputs = unroll(network.model).outputs
    for player in (0, 17):
        before = ahead < ahead[:, [player]]
        with_them = before.copy()
        with_them[:, player] = True
        drawn = outputs(np.where(with_them, x, background)) - outputs(
            np.where(before, x, background)
        )
        error = 5 * drawn.std(axis=0) / np.sqrt(len(drawn))
        assert (found.lower[0, player] - error <= drawn.mean(axis=0)).all()
        assert (drawn.mean(axis=0) <= found.upper[0, player] + error).all()
