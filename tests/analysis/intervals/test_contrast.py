"""The difference of two means over rows and backgrounds: from its definition, and in draws."""

import numpy as np
import pytest

from explainprune.analysis.intervals import Units, contrast, crossed_mean


def test_of_rows_by_themselves_it_is_welchs():
    rng = np.random.default_rng(0)
    values = rng.normal(0.2, 0.05, size=(1, 90))
    inside = np.arange(90) < 30
    values[0, inside] *= 3
    found = contrast(values, Units.rows(90), inside)
    a, b = values[0, inside], values[0, ~inside]
    parts = a.var(ddof=1) / 30, b.var(ddof=1) / 60
    assert found.value == pytest.approx(a.mean() - b.mean())
    assert found.rows == pytest.approx(sum(parts))
    welch = sum(parts) ** 2 / (parts[0] ** 2 / 29 + parts[1] ** 2 / 59)
    assert found.df_rows == pytest.approx(welch)
    assert found.backgrounds == 0.0


def test_what_backgrounds_do_to_both_sides_alike_takes_no_part():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(1, 60)) + rng.normal(size=(6, 1))
    inside = np.arange(60) % 3 == 0
    found = contrast(values, Units.rows(60), inside)
    assert found.backgrounds == pytest.approx(0.0, abs=1e-20)
    assert crossed_mean(values, Units.rows(60)).backgrounds > 0.01
    values[:, inside] += rng.normal(size=(6, 1))
    sides = values[:, inside].mean(axis=1) - values[:, ~inside].mean(axis=1)
    found = contrast(values, Units.rows(60), inside)
    assert found.backgrounds == pytest.approx(sides.var(ddof=1) / 6)


def test_clusters_on_both_sides_take_out_what_they_share():
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(200), 2)
    values = (rng.normal(size=200)[cluster] + 0.1 * rng.normal(size=400))[None]
    inside = np.arange(400) % 2 == 0  # one row of each cluster
    pairs = values[0, inside] - values[0, ~inside]
    found = contrast(values, Units(np.ones(400), cluster, "clusters"), inside)
    assert found.rows == pytest.approx(pairs.var(ddof=1) / 200, rel=0.02)
    apart = contrast(values, Units.rows(400), inside)
    assert apart.rows > 20 * found.rows


def test_weights_weigh():
    values = np.array([[0.1, 0.3, 0.2, 0.6]])
    units = Units(np.array([1.0, 3.0, 1.0, 1.0]), np.arange(4), weighted=True)
    found = contrast(values, units, np.array([True, True, False, False]))
    assert found.value == pytest.approx(0.25 - 0.4)


def test_its_interval_covers_also_where_one_side_is_skewed():
    wrong = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        inside = np.arange(160) < 50
        values = np.where(inside, rng.exponential(0.1, 160), rng.normal(0.1, 0.03, 160))
        values = values + 0.02 * rng.normal(size=(6, 1)) + 0.02 * rng.normal(size=(6, 160))
        low, high = contrast(values, Units.rows(160), inside).measure(bounds=(-1, 1)).interval
        wrong += not low <= 0.0 <= high
    assert wrong <= 0.085 * 300
