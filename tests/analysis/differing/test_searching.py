"""Rules that a shallow tree proposes: what they say, and which rows they hold for."""

import numpy as np
import pytest

from explainprune.analysis.differing.searching import candidates, holds, shortest
from explainprune.types import Condition
from explainprune.types.known import Column


def table(n=400, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n).astype(float)
    months = rng.choice([6.0, 12.0, 24.0, 36.0, 48.0], n)
    job = rng.choice(np.array(["cook", "driver", "none"]), n)
    return Column.of("age", age), Column.of("months", months), Column.of("job", job)


def by_hand(conditions, columns):
    """Row by row, from the words of each condition."""
    named = {column.name: column for column in columns}
    found = []
    for row in range(len(columns[0].values)):
        true = True
        for each in conditions:
            column = named[each.column]
            value = column.values[row]
            if each.among or each.never:
                name = column.categories[value] if column.categories else "missing"
                if not column.categories and not np.isnan(value):
                    name = "a number"
                true &= name in each.among if each.among else name not in each.never
            elif np.isnan(value):
                true &= each.missing
            else:
                true &= each.above is None or value > each.above
                true &= each.most is None or value <= each.most
        found.append(bool(true))
    return np.array(found)


@pytest.mark.parametrize(
    "conditions",
    [
        (Condition("age", most=30.0),),
        (Condition("age", above=30.0, most=50.0), Condition("job", among=("cook",))),
        (Condition("months", above=12.0), Condition("job", never=("cook", "none"))),
        (Condition("age", most=40.0, missing=True),),
        (Condition("age", among=("missing",)), Condition("months", above=6.0)),
        (Condition("age", never=("missing",)),),
    ],
)
def test_rules_hold_where_their_words_say(conditions):
    columns = table()
    columns[0].values[::7] = np.nan
    found = holds(conditions, columns)
    assert 0 < found.sum() < len(found)
    np.testing.assert_array_equal(found, by_hand(conditions, columns))


def test_a_planted_rule_is_among_those_proposed():
    columns = table(2000)
    age, months = (column.values for column in columns[:2])
    planted = (age <= 30) & (months > 24)
    values = 0.1 + 0.3 * planted + 0.02 * np.random.default_rng(1).normal(size=2000)
    found = candidates(columns, values, np.ones(2000), fewest=25, seed=0)
    said = {" and ".join(map(str, sorted(rule, key=lambda c: c.column))) for rule in found}
    assert "age is at most 30 and months is over 30" in said  # the roundest between 24 and 36
    for rule in found:
        assert 25 <= holds(rule, columns).sum() <= 1975


def test_units_do_not_matter():
    age, months, job = table(600)
    values = 0.1 + 0.2 * (age.values > 50)
    squeezed = Column("age", np.exp(age.values / 10) * 1e-12)
    for first, second in zip(
        candidates((age, months, job), values, np.ones(600), fewest=25, seed=0),
        candidates((squeezed, months, job), values, np.ones(600), fewest=25, seed=0),
        strict=True,
    ):
        np.testing.assert_array_equal(
            holds(first, (age, months, job)), holds(second, (squeezed, months, job))
        )


def test_rows_without_a_number_are_told_apart():
    age, months, job = table(600)
    age.values[:200] = np.nan
    values = 0.1 + 0.3 * np.isnan(age.values)
    first = candidates((age, months, job), values, np.ones(600), fewest=25, seed=0)
    assert {str(rule[0]) for rule in first if len(rule) == 1} == {
        "age is missing",
        "age isn't missing",
    }


def test_categories_beyond_the_most_frequent_are_not_named():
    names = np.array([f"c{i:02}" for i in range(40)])
    column = Column.of("city", np.repeat(names, np.arange(40, 0, -1)))
    values = np.random.default_rng(0).random(len(column.values))
    named = {
        name
        for rule in candidates((column,), values, np.ones(len(values)), fewest=5, seed=0)
        for each in rule
        for name in (*each.among, *each.never)
    }
    assert named <= set(names[:12]) and named


@pytest.mark.parametrize("seed", range(20))
def test_the_shortest_number_lies_between(seed):
    rng = np.random.default_rng(seed)
    low, high = np.sort(rng.normal(size=2) * 10.0 ** rng.integers(-6, 6))
    found = shortest(low, high)
    assert low <= found < high
    digits = len(f"{abs(found):.15g}".replace(".", "").strip("0"))
    assert digits <= len(f"{abs((low + high) / 2):.15g}".replace(".", "").strip("0"))
    tight = np.nextafter(low, np.inf)
    assert shortest(low, tight) == low


def test_nothing_to_ask_proposes_nothing():
    assert candidates((), np.zeros(100), np.ones(100), fewest=25, seed=0) == []
    assert candidates(table(40), np.zeros(40), np.ones(40), fewest=25, seed=0) == []
