"""Agreement metrics against their definitions, and what must hold for every registered one."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from explainprune.analysis.metrics import CHANCE, METRICS, chance, kind_of

LESS = {"moved_weight"}  # says how far apart two attributions are: 0 for the same
OF_IMAGES = {"ssim"}  # tested by itself
AGREEMENT = sorted(
    {name for name, metric in METRICS.items() if kind_of(metric) == "agreement"} - OF_IMAGES
)
SHARES = sorted(set(AGREEMENT) - {"cosine", "rank_correlation", "signed_rank_correlation"})


def places(values):
    """Chance (feature, place) of each feature at each place, over every way to break ties."""
    size = np.abs(values)
    d = len(values)
    orders = [p for p in permutations(range(d)) if (np.diff(size[list(p)]) <= 0).all()]
    occupancy = np.zeros((d, d))
    for order in orders:
        for place, feature in enumerate(order):
            occupancy[feature, place] += 1 / len(orders)
    return occupancy


def slow(name, a, b, k):
    """Each metric of one pair of rows, written again from its definition."""
    d = len(a)
    same_sign = np.sign(a) == np.sign(b)
    if name == "moved_weight":
        sizes = np.abs(a).sum(), np.abs(b).sum()
        return np.abs(a / sizes[0] - b / sizes[1]).sum() / 2
    if name == "signed_top_k":
        active = (a != 0) | (b != 0)
        k = min(k, active.sum())
        ours, theirs = (places(v[active])[:, :k].sum(axis=1) for v in (a, b))
        counts = (np.sign(a) * np.sign(b) == 1)[active]
        return np.minimum(ours, theirs)[counts].sum() / k
    if name == "signed_rank_correlation":
        active = (a != 0) | (b != 0)
        constant = np.ptp(a[active]) * np.ptp(b[active]) == 0
        return np.nan if constant else spearmanr(a[active], b[active]).statistic
    if name == "rank_correlation":
        return spearmanr(np.abs(a), np.abs(b)).statistic
    if name == "cosine":
        return a @ b / np.sqrt(a @ a) / np.sqrt(b @ b)
    if name == "pairwise_rank_agreement":
        order = lambda v, i, j: np.sign(abs(v[i]) - abs(v[j]))  # noqa: E731
        same = [order(a, i, j) == order(b, i, j) for i in range(d) for j in range(i)]
        return np.mean(same)
    at_a, at_b = places(a), places(b)
    if name == "rank_agreement":
        return np.minimum(at_a, at_b)[:, :k].sum() / k
    if name == "signed_rank_agreement":
        return np.minimum(at_a, at_b)[same_sign, :k].sum() / k
    top_a, top_b = at_a[:, :k].sum(axis=1), at_b[:, :k].sum(axis=1)
    shared = np.minimum(top_a, top_b)
    return {
        "feature_agreement": shared.sum() / k,
        "sign_agreement": shared[same_sign].sum() / k,
        "jaccard": shared.sum() / np.maximum(top_a, top_b).sum(),
    }[name]


@pytest.mark.parametrize("name", AGREEMENT)
@pytest.mark.parametrize("values", ["distinct", "tied", "sparse"])
def test_agrees_with_its_definition(name, values):
    rng = np.random.default_rng(3)
    draw = {
        "distinct": lambda: rng.normal(size=(12, 6)),
        "tied": lambda: rng.choice([-2.0, -1.0, 1.0, 2.0], size=(12, 6)),
        "sparse": lambda: rng.normal(size=(12, 6)).round(0) * (rng.random((12, 6)) < 0.6),
    }[values]
    a, b = draw(), draw()
    varied = np.ptp(np.abs(a), axis=1) * np.ptp(np.abs(b), axis=1) > 0
    a, b = a[varied], b[varied]
    assert len(a) > 8
    for k in (1, 3, 6):
        expected = [slow(name, row_a, row_b, k) for row_a, row_b in zip(a, b, strict=True)]
        np.testing.assert_allclose(METRICS[name](a, b, k=k), expected, atol=1e-12)


@pytest.mark.parametrize("name", AGREEMENT)
@settings(max_examples=30, deadline=None)
@given(
    values=arrays(
        np.float64,
        st.tuples(st.integers(1, 5), st.integers(2, 9)),
        elements=st.sampled_from([-2.0, -1.0, 0.0, 0.0, 0.3, 1.0, 1e-9, 7.0]),
    ),
    k=st.integers(1, 9),
)
def test_agrees_with_itself_exactly_or_is_undefined(name, values, k):
    k = min(k, values.shape[1])
    result = METRICS[name](values, values.copy(), k=k)
    same = 0.0 if name in LESS else 1.0
    assert ((result == same) | np.isnan(result)).all()
    # Undefined only without a single value, or (for correlations) without any variation; what is
    # below a share of its row is rounding to those that look at active features alone.
    least = 1e-5 if name == "signed_rank_correlation" else 0.0
    sizes = np.abs(values)
    active = (sizes > least * sizes.sum(axis=1, keepdims=True)) & (sizes > 0)
    kept = zip(sizes, active, strict=True)
    distinct = np.array([len(set(row[counts])) > 1 for row, counts in kept])
    assert (result[distinct] == same).all()


@pytest.mark.parametrize("name", AGREEMENT)
def test_is_symmetric_and_blind_to_scale_and_to_the_order_of_features_and_rows(name):
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 40, 9)).round(1) * (rng.random((2, 40, 9)) < 0.8)
    metric = METRICS[name]
    reference = metric(a, b, k=3)
    columns, rows = rng.permutation(9), rng.permutation(40)
    np.testing.assert_allclose(metric(b, a, k=3), reference, atol=1e-12)
    np.testing.assert_allclose(metric(1e-3 * a, 1e3 * b, k=3), reference, atol=1e-12)
    np.testing.assert_allclose(metric(a[:, columns], b[:, columns], k=3), reference, atol=1e-12)
    np.testing.assert_array_equal(metric(a[rows], b[rows], k=3), reference[rows])
    assert np.ptp(reference) > 0.3


@pytest.mark.parametrize("name", AGREEMENT)
def test_is_undefined_where_nothing_is_attributed(name):
    silent = np.zeros((2, 4))
    assert np.isnan(METRICS[name](silent, silent, k=2)).all()


@pytest.mark.parametrize("name", sorted(CHANCE))
def test_chance_is_what_random_rankings_give(name):
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(2, 20_000, 7))
    result = METRICS[name](a, b, k=3)
    error = result.std() / np.sqrt(len(result))
    assert abs(result.mean() - chance(name, k=3, d=7)) < 4 * error
    assert error < 0.004


def test_every_agreement_metric_has_a_chance_value():
    # Of moved weight no formula is known: arms with random weights show it.
    assert sorted(CHANCE) == sorted(set(AGREEMENT) - {"moved_weight"})


@pytest.mark.parametrize("name", ["signed_top_k", "signed_rank_correlation"])
def test_features_that_are_silent_in_both_never_count(name):
    rng = np.random.default_rng(11)
    a, b = rng.normal(size=(2, 30, 6))
    wider = [np.concatenate([v, np.zeros((30, 20))], axis=1) for v in (a, b)]
    np.testing.assert_allclose(METRICS[name](*wider, k=4), METRICS[name](a, b, k=4), atol=1e-12)


def test_signed_top_k_uses_no_more_places_than_active_features():
    a = np.array([[3.0, -2.0, 0.0, 0.0, 0.0]])
    b = np.array([[1.0, -2.0, 0.0, 0.0, 0.0]])
    assert METRICS["signed_top_k"](a, b, k=5) == 1.0
    # Of three active features one is silent in a: it can't be shared.
    b = np.array([[1.0, -2.0, 0.5, 0.0, 0.0]])
    np.testing.assert_allclose(METRICS["signed_top_k"](a, b, k=5), 2 / 3)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([[5.0, 4.0, 1.0, 0.5]], [[5.0, 4.0, -0.5, 1.0]], 1.0),
        ([[5.0, 4.0, 1.0, 0.5]], [[-5.0, -4.0, 0.5, 1.0]], 0.0),
        ([[5.0, 4.0, 1.0, 0.5]], [[0.5, 1.0, 4.0, 5.0]], 0.0),
        ([[5.0, 4.0, 1.0, 0.5]], [[0.0, 0.0, 0.0, 0.0]], 0.0),
    ],
)
def test_signed_top_k_where_it_must_be_one_or_zero(a, b, expected):
    assert METRICS["signed_top_k"](np.array(a), np.array(b), k=2) == expected


@pytest.mark.parametrize("name", ["cosine", "rank_correlation", "signed_rank_correlation"])
def test_correlations_reach_minus_one(name):
    a = np.array([[1.0, 2.0, 3.0, 4.0]])
    b = {"cosine": -a, "rank_correlation": 5 - a, "signed_rank_correlation": -(a**3)}[name]
    np.testing.assert_allclose(METRICS[name](a, b, k=1), -1.0)


def test_pairwise_rank_agreement_compares_three_ways():
    a, b = np.array([[2.0, 1.0, 1.0]]), np.array([[2.0, 1.0, 0.5]])
    np.testing.assert_allclose(METRICS["pairwise_rank_agreement"](a, b), 2 / 3)


def test_pairwise_rank_agreement_is_the_same_in_blocks(monkeypatch):
    from explainprune.analysis.metrics.agreement import ranks

    a, b = np.random.default_rng(0).normal(size=(2, 10, 5))
    whole = ranks.pairwise_rank_agreement(a, b)
    monkeypatch.setattr(ranks, "_ENTRIES", 3 * 25)
    np.testing.assert_array_equal(ranks.pairwise_rank_agreement(a, b), whole)


@pytest.mark.parametrize("name", AGREEMENT)
def test_errors_say_what_is_wrong(name):
    metric = METRICS[name]
    with pytest.raises(ValueError, match=r"a.shape=\(2, 3\), b.shape=\(2, 4\)"):
        metric(np.ones((2, 3)), np.ones((2, 4)), k=1)
    with pytest.raises(ValueError, match="1 that are not in b"):
        metric(np.ones((2, 3)), np.array([[1.0, 2.0, np.nan], [1.0, 1.0, 1.0]]), k=1)


@pytest.mark.parametrize("name", sorted(set(SHARES) - {"pairwise_rank_agreement", "moved_weight"}))
@pytest.mark.parametrize("k", [0, 4, 1.5])
def test_k_must_fit_the_features(name, k):
    with pytest.raises(ValueError, match=rf"from 1 to the 3 there are. Received: k={k}"):
        METRICS[name](np.ones((2, 3)), np.ones((2, 3)), k=k)


def test_unknown_chance_names_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'jaccard'"):
        chance("jacard", k=1, d=2)
