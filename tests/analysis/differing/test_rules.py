"""Where two models differ: found where something was planted, and hardly ever where not."""

import numpy as np
import pytest
from moved_cases import RULE, columns_of, moved_of

from explainprune.analysis.differing import where_they_differ
from explainprune.analysis.differing.rules import LEAST_UNITS, _halves
from explainprune.analysis.differing.searching import holds
from explainprune.analysis.intervals import Units, contrast
from explainprune.types.known import Column


def searched(seed, n=400, planted=0.0, **options):
    rng = np.random.default_rng(seed)
    columns = columns_of(rng, n)
    moved = moved_of(rng, columns, planted)
    units = options.pop("units", Units.rows(n))
    return where_they_differ(moved, units, columns, seed=seed, **options)


@pytest.mark.slow
def test_under_no_difference_hardly_any_rule_is_confirmed():
    confirmed, tried = 0, 0
    for seed in range(400):
        rules = searched(seed, n=300).rules
        confirmed += any(rule.confirmed for rule in rules)
        tried += len(rules)
    assert tried > 200  # there was something to refuse
    assert confirmed <= 0.05 * 400


def test_a_planted_rule_is_found_and_confirmed():
    found = searched(0, n=2000, planted=0.3)
    best = found.rules[0]
    assert best.confirmed
    assert sorted(map(str, best.conditions)) == sorted(RULE.split(" and "))
    assert best.apart.low < 0.3 < best.apart.high
    assert best.inside.value - best.outside.value == pytest.approx(best.apart.value)
    assert f"More moved where {best}: " in found.sentence
    assert found.found_on + found.tried_on == 2000
    assert found.over == ("age", "months", "job")


def test_what_is_planted_at_the_stated_size_is_mostly_found():
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        columns = columns_of(rng, 600)
        quarter = columns[0].values > np.quantile(columns[0].values, 0.75)
        moved = moved_of(rng, columns)
        least = where_they_differ(moved, Units.rows(600), columns, seed=seed).least
        found = where_they_differ(moved + least * quarter, Units.rows(600), columns, seed=seed)
        hits += any(rule.confirmed for rule in found.rules)
    assert hits >= 0.75 * 60


def test_where_nothing_is_found_it_says_what_could_have_been_seen():
    found = next(w for w in map(searched, range(10)) if not any(r.confirmed for r in w.rules))
    assert "nothing tells where more moved. For scale: had a quarter of the rows" in found.sentence
    assert 0.005 < found.least < 0.1
    narrower = next(
        w for w in (searched(s, n=1600) for s in range(10)) if not any(r.confirmed for r in w.rules)
    )
    assert narrower.least < 0.7 * found.least


def test_intervals_come_from_rows_that_had_no_part_in_finding():
    rng = np.random.default_rng(3)
    columns, units = columns_of(rng, 800), Units.rows(800)
    moved = moved_of(rng, columns, 0.2)
    rule = where_they_differ(moved, units, columns, seed=1).rules[0]
    halves = _halves(units, 1)
    assert len(np.intersect1d(*halves)) == 0
    found, tried = (
        contrast(
            moved[:, at], units.take(at), holds(rule.conditions, [c.take(at) for c in columns])
        )
        for at in halves
    )
    assert rule.apart.value == pytest.approx(tried.value)
    assert rule.apart.value != pytest.approx(found.value)


def test_clusters_stay_whole():
    units = Units(np.ones(300), np.repeat(np.arange(60), 5), "clusters")
    first, second = (set(units.clusters[at]) for at in _halves(units, 0))
    assert not first & second
    assert len(first) == len(second) == 30


def test_rows_of_a_few_clusters_do_not_confirm_what_is_theirs_alone():
    # Each of 120 clusters has its own age and its own moved weight: 20 rows say no more than one.
    wrong = {"rows": 0, "clusters": 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        cluster = np.repeat(np.arange(120), 20)
        age = Column("age", rng.normal(size=120)[cluster])
        moved = (0.2 + 0.05 * rng.normal(size=120)[cluster] + 0.01 * rng.normal(size=2400))[None]
        for name, numbers in (("rows", np.arange(2400)), ("clusters", cluster)):
            units = Units(np.ones(2400), numbers, "clusters")
            found = where_they_differ(moved, units, (age,), seed=seed)
            wrong[name] += any(rule.confirmed for rule in found.rules)
    assert wrong["clusters"] <= 6
    assert wrong["rows"] >= 20


def test_rows_that_weigh_nothing_say_nothing():
    rng = np.random.default_rng(0)
    columns = columns_of(rng, 800)
    moved = moved_of(rng, columns, 0.3)
    young = columns[0].values <= 30
    units = Units(np.where(young, 0.0, 1.0), np.arange(800), weighted=True)
    found = where_they_differ(moved, units, columns, seed=0)
    assert found.found_on + found.tried_on == int((~young).sum())
    assert not any(rule.confirmed for rule in found.rules)


@pytest.mark.parametrize(
    ("n", "options", "said"),
    [
        (LEAST_UNITS - 1, {}, "99 rows are too few to look for where they differ"),
        (400, {"certain": True}, "Both models are one function: they differ nowhere."),
    ],
)
def test_where_nothing_can_be_looked_for_it_says_why(n, options, said):
    found = searched(0, n=n, **options)
    assert found.sentence.startswith(said)
    assert found.rules == ()


def test_without_columns_it_says_so():
    moved = np.random.default_rng(0).random((6, 300))
    constant = Column("always", np.ones(300))
    found = where_they_differ(moved, Units.rows(300), (constant,), seed=0)
    assert found.sentence == "Nothing is known of the rows that a rule could be about."


def test_rows_without_reasons_take_no_part():
    rng = np.random.default_rng(0)
    columns = columns_of(rng, 500)
    moved = moved_of(rng, columns, 0.3)
    moved[:, :100] = np.nan
    found = where_they_differ(moved, Units.rows(500), columns, seed=0)
    assert found.found_on + found.tried_on == 400
