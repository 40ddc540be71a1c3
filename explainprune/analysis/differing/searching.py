"""Rules that may tell where more moved: the nodes of a shallow tree over readable columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import Any

import numpy as np

from explainprune.types import Array
from explainprune.types.differing import Condition
from explainprune.types.known import Column

DEPTH = 3
MOST_CATEGORIES = 12
"""Most categories of a column that rules can name: the most frequent ones."""

MISSING = "missing"
"""What stands in for a category where a number is missing."""

Conditions = tuple[Condition, ...]


def candidates(
    columns: Sequence[Column], values: Array, weights: Array, *, fewest: int, seed: int
) -> list[Conditions]:
    """Return what each node of a regression tree asks of a row, but for the root.

    The tree (Breiman et al. 1984) sees ranks and categories, so that it is the same in any units;
    a threshold is the shortest number between the two values that it lies between.

    Parameters
    ----------
    columns : sequence of Column
        Of the rows that rules are looked for in.
    values, weights : ndarray (n,)
        What each row moved, and how much it counts.
    fewest : int
        Rows that a node, and what it leaves out, must have.
    """
    from sklearn.tree import DecisionTreeRegressor

    asked = list(_questions(columns))
    if not asked or len(values) < 2 * fewest:
        return []
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=fewest, random_state=seed)
    # Exact copies of a number would be split by their last bits.
    tree.fit(np.stack([seen for _, _, seen in asked], axis=1), values.round(9), weights)
    return [_joined(path) for path in _paths(tree.tree_, asked)]


def holds(conditions: Conditions, columns: Sequence[Column]) -> Array:
    """Say which rows fulfil all conditions: (n,)."""
    named = {column.name: column for column in columns}
    found = np.ones(len(columns[0].values), dtype=bool)
    for each in conditions:
        found &= _fulfils(each, named[each.column])
    return found


def _fulfils(asked: Condition, column: Column) -> Array:
    missing = np.zeros(len(column.values), dtype=bool)
    if not column.categories:
        missing = np.isnan(column.values)
    if asked.among or asked.never:
        names = np.array(column.categories)[column.values] if column.categories else None
        one_of = [missing if names is None else names == n for n in asked.among or asked.never]
        found = np.any(one_of, axis=0)
        return np.asarray(found if asked.among else ~found)
    found = np.ones(len(column.values), dtype=bool)
    if asked.above is not None:
        found &= column.values > asked.above
    if asked.most is not None:
        found &= column.values <= asked.most
    return found | missing if asked.missing else found


def _questions(columns: Sequence[Column]) -> Iterator[tuple[Column, str | None, Array]]:
    """Yield what a tree can ask: a number's rank, or whether a row is of one category."""
    for column in columns:
        if not column.categories:
            # Missing numbers rank below all others.
            _, ranks = np.unique(np.nan_to_num(column.values, nan=-np.inf), return_inverse=True)
            yield column, None, ranks.reshape(-1)
            continue
        counts = np.bincount(column.values, minlength=len(column.categories))
        common = np.argsort(-counts, kind="stable")[:MOST_CATEGORIES]
        for number in np.sort(common[counts[common] > 0]):
            yield column, column.categories[number], column.values == number


def _paths(tree: Any, asked: Sequence[Any]) -> Iterator[list[Condition]]:
    """Yield the conditions on the way to each node, the root left out."""
    waiting: list[tuple[int, list[Condition]]] = [(0, [])]
    while waiting:
        node, path = waiting.pop()
        if path:
            yield path
        left, right = tree.children_left[node], tree.children_right[node]
        if left != right:
            column, category, _ = asked[tree.feature[node]]
            no, yes = _split(column, category, float(tree.threshold[node]))
            waiting += [(right, [*path, yes]), (left, [*path, no])]


def _split(column: Column, category: str | None, threshold: float) -> tuple[Condition, Condition]:
    """Return the conditions of the left and the right child."""
    name, missing = column.name, False
    if category is None:
        ranked = np.unique(np.nan_to_num(column.values, nan=-np.inf))
        low, high = (float(v) for v in ranked[[int(threshold), int(threshold) + 1]])
        missing, category = ranked[0] == -np.inf, MISSING if low == -np.inf else None
    if category is None:
        between = shortest(low, high)
        return Condition(name, most=between, missing=missing), Condition(name, above=between)
    no, yes = Condition(name, never=(category,)), Condition(name, among=(category,))
    return (yes, no) if category == MISSING and not column.categories else (no, yes)


def shortest(low: float, high: float) -> float:
    """Return the roundest number that is at least `low` and below `high`.

    >>> shortest(24.0, 25.0), shortest(0.1234, 0.1291), shortest(1180.2, 1315.0)
    (24.0, 0.125, 1200.0)
    """
    least = Decimal(low)
    for places in range(-12, 18):
        for unit in (5, 2, 1):
            step = unit * Decimal(1).scaleb(-places)
            number = float((least / step).to_integral_value(ROUND_CEILING) * step)
            if low <= number < high:
                return number
    return low


def _joined(path: list[Condition]) -> Conditions:
    """Join what is asked of the same column: the narrowest range, the categories ruled out."""
    found: dict[str, Condition] = {}
    for each in path:
        known = found.get(each.column)
        found[each.column] = each if known is None else _both(known, each)
    return tuple(found.values())


def _both(one: Condition, two: Condition) -> Condition:
    above = [v for v in (one.above, two.above) if v is not None]
    most = [v for v in (one.most, two.most) if v is not None]
    among = one.among or two.among
    return replace(
        one,
        above=max(above) if above else None,
        most=min(most) if most else None,
        among=among,
        never=() if among or above or most else (*one.never, *two.never),
        missing=one.missing and two.missing,
    )
