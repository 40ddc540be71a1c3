"""Intervals: coverage, closed forms, and honesty about what can't be known."""

import numpy as np
import pytest
from scipy import stats

from explainprune.analysis.intervals import TRANSFORMS, bootstrap_mean, mapped, t_mean
from explainprune.analysis.intervals import bootstrap as module
from explainprune.types import Measure


def covered(measures, truth):
    return np.mean([m.low <= truth <= m.high for m in measures])


@pytest.mark.parametrize("kind", ["agreement", "nearly perfect", "skewed"])
def test_bootstrap_covers_95_in_100(kind):
    rng = np.random.default_rng(0)
    levels = np.array([0, 0.25, 0.5, 0.75, 1])
    draw, truth, bounds, n = {
        "agreement": (
            lambda n: rng.choice(levels, n, p=[0.05, 0.1, 0.15, 0.3, 0.4]),
            0.725,
            (0, 1),
            60,
        ),
        "nearly perfect": (lambda n: rng.choice([0.0, 1], n, p=[0.01, 0.99]), 0.99, (0, 1), 60),
        "skewed": (lambda n: np.exp(rng.normal(size=n)), np.exp(0.5), None, 200),
    }[kind]
    measures = [bootstrap_mean(draw(n), seed=seed, draws=500, bounds=bounds) for seed in range(400)]
    # Four standard errors of a share of 400. Near a bound, coverage may be higher.
    assert 0.95 - 4 * np.sqrt(0.95 * 0.05 / 400) <= covered(measures, truth)
    if kind == "agreement":
        assert covered(measures, truth) <= 0.985


@pytest.mark.parametrize("seeds", [3, 5, 8])
def test_t_intervals_over_few_seeds_cover_95_in_100(seeds):
    rng = np.random.default_rng(seeds)
    draws = rng.beta(90, 10, size=(1500, seeds))
    measures = [t_mean(values, transform="logit") for values in draws]
    assert abs(covered(measures, 0.9) - 0.95) < 0.025
    # A bootstrap over so few would not: that is why it isn't used.
    few = [bootstrap_mean(values, seed=i, draws=200) for i, values in enumerate(draws[:300])]
    assert covered(few, 0.9) < 0.92


def test_bootstrap_is_scipys_bca():
    values = np.random.default_rng(1).exponential(size=80)
    ours = bootstrap_mean(values, draws=20_000)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(2)
    ).confidence_interval
    np.testing.assert_allclose(ours.interval, theirs, atol=0.012)
    # and further from the percentile interval than that, so that the test can tell
    plain = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert abs(ours.high - plain.high) > 0.015


def test_bootstrap_repeats_for_a_seed_and_in_blocks(monkeypatch):
    values = np.random.default_rng(3).normal(size=50)
    once = bootstrap_mean(values, seed=4)
    assert bootstrap_mean(values, seed=4) == once
    assert bootstrap_mean(values, seed=5) != once
    monkeypatch.setattr(module, "_BLOCK", 50 * 300)
    np.testing.assert_allclose(bootstrap_mean(values, seed=4).interval, once.interval)


def test_from_many_values_on_the_closed_form_is_the_bootstrap(monkeypatch):
    n = module.LARGE
    values = np.random.default_rng(5).exponential(size=n) ** 2
    closed = bootstrap_mean(values)
    assert closed.note == f"BCa interval over {n:,} samples"
    monkeypatch.setattr(module, "LARGE", n + 1)
    drawn = bootstrap_mean(values, draws=8000)
    assert drawn.note == f"bootstrap over {n:,} samples"
    width = drawn.high - drawn.low
    np.testing.assert_allclose(closed.interval, drawn.interval, atol=0.04 * width)
    # Without the skewness it would lie elsewhere: the test can tell.
    plain = values.mean() + 1.96 * values.std() / np.sqrt(n)
    assert closed.high - plain > 0.05 * width


def test_tiny_values_do_not_underflow():
    values = 1e-200 * np.array([1.0, 2.0, 4.0, 9.0])
    low, high = bootstrap_mean(values).interval
    assert 1e-200 < low < 4e-200 < high < 9e-200


def test_undefined_values_are_left_out_and_counted():
    values = np.array([0.2, np.nan, 0.4, 0.9, np.nan])
    measure = bootstrap_mean(values)
    assert measure.value == pytest.approx(0.5)
    assert measure.n == 3
    assert measure.note == "bootstrap over 3 samples; 2 undefined left out"
    assert t_mean(values).n == 3
    assert "2 undefined left out" in t_mean(values).note


@pytest.mark.parametrize("mean", [bootstrap_mean, t_mean])
def test_one_value_has_no_interval_and_none_has_no_value(mean):
    one = mean([0.7])
    assert (one.value, one.interval, one.n) == (0.7, None, 1)
    assert "no interval from a single one" in one.note
    none = mean([np.nan, np.nan])
    assert (none.value, none.interval, none.n) == (None, None, 0)
    assert "undefined for all" in none.note
    with pytest.raises(ValueError, match=r"Received: \(2, 1\)"):
        mean([[1.0], [2.0]])


def test_equal_values_do_not_claim_certainty_where_bounds_are_known():
    n = 59
    measure = bootstrap_mean([1.0] * n, bounds=(0, 1))
    # If a share p of all rows disagreed wholly, n rows would miss it with (1 − p)ⁿ = 2.5 %.
    assert measure.value == measure.high == 1.0
    np.testing.assert_allclose((1 - (1 - measure.low)) ** n, 0.025)
    assert bootstrap_mean([0.0] * n, bounds=(-1, 1)).interval == pytest.approx(
        (measure.low - 1, 1 - measure.low)
    )
    assert bootstrap_mean([3.0] * n, certain=True).interval == (3.0, 3.0)
    assert bootstrap_mean([3.0] * n, certain=True).note == "all 59 values are equal"


@pytest.mark.parametrize("bounds", [None, (None, None), (0.0, None), (None, 5.0)])
def test_equal_values_of_unknown_bounds_have_no_interval(bounds):
    for values in ([3.0] * 59, [3.0, 3.0 + 1e-15] * 30, [0.0, 0.0]):
        found = bootstrap_mean(values, bounds=bounds)
        assert found.value == pytest.approx(values[0])
        assert found.interval is None
        assert found.note.endswith("are equal: how far others may lie isn't known")


def test_values_that_differ_are_widened_only_where_others_may_be_rare():
    values = np.linspace(0.90, 0.98, 50)
    plain = bootstrap_mean(values)
    assert bootstrap_mean(values, bounds=(-1, 1), rare=False).interval == plain.interval
    wide = bootstrap_mean(values, bounds=(-1, 1))
    assert wide.low == pytest.approx(0.94 - (1 - 0.025 ** (1 / 50)) * 1.94)
    assert bootstrap_mean([0.9] * 50, bounds=(-1, 1), rare=False).low == pytest.approx(
        0.9 - (1 - 0.025 ** (1 / 50)) * 1.9
    )


def test_one_disagreement_more_never_narrows_the_bound():
    highs = [bootstrap_mean([0.25] * i + [0.0] * (40 - i), bounds=(0, 1)).high for i in range(6)]
    assert (np.diff(highs) > 0).all()


def test_t_interval_closed_form():
    measure = t_mean([1.0, 2.0, 3.0])
    half = stats.t.ppf(0.975, 2) / np.sqrt(3)
    np.testing.assert_allclose(measure.interval, [2 - half, 2 + half])
    assert (measure.n, measure.unit) == (3, "seeds")


@pytest.mark.parametrize(
    ("transform", "values", "forth"),
    [
        ("logit", [0.8, 0.9, 0.99], lambda p: np.log(p / (1 - p))),
        ("fisher", [-0.5, 0.9, 0.2], np.arctanh),
        ("log", [0.1, 5.0, 2.0], np.log),
        ("identity", [0.1, 5.0, 2.0], lambda v: v),
    ],
)
def test_transformed_interval_is_symmetric_on_its_scale(transform, values, forth):
    measure = t_mean(values, transform=transform)
    moved = forth(np.array(values))
    half = stats.t.ppf(0.975, 2) * moved.std(ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(
        forth(np.array(measure.interval)), [moved.mean() - half, moved.mean() + half]
    )
    assert measure.value == pytest.approx(np.mean(values))
    _, _, least, most = TRANSFORMS[transform]
    assert least < measure.low < measure.high < most


def test_values_at_the_edge_use_the_plain_scale_and_stay_inside():
    measure = t_mean([1.0, 1.0, 0.97], transform="logit")
    plain = t_mean([1.0, 1.0, 0.97])
    assert measure.low == plain.low
    assert measure.high == 1.0 < plain.high
    assert measure.note == "t interval, cut at the edge over 3 seeds"


def test_equal_seeds_say_so():
    measure = t_mean([1.0] * 4, transform="logit")
    assert measure.interval == (1.0, 1.0)
    assert measure.note == "all 4 seeds gave the same"


def test_errors():
    with pytest.raises(ValueError, match="Did you mean 'logit'"):
        t_mean([0.1, 0.2], transform="logits")
    with pytest.raises(
        ValueError, match=r"'logit' is for values from 0.0 to 1.0. Received: \[0.1, 1.2\]"
    ):
        t_mean([0.1, 1.2], transform="logit")


def test_mapped_turns_the_interval_round_where_needed():
    measure = Measure(0.9, (0.8, 0.95), 7, "seeds", "n")
    assert mapped(measure, lambda a: 1 - a) == Measure(
        1 - 0.9, (1 - 0.95, 1 - 0.8), 7, "seeds", "n"
    )
    assert mapped(Measure(None, None, note="gone"), np.exp).value is None
    assert mapped(Measure(0.0, None, note="one"), np.exp) == Measure(1.0, None, note="one")
