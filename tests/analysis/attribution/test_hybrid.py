"""Small games exactly, large ones sampled: against enumeration, and against what sampling is."""

import numpy as np
import pytest
from sparse_layers import MODELS, L, sequential, sparse

from explainprune.analysis.attribution import attribute, attribute_change
from explainprune.analysis.attribution.games.split import NOTHING_SAMPLED
from explainprune.network import FormulaNetwork, as_network, unroll
from explainprune.network.scalars import terms

FEATURES = 9
FLAT = [name for name in MODELS if name != "two inputs, two outputs"]  # whose rows are one array


def rows(network, samples=2, background=2, seed=1):
    rng = np.random.default_rng(seed)
    x, b = (
        rng.normal(size=(n, network.n_inputs)).astype(np.float32).astype(float)  # as Keras reads
        for n in (samples, background)
    )
    x[0, 1] = b[0, 1]  # a dummy for this pair
    return x, b


def in_float64(model):
    """The same network, as a formula that nothing is known of."""
    network = unroll(model)
    return FormulaNetwork(
        network.outputs, network.n_inputs, n_outputs=len(network.output.bias), rows_per_call=2**14
    )


def explained(network, x, background, method="hybrid", **options):
    return attribute(network, x, background=background, method=method, target="all", **options)


def mixed(activation="relu"):
    """Two layers; the last units read 3, 3, 6 and 9 inputs, and nothing reads the last input."""
    model = sequential((FEATURES,), L.Dense(5, activation), L.Dense(4, activation), L.Dense(2))
    rng = np.random.default_rng(8)
    reads = [(0, 1, 2), (2, 3, 4), (3, 4, 5), (5, 6, 7), (0, 5, 7)]
    first = np.zeros((FEATURES, 5))
    for unit, inputs in enumerate(reads):
        first[list(inputs), unit] = rng.normal(size=3)
    second = np.zeros((5, 4))
    for unit, below in enumerate([(0,), (1,), (1, 3), (0, 2, 3, 4)]):
        second[list(below), unit] = rng.normal(size=len(below))
    kernels = first, second, rng.normal(size=(4, 2))
    for layer, kernel in zip(model.layers, kernels, strict=True):
        layer.kernel.assign(kernel)
        layer.bias.assign(rng.normal(size=layer.bias.shape) / 2)
    return model


@pytest.fixture(scope="module")
def case():
    network = as_network(mixed())
    x, background = rows(network, 1, 3)
    return network, x, background, explained(network, x, background, "exact").values


@pytest.mark.parametrize("name", FLAT)
def test_every_layer_against_exact_and_against_permutation(name):
    model = sparse(MODELS[name]())
    network = as_network(model)
    x, background = rows(network)
    exact = explained(network, x, background, "exact")
    found = explained(network, x, background)
    np.testing.assert_allclose(found.values, exact.values, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(found.base, exact.base)
    assert (found.std_error == 0).all()
    assert NOTHING_SAMPLED in found.notes
    np.testing.assert_array_equal(found.interval()[0], found.values)
    # By linearity: a game's own players join in the order in which they join the network's.
    options = {"draws": 3, "seed": 4, "players": np.arange(network.n_inputs) * 2 // 3}
    sampled = explained(network, x, background, exact_up_to=0, **options)
    whole = explained(in_float64(model), x, background, "permutation", **options)
    np.testing.assert_allclose(sampled.values, whole.values, rtol=0, atol=1e-11)
    if whole.std_error is not None:
        np.testing.assert_allclose(sampled.std_error, whole.std_error, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", ["three hidden layers", "layer norm", "long skip", "residual"])
def test_what_is_sampled_lies_within_its_errors(name):
    model = sparse(MODELS[name]())
    network = as_network(model)
    x, background = rows(network)
    found = explained(network, x, background, exact_up_to=3, draws=50)
    exact = explained(network, x, background, "exact").values
    rare = 2e-3 * np.abs(exact).max()  # a change that one order in thousands makes goes unseen
    np.testing.assert_array_less(np.abs(found.values - exact), 5 * found.std_error + rare)
    assert (found.std_error > 0).any()
    change = unroll(model).outputs(x) - found.base
    np.testing.assert_allclose(found.values.sum(axis=1), change, atol=1e-11)


def test_one_draw_has_no_standard_error(case):
    network, x, background, _ = case
    assert explained(network, x, background, draws=1).std_error is None
    assert explained(network, x, background, exact_up_to=3, draws=1).std_error is None


def test_errors_cover_the_sampled_part_alone(case):
    network, x, background, _ = case
    found = explained(network, x, background, exact_up_to=6)
    # The game of nine players is played by all inputs but the last, and 1 and 6 differ in it too.
    assert "Games of more than 2^6 steps were sampled" in found.notes[0]
    assert (found.std_error[0, :8] > 0).any()
    assert (found.std_error[0, 8] == 0).all()
    assert (found.values[0, 8] == 0).all()
    whole = explained(in_float64(network.model), x, background, "permutation")
    assert (found.std_error**2).mean() < 0.8 * (whole.std_error**2).mean()


def test_inputs_of_small_games_alone_have_no_error():
    model = mixed()
    kernel = model.layers[1].kernel.numpy()
    kernel[0, 3] = 0  # inputs 0, 1, 2 of the first unit now reach a game of three alone
    model.layers[1].kernel.assign(kernel)
    network = as_network(model)
    x, background = rows(network, 2, 3)
    found = explained(network, x, background, exact_up_to=3)
    exact = explained(network, x, background, "exact").values
    assert (found.std_error[:, 1] == 0).all()
    np.testing.assert_allclose(found.values[:, 1], exact[:, 1], rtol=0, atol=1e-13)
    assert (found.std_error[:, [3, 4, 5, 7]] > 0).any(axis=(0, 2)).all()


def test_intervals_of_95_percent_cover_93_to_97():
    from scipy.stats import t

    network = as_network(mixed("tanh"))
    x, background = rows(network, 1, 6)
    exact = explained(network, x, background, "exact").values
    for options in ({"draws": 6}, {"tolerance": 0.2}):
        found = explained(network, np.repeat(x, 1200, axis=0), background, exact_up_to=3, **options)
        random = found.std_error.max(axis=0) > 1e-12
        errors = (found.values - exact)[:, random]
        std_errors = found.std_error[:, random]
        half = t.ppf(0.975, found.options["draws"] - 1) * std_errors
        assert 0.93 <= (np.abs(errors) <= half).mean() <= 0.97
        ratio = np.sqrt((std_errors**2).mean(axis=0) / errors.var(axis=0))
        assert np.all((ratio > 0.85) & (ratio < 1.18))
        assert np.abs(errors.mean(axis=0) / errors.std(axis=0)).max() < 4.5 / np.sqrt(len(errors))


def test_a_tolerance_is_relative_to_the_whole_value():
    """What was enumerated counts as well, so that few draws may do."""
    model = mixed("tanh")
    x, background = rows(as_network(model), 1, 3)
    options = {"exact_up_to": 6, "tolerance": 0.01}
    found = explained(as_network(model), x, background, **options)
    kernel = model.layers[2].kernel.numpy()
    kernel[0] *= 100  # a small game that now outweighs the sampled ones
    model.layers[2].kernel.assign(kernel)
    heavier = explained(as_network(model), x, background, **options)
    assert heavier.options["draws"] == 8 < found.options["draws"]
    half = 2.0 * found.std_error.max() / np.abs(found.values).max()
    assert 0.005 < half < 0.015


def test_samples_without_large_games_have_no_error(case):
    network, x, background, _ = case
    near = background[:1].copy()
    near[0, 0] += 1.0
    both = np.concatenate([x, near])
    found = explained(network, both, background[:1], exact_up_to=3)
    assert (found.std_error[1] == 0).all()
    assert (found.std_error[0] > 0).any()


@pytest.mark.parametrize(("in_pairs", "in_games"), [(1, 1), (10**6, 1), (10**6, 150), (700, 10**6)])
def test_memory_bounds_change_nothing(in_pairs, in_games, monkeypatch):
    network = as_network(mixed())
    x, background = rows(network, 3, 4)
    options = {"exact_up_to": 3, "draws": 2, "seed": 6}
    whole = explained(network, x, background, **options)
    monkeypatch.setattr(terms, "NUMBERS_AT_ONCE", in_pairs)
    home = "explainprune.analysis.attribution.games."
    monkeypatch.setattr(home + "units.NUMBERS_AT_ONCE", in_games)
    monkeypatch.setattr(home + "sampled.NUMBERS_AT_ONCE", in_games)
    parts = explained(network, x, background, **options)
    np.testing.assert_allclose(parts.values, whole.values, rtol=0, atol=1e-13)
    np.testing.assert_allclose(parts.std_error, whole.std_error, rtol=0, atol=1e-13)


@pytest.mark.parametrize("options", [{"draws": 3}, {"tolerance": 0.3}])
def test_what_is_kept_between_draws_changes_nothing(options, monkeypatch):
    network = as_network(mixed("tanh"))
    x, background = rows(network, 6, 4)
    x[:2] = background[:2] + 0.1 * x[:2]  # so that samples need different numbers of draws
    monkeypatch.setattr(
        "explainprune.analysis.attribution.sampling.streams._NUMBERS_AT_ONCE", 2 * 4 * 9
    )
    kept = explained(network, x, background, exact_up_to=3, **options)
    monkeypatch.setattr("explainprune.analysis.attribution.games.split.WALKS_KEPT", 0)
    anew = explained(network, x, background, exact_up_to=3, **options)
    np.testing.assert_array_equal(kept.values, anew.values)
    np.testing.assert_array_equal(kept.std_error, anew.std_error)


def test_work_does_not_grow_by_calls(case, monkeypatch):
    """Samples are played side by side: as many evaluations for a hundred as for one."""
    from explainprune.analysis.attribution.games.units import Bundle

    calls, at = [], Bundle.at
    monkeypatch.setattr(Bundle, "at", lambda self, reads: calls.append(1) or at(self, reads))
    network, x, background, _ = case

    def counted(samples):
        calls.clear()
        explained(network, np.repeat(x, samples, axis=0), background[:1], exact_up_to=3, draws=2)
        return len(calls)

    assert 0 < counted(100) <= counted(1) + 4


def test_a_network_that_nothing_is_known_of():
    network = FormulaNetwork(lambda x: np.prod(np.sin(x), axis=1), 5)
    x, background = rows(network)
    exact = explained(network, x, background, "exact").values
    small = explained(network, x, background)
    np.testing.assert_allclose(small.values, exact, rtol=0, atol=1e-13)
    assert (small.std_error == 0).all()
    large = explained(network, x, background, exact_up_to=4, seed=2)
    whole = explained(network, x, background, "permutation", seed=2)
    np.testing.assert_allclose(large.values, whole.values, rtol=0, atol=1e-13)
    np.testing.assert_allclose(large.std_error, whole.std_error, rtol=0, atol=1e-13)
    assert large.notes == (
        "The network was sampled whole, because a FormulaNetwork has no layers to look at.",
    )


@pytest.mark.parametrize("batch_size", [None, 7])
def test_the_change_between_two_models_is_paired(batch_size):
    dense, other = mixed(), mixed()
    for layer, factor in zip(other.layers, (1.02, 0.97, 1.05), strict=True):
        layer.kernel.assign(factor * layer.kernel.numpy())
    x, background = rows(as_network(dense), 2, 3)
    options = {"exact_up_to": 3, "draws": 8, "seed": 3, "target": "all", "background": background}
    options = options | {"method": "hybrid", "output": "logit", "batch_size": batch_size}
    found = attribute_change(dense, other, x, beta=0.9, **options)
    a, b = (attribute(model, x, **options) for model in (other, dense))
    np.testing.assert_allclose(found.values, a.values - 0.9 * b.values, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.base, a.base - 0.9 * b.base, rtol=0, atol=1e-13)
    apart = (a.std_error**2 + (0.9 * b.std_error) ** 2).mean()
    assert 0 < (found.std_error**2).mean() < 0.1 * apart


def test_targets_pick_outputs(case):
    network, x, background, _ = case
    x = np.concatenate([x, background])
    options = {"background": background, "method": "hybrid", "exact_up_to": 3}
    every = attribute(network, x, target="all", **options)
    picked = attribute(network, x, target=[1, 0, 0, 1], **options)
    for row, output in enumerate([1, 0, 0, 1]):
        np.testing.assert_array_equal(picked.values[row], every.values[row, :, output])
        np.testing.assert_array_equal(picked.std_error[row], every.std_error[row, :, output])


@pytest.mark.parametrize("up_to", [-1, 2.5, True, "12", None])
def test_bad_sizes(case, up_to):
    network, x, background, _ = case
    with pytest.raises(ValueError, match=r"exact_up_to is an integer ≥ 0. Received: "):
        explained(network, x, background, exact_up_to=up_to)


def test_what_exact_refuses_is_told_of_hybrid(case):
    network, x, background, _ = case
    with pytest.raises(ValueError, match="use method='hybrid', which samples the widest games"):
        explained(network, x, background, "exact", limit=5)
