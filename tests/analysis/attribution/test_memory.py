"""What methods hold at once stays within a bound, whatever features and classes there are."""

import tracemalloc

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.sampling import adaptive_paths, coalition_values
from explainprune.network import FormulaNetwork, integrals

BLOCK = 2**15
"""Numbers built at once here, instead of millions."""


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    for module in (coalition_values, integrals):
        monkeypatch.setattr(module, "_NUMBERS_AT_ONCE", BLOCK)
    monkeypatch.setattr("explainprune.analysis.attribution.occlusion._MASKED_AT_ONCE", BLOCK)


def linear(features, outputs):
    weights = np.random.default_rng(0).normal(size=(features, outputs))
    return FormulaNetwork(
        lambda x: x @ weights,
        features,
        lambda x: np.broadcast_to(weights, (len(x), features, outputs)),
        n_outputs=outputs,
    ), weights


def at_the_peak(features, outputs, method, target, **options):
    """Explain a few rows; return how many numbers were held at the peak beyond the values."""
    network, weights = linear(features, outputs)
    rng = np.random.default_rng(1)
    x, background = rng.normal(size=(2, features)), rng.normal(size=(3, features))
    tracemalloc.start()
    found = attribute(network, x, background=background, method=method, target=target, **options)
    peak = tracemalloc.get_traced_memory()[1] / 8
    tracemalloc.stop()
    expected = (x - background.mean(axis=0))[:, :, None] * weights
    picked = expected if target == "all" else expected[..., target]
    np.testing.assert_allclose(found.values, picked, atol=1e-9)
    return peak, found.values.size


MANY = {
    "permutation": {"draws": 1},
    "occlusion": {},
    "expected_gradients": {},
    "integrated_gradients": {"steps": 4},
}


@pytest.mark.parametrize("method", MANY)
def test_many_features_take_a_few_blocks(method):
    peak, values = at_the_peak(1500, 2, method, 1, **MANY[method])
    assert peak < 5 * BLOCK + 2 * values


@pytest.mark.parametrize("method", MANY)
def test_many_classes_take_a_few_times_their_values(method):
    peak, values = at_the_peak(40, 1000, method, "all", **MANY[method])
    assert peak < 8 * values + BLOCK


def test_paths_with_kinks_are_cut_block_by_block(monkeypatch):
    block = 2**16
    monkeypatch.setattr(adaptive_paths, "_NUMBERS_AT_ONCE", block)
    weights = np.random.default_rng(0).normal(size=(30, 40))
    network = FormulaNetwork(
        lambda x: np.maximum(x @ weights, 0),
        30,
        lambda x: (x @ weights > 0)[:, None] * weights,
        n_outputs=40,
    )
    x, background = np.random.default_rng(1).normal(size=(2, 3, 30))
    tracemalloc.start()
    attribute(network, x, background=background, method="integrated_gradients", target="all")
    peak = tracemalloc.get_traced_memory()[1] / 8
    tracemalloc.stop()
    assert peak < 40 * block
