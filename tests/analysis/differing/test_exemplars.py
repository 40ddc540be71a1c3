"""Rows of one prediction and two sets of reasons: each held against what chance does to it."""

from itertools import combinations

import numpy as np
import pytest

from explainprune.analysis.comparison.moving import moved_values
from explainprune.analysis.differing import exemplars
from explainprune.analysis.differing.exemplars import WHY
from explainprune.analysis.differing.nulls import (
    beyond_redrawing,
    beyond_twins,
    discovered,
    redrawn_values,
)
from explainprune.analysis.metrics.agreement.moved_weight import moved_weight
from explainprune.types import Sample


def one(row, why):
    return Sample(row, (0.0,), (0.0,), (0.0,), "", "a", "a", 0.5, why)


def explained(seed=0, n=200, p=8, draws=6, noise=0.1, turned=0):
    """Two models' attributions: backgrounds move both alike, and `turned` rows have new reasons."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(n, p))
    other = truth.copy()
    other[:turned] = rng.normal(size=(turned, p))
    shared = noise * rng.normal(size=(draws, n, p))
    return truth + shared, other + shared + 0.2 * noise * rng.normal(size=(draws, n, p))


def asked(a, b, twins=(), **options):
    moved = {"pruned": moved_values(a, b, linear=True)}
    moved |= {name: moved_values(a, twin, linear=True) for name, twin in dict(twins).items()}
    n = a.shape[1]
    return exemplars(
        (a, b),
        moved,
        options.pop("same", np.ones(n, dtype=bool)),
        one,
        clusters=options.pop("clusters", np.arange(n)),
        other="pruned",
        linear=True,
        **options,
    )


def test_pseudo_values_are_those_of_deleting_one_background():
    each = explained()[0][:5, :20]

    def mean_of_pairs(part):
        # All rows at once, since what counts as zero is a share of the mean over rows.
        return np.mean(
            [moved_weight(part[j], part[k]) for j, k in combinations(range(len(part)), 2)], axis=0
        )

    whole = mean_of_pairs(each)
    by_hand = [5 * whole - 4 * mean_of_pairs(np.delete(each, j, axis=0)) for j in range(5)]
    np.testing.assert_allclose(redrawn_values(each), by_hand, atol=1e-12)
    np.testing.assert_allclose(redrawn_values(each).mean(axis=0), whole, atol=1e-12)


def test_the_false_discovery_rate_step_by_step():
    rng = np.random.default_rng(0)
    for _ in range(20):
        p = np.where(rng.random(40) < 0.3, 0.01 * rng.random(40), rng.random(40))
        ordered = sorted(p)
        ranks = [k for k in range(1, 41) if ordered[k - 1] <= 0.05 * k / 40]
        largest = ordered[max(ranks) - 1] if ranks else -1.0
        np.testing.assert_array_equal(discovered(p, 0.05), p <= largest)
    assert not discovered(np.array([0.04, 0.9]), 0.05).any()


def test_a_rank_among_twins_by_counting():
    own, twins = np.array([0.1, 0.5, 0.3]), np.array([0.2, 0.3, 0.3, 0.4])
    by_hand = [(1 + sum(t >= v for t in twins)) / 5 for v in own]
    np.testing.assert_allclose(beyond_twins(own, twins), by_hand)


def test_a_row_must_be_beyond_both_models_own_redrawing():
    a, b = explained(turned=100)
    p, redrawn, error = beyond_redrawing(a, b, linear=True)
    noisy = a + 3 * np.random.default_rng(1).normal(size=a.shape)
    for swapped in ((noisy, b), (b, noisy)):
        worse, far, _ = beyond_redrawing(*swapped, linear=True)
        assert np.median(worse[:100]) > 0.05 > np.median(p[:100])
        assert np.median(far) > 3 * np.median(redrawn)
    assert (error > 0).all()


def test_turned_rows_are_found_and_others_are_not():
    false, found = 0, 0
    for seed in range(20):
        a, b = explained(seed, turned=60)
        p, _, _ = beyond_redrawing(a, b, linear=True)
        chosen = discovered(p, 0.05)
        found += chosen[:60].sum()
        false += chosen[60:].sum()
    assert found > 0.9 * 20 * 60
    assert false <= 0.05 * (found + false)


def test_the_same_model_under_other_backgrounds_is_no_exemplar():
    hits = 0
    for seed in range(40):
        a = explained(seed, noise=0.3)[0]
        other = a.mean(axis=0) + 0.3 * np.random.default_rng(seed + 1000).normal(size=a.shape)
        hits += asked(a, other).found > 0
    assert hits <= 0.1 * 40


def test_what_a_twin_does_to_rows_is_no_reason_either():
    a, b = explained(turned=60)
    rng = np.random.default_rng(5)
    other_start = rng.random((200, 1)) < 0.5
    twin = np.where(other_start, rng.normal(size=a.shape[1:]), a.mean(axis=0)) + 0 * a
    alone, beside = asked(a, b), asked(a, b, {"retrained": twin})
    assert alone.found > 50
    assert beside.found < 10
    assert "a copy trained from another start" in beside.sentence
    calm = asked(a, b, {"retrained": a + 0.01 * rng.normal(size=a.shape)})
    assert calm.found > 50
    assert set(calm.shown[0].twins) == {"retrained"}
    assert calm.shown[0].twins["retrained"] < 0.05


def test_the_furthest_are_shown_one_of_each_cluster():
    a, b = explained(turned=60)
    clusters = np.arange(200) // 2
    found = asked(a, b, clusters=clusters)
    rows = [each.sample.row for each in found.shown]
    assert len(rows) == 4 == len({clusters[row] for row in rows})
    assert all(each.sample.why == WHY for each in found.shown)
    moved = moved_values(a, b, linear=True).mean(axis=0)
    assert rows[0] == int(np.argmax(moved))
    assert [moved[row] for row in rows] == sorted((moved[row] for row in rows), reverse=True)
    assert "of 200 with the same prediction have other reasons" in found.sentence
    assert all(0 < each.redrawn < 0.3 for each in found.shown)


def test_rows_that_flipped_take_no_part():
    a, b = explained(turned=60)
    same = np.arange(200) >= 30
    found = asked(a, b, same=same)
    assert found.rows == 170
    assert 20 < found.found <= 33
    assert min(each.sample.row for each in found.shown) >= 30


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"certain": True}, "Both models are one function"),
        ({"same": np.zeros(200, dtype=bool)}, "No row has the same prediction"),
    ],
)
def test_where_there_is_nothing_to_ask_it_says_so(options, said):
    found = asked(*explained(), **options)
    assert found.sentence.startswith(said)
    assert found.shown == () and found.found == 0


def test_a_single_baseline_has_no_null_of_its_own():
    a, b = (v[:1] for v in explained(turned=60))
    assert "needs three backgrounds, or a twin" in asked(a, b).sentence
    found = asked(a, b, {"retrained": a + 0.01 * np.random.default_rng(0).normal(size=a.shape)})
    assert found.found > 50
    assert found.shown[0].redrawn is None


def test_where_none_is_found_it_says_what_would_have_been():
    a, b = explained(noise=0.3)
    found = asked(a, b)
    assert found.found == 0
    assert found.sentence.startswith(
        "No row of 200 with the same prediction has reasons that moved"
    )
    assert "A typical row would have stood out by itself from " in found.sentence
    assert 0.1 < found.least < 1
