"""Draws, their standard errors and tolerances."""

from dataclasses import replace

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.sampling.mixing import mixed
from explainprune.analysis.attribution.sampling.replicates import (
    PILOT,
    replicated,
    replicated_together,
)
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.network import FormulaNetwork
from explainprune.types import Attribution

FEATURES = 9


@pytest.fixture(scope="module")
def kinked():
    """A ReLU network with an interaction on top, as a formula."""
    rng = np.random.default_rng(3)
    first, bias, last = rng.normal(size=(FEATURES, 8)), rng.normal(size=8), rng.normal(size=8)

    def formula(x):
        return np.maximum(x @ first + bias, 0) @ last + np.sin(2 * x[:, 0] * x[:, 1])

    def gradient(x):
        slope = ((x @ first + bias > 0) * last) @ first.T
        inner = 2 * np.cos(2 * x[:, 0] * x[:, 1])
        slope[:, 0] += inner * x[:, 1]
        slope[:, 1] += inner * x[:, 0]
        return slope

    return FormulaNetwork(formula, FEATURES, gradient, rows_per_call=2**14)


@pytest.fixture(scope="module")
def case(kinked):
    """A sample, a background, and the values that each kind of method aims at."""
    rng = np.random.default_rng(4)
    x, background = rng.normal(size=(1, FEATURES)), rng.normal(size=(3, FEATURES))
    shapley = attribute(kinked, x, background=background, method="exact").values[0]
    path = attribute(
        kinked, x, background=background, method="integrated_gradients", tolerance=1e-9
    ).values[0]
    noise = 0.15 * np.ptp(x) * rng.standard_normal((400_000, FEATURES))
    smoothed = kinked.jacobian(x + noise)[..., 0].mean(axis=0)
    aims = {"expected_gradients": path, "smoothgrad": smoothed}
    return x, background, lambda method: aims.get(method, shapley)


def runs(network, case, method, count, options):
    """Repeat an estimate: errors, standard errors, draws, all (count, features)."""
    x, background, aim = case
    shared = method in ("kernel", "leverage")  # whose samples share a draw's coalitions
    calls = [(x, seed) for seed in range(count)] if shared else [(np.repeat(x, count, 0), 0)]
    found = [
        attribute(network, at, background=background, method=method, seed=seed, **options)
        for at, seed in calls
    ]
    values, errors = (
        np.concatenate([getattr(each, name) for each in found]) for name in ("values", "std_error")
    )
    return values - aim(method), errors, found[0].options["draws"]


CASES = [
    ("permutation", {"draws": 8}),
    ("kernel", {"draws": 8, "coalitions": 24}),
    ("leverage", {"draws": 8, "coalitions": 24}),
    ("expected_gradients", {"draws": 8, "steps": 2}),
    ("expected_gradients", {"draws": 8, "steps": 1}),
    ("smoothgrad", {"draws": 12}),
    ("permutation", {"tolerance": 0.15}),
    ("kernel", {"tolerance": 0.15, "coalitions": 24}),
    ("leverage", {"tolerance": 0.15, "coalitions": 24}),
    ("expected_gradients", {"tolerance": 0.15}),
    ("smoothgrad", {"tolerance": 0.3}),
]


@pytest.mark.parametrize(("method", "options"), CASES)
def test_intervals_of_95_percent_cover_93_to_97(method, options, kinked, case):
    from scipy.stats import t

    count = 250 if method in ("kernel", "leverage") else 1500
    errors, std_errors, draws = runs(kinked, case, method, count, options)
    half = t.ppf(0.975, draws - 1) * std_errors
    covered = (np.abs(errors) <= half).mean()
    assert 0.93 <= covered <= 0.97
    # The draws' own spread is what the standard error says, on average.
    ratio = np.sqrt((std_errors**2).mean(axis=0) / errors.var(axis=0))
    assert np.all((ratio > 0.8) & (ratio < 1.25))
    # And there is no bias to speak of.
    assert np.abs(errors.mean(axis=0) / errors.std(axis=0)).max() < 4.5 / np.sqrt(count)


def test_a_tolerance_gives_each_sample_the_draws_it_needs(kinked, case):
    x, background, _ = case
    easy = background[:1] + 1e-3 * x  # nearly at the only background row: nearly linear
    rows = np.concatenate([x, easy])

    def half_width(tolerance):
        found = attribute(
            kinked, rows, background=background[:1], method="permutation", tolerance=tolerance
        )
        return 2.0 * found.std_error.max(axis=1) / np.abs(found.values).max(axis=1), found

    loose, tight = half_width(0.5), half_width(0.05)
    assert tight[0][0] < 0.07
    assert loose[0][0] > tight[0][0]
    assert tight[0][1] < 0.05
    assert loose[1].options["draws"] == PILOT
    assert loose[1].options["tolerance"] == 0.5


def test_a_tolerance_out_of_reach_is_said():
    network = FormulaNetwork(lambda x: np.prod(np.sin(9 * x), axis=1), 6)
    rng = np.random.default_rng(0)
    found = attribute(
        network,
        rng.normal(size=(1, 6)),
        background=rng.normal(size=(1, 6)),
        method="permutation",
        tolerance=1e-4,
    )
    assert "1 of 1 samples need more than the 1024 draws" in found.notes[0]


@pytest.mark.parametrize("method", ["permutation", "kernel", "leverage", "expected_gradients"])
def test_one_draw_has_no_standard_error(method, kinked, case):
    x, background, _ = case
    few = {"coalitions": 24} if method in ("kernel", "leverage") else {}
    one, two = (
        attribute(kinked, x, background=background, method=method, draws=draws, **few)
        for draws in (1, 2)
    )
    assert one.std_error is None
    assert np.all(two.std_error >= 0)
    assert two.std_error.max() > 0
    assert np.isfinite(two.std_error).all()


def test_the_standard_error_is_that_of_the_replicates():
    drawn = np.random.default_rng(0).normal(size=(5, 3, 2))
    queue = list(drawn)
    found = replicated(
        lambda rng, samples: queue.pop(0)[samples], stream(0, "x"), 3, draws=5, tolerance=None
    )
    np.testing.assert_allclose(found.mean, drawn.mean(axis=0))
    np.testing.assert_allclose(found.std_error, drawn.std(axis=0, ddof=1) / np.sqrt(5))


def test_the_replicates_that_choose_the_draws_are_not_used_again():
    numbers = []

    def one(rng, samples):
        numbers.append(float(rng.random()))
        return np.full((len(samples), 1), numbers[-1])

    found = replicated(one, stream(0, "x"), 1, draws=1, tolerance=0.4)
    assert len(numbers) == PILOT + found.draws[0]
    assert found.draws[0] > PILOT
    np.testing.assert_allclose(found.mean[0, 0], np.mean(numbers[PILOT:]))


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_places_on_paths_are_spread_over_rows_and_strata(steps):
    """Each of rows × steps equal parts of the path holds one place; each stratum each row's."""
    seen = []

    def gradient(rows):
        seen.append(rows[:, 0])
        return np.ones_like(rows)

    network = FormulaNetwork(lambda rows: rows.sum(axis=1), 1, gradient)
    at = {"background": np.zeros((7, 1)), "method": "expected_gradients"}
    attribute(network, np.ones((4, 1)), steps=steps, draws=2, **at)
    places = np.concatenate(seen).reshape(2, 4, 7, steps)
    parts = np.floor(places * 7 * steps).astype(int)
    every = np.arange(7 * steps)
    assert (np.sort(parts.reshape(8, -1), axis=1) == every).all()
    assert (parts // 7 == np.arange(steps)).all()
    orders = parts[..., 0].reshape(8, 7)
    assert len(np.unique(orders, axis=0)) == 8  # no two alike
    assert len(np.unique(orders[:, 0])) > 1


def test_players_equal_in_both_take_no_passes():
    """Their value is exactly 0, and orders of the others are those without them."""
    x = np.ones((2, 6))
    background = np.zeros((4, 6))
    background[:, 3:] = 1
    background[0] = 1  # and a row like the samples
    calls = []

    def formula(rows):
        calls.append(len(rows))
        return rows[:, 0] * rows[:, 1] + 3 * rows[:, 2] + rows[:, 3] * rows[:, 4]

    found = attribute(
        FormulaNetwork(formula, 6), x, background=background, method="permutation", draws=1
    )
    assert sum(calls) == 2 + 4 + 2 + 2 * 3 * 2 * 2  # three players move in three rows: two steps
    expected = np.array([0.5, 0.5, 3, 0, 0, 0]) * 0.75
    np.testing.assert_allclose(found.values, [expected] * 2, atol=1e-12)
    assert (found.values[:, 3:] == 0).all()
    pairs = attribute(
        FormulaNetwork(formula, 6), x, background=background, method="permutation",
        players=[0, 1, 1, 2, 2, 2], draws=1,
    )  # fmt: skip
    np.testing.assert_allclose(pairs.values, [[0.375, 2.625, 0]] * 2, atol=1e-12)


@pytest.mark.parametrize("options", [{"draws": 13}, {"tolerance": 0.6}])
def test_copies_that_share_a_call_are_the_same_copies(kinked, options):
    x = np.random.default_rng(5).normal(size=(3, FEATURES))
    alone = replace(kinked, rows_per_call=1, calls=[])
    found, expected = (
        attribute(network, x, background=x, method="smoothgrad", **options)
        for network in (replace(kinked, rows_per_call=21), alone)
    )
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-9)
    np.testing.assert_allclose(found.std_error, expected.std_error, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "float16"])
def test_mixed_rows_are_bit_for_bit(dtype):
    rng = np.random.default_rng(0)
    here, there = rng.normal(size=(2, 4, 1, 5)) * 1e3
    here[0, 0, :3] = [np.nan, np.inf, -0.0] if "float" in dtype else 0
    here, there = here.astype(dtype), there[0].astype(dtype)
    inside = rng.random((4, 3, 5)) < 0.5
    found, expected = mixed(inside, here, there), np.where(inside, here, there)
    assert found.dtype == expected.dtype
    assert found.tobytes() == expected.tobytes()


def test_intervals_are_students():
    found = Attribution(
        values=np.array([[1.0, 2.0]]), base=np.zeros(1), output=np.full(1, 3.0), method="m",
        std_error=np.array([[0.1, 0.2]]), options={"draws": 4},
    )  # fmt: skip
    low, high = found.interval()
    np.testing.assert_allclose(low, [[1 - 0.318245, 2 - 0.636489]], atol=1e-5)  # t(3): 3.182446
    np.testing.assert_allclose(high, [[1 + 0.318245, 2 + 0.636489]], atol=1e-5)
    narrow, _ = found.interval(level=0.5)
    np.testing.assert_allclose(narrow, [[1 - 0.0764892, 2 - 0.152978]], atol=1e-5)
    named = replace(found, values={"a": found.values}, std_error={"a": found.std_error})
    np.testing.assert_array_equal(named.interval()[1]["a"], high)


def test_no_interval_is_made_up():
    plain = Attribution(np.ones((1, 2)), np.zeros(1), np.full(1, 2.0), "exact")
    with pytest.raises(ValueError, match="There are no standard errors: exact drew nothing, or"):
        plain.interval()
    with pytest.raises(ValueError, match=r"level lies between 0 and 1. Received: 95."):
        plain.interval(95)


@pytest.mark.parametrize("at_once", [1, 3, 50])
def test_replicates_that_come_together_average_as_one_by_one(at_once):
    drawn = {}

    def several(children, samples):
        block = np.stack([child.normal(5.0, 2.0, (3, 2)) for child in children])
        for row in samples:
            drawn.setdefault(row, []).extend(block[:, row])
        for part in np.array_split(block[:, samples], 2):  # in as many blocks as it likes
            if len(part):
                yield part

    found = replicated_together(
        several, stream(0, "x"), 3, draws=20, tolerance=None, at_once=at_once
    )
    each = np.array([drawn[row] for row in range(3)])
    assert each.shape == (3, 20, 2)
    np.testing.assert_allclose(found.mean, each.mean(axis=1), rtol=1e-13)
    error = each.std(axis=1, ddof=1) / np.sqrt(20)
    np.testing.assert_allclose(found.std_error, error, rtol=1e-12)
