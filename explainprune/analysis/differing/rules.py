"""Where two models differ: rules found on one half of the rows, and tried on the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.differing.searching import Conditions, candidates, holds
from explainprune.analysis.intervals import Crossed, Units, contrast, crossed_mean
from explainprune.analysis.intervals.shared import LEVEL
from explainprune.analysis.verdict.wording import capital, count, interval, percent
from explainprune.types import Array
from explainprune.types.differing import Rule, Where
from explainprune.types.known import Column

FEWEST = 25
"""Units that a rule, and what it leaves out, must have in either half."""
LEAST_UNITS = 4 * FEWEST
MOST_RULES = 3
WORTH_TRYING = 2.0
"""Standard errors that more moved inside, on the half that a rule was found on."""
ALIKE = 0.6
"""Rules that share more of the rows that fulfil either are one: the clearer of them is tried."""
POWER = 0.9
PART = 0.25


def where_they_differ(
    moved: Array, units: Units, columns: Sequence[Column], *, seed: int, certain: bool = False
) -> Where:
    """Look for rows in which more moved than in the others.

    Units (rows, or clusters) are split in two at random. On one half a shallow tree proposes rules
    for the moved weight; the three clearest are tried on the other half, each by the interval of
    the difference inside − outside at the level 1 − .05/m for m rules tried. So under no
    difference any rule is confirmed in 2.5 % of all comparisons, up to the interval's own error.

    Parameters
    ----------
    moved : ndarray (R, n)
        Moved weight of each row under each background, as `crossed_mean` takes it.
    units : Units
    columns : sequence of Column
        What rules can be about; of two of one name the first.
    seed : int
        Splits the rows.
    certain : bool
        Both models are one function.
    """
    known = np.flatnonzero(~np.isnan(moved).any(axis=0) & (units.weights > 0))
    moved, units = moved[:, known], units.take(known)
    columns = _distinct([column.take(known) for column in columns])
    if certain:
        return Where("Both models are one function: they differ nowhere.")
    if not columns:
        return Where("Nothing is known of the rows that a rule could be about.")
    if units.count < LEAST_UNITS:
        noun = "row" if units.apart else units.unit.removesuffix("s")
        few = f"{count(units.count, noun)} {'is' if units.count == 1 else 'are'} too few"
        return Where(
            f"{capital(few)} to look for where they differ: rules are found on one half and tried "
            f"on the other, which takes {LEAST_UNITS}."
        )
    first, second = _halves(units, seed)
    found = _proposed(moved, units, columns, first, seed)
    tried = _tried(moved[:, second], units.take(second), [c.take(second) for c in columns], found)
    rules = sorted(tried, key=lambda rule: not rule.confirmed)  # the clearest first
    least = _least(crossed_mean(moved[:, second], units.take(second)), max(len(found), 1))
    return Where(
        sentence=_sentence(rules, least),
        rules=tuple(rules),
        over=tuple(column.name for column in columns),
        found_on=len(first),
        tried_on=len(second),
        least=least,
    )


def _distinct(columns: Sequence[Column]) -> list[Column]:
    """Keep one column of each name, and those that differ between rows at all."""
    named: dict[str, Column] = {}
    for column in columns:
        named.setdefault(column.name, column)
    return [c for c in named.values() if len(np.unique(c.values)) > 1]


def _halves(units: Units, seed: int) -> tuple[Array, Array]:
    """Split the rows in two, clusters whole."""
    _, cluster = np.unique(units.clusters, return_inverse=True)
    total = int(cluster.max()) + 1
    chosen = stream(seed, "where they differ").permutation(total)[: total // 2]
    first = np.isin(cluster, chosen)
    return np.flatnonzero(first), np.flatnonzero(~first)


def _proposed(
    moved: Array, units: Units, columns: Sequence[Column], at: Array, seed: int
) -> list[Conditions]:
    """Return the rules that are worth trying, the clearest first, no two of them nearly alike."""
    values, own = moved[:, at], units.take(at)
    seen = [column.take(at) for column in columns]
    whole, scored = crossed_mean(values, own).rows, []
    for rule in candidates(seen, values.mean(axis=0), own.weights, fewest=FEWEST, seed=seed):
        inside = holds(rule, seen)
        if _enough(own, inside):
            spread, share = contrast(values, own, inside), _share(own, inside)
            # By the spread of all rows, so that a part isn't clear just because it is alike inside.
            error = math.sqrt(whole / (share * (1 - share)) + spread.backgrounds)
            scored.append((spread.value / error if error else 0.0, rule, inside))
    scored.sort(key=lambda each: (-each[0], len(each[1])))
    kept: list[tuple[Conditions, Array]] = []
    for clear, rule, inside in scored:
        alike = any((inside & each).sum() > ALIKE * (inside | each).sum() for _, each in kept)
        if clear > WORTH_TRYING and not alike and len(kept) < MOST_RULES:
            kept.append((rule, inside))
    return [rule for rule, _ in kept]


def _enough(units: Units, inside: Array) -> bool:
    sides = (np.flatnonzero(inside), np.flatnonzero(~inside))
    return min(units.take(side).count if len(side) else 0 for side in sides) >= FEWEST


def _share(units: Units, inside: Array) -> float:
    return float(units.weights[inside].sum() / units.weights.sum())


def _tried(
    moved: Array, units: Units, columns: Sequence[Column], found: Sequence[Conditions]
) -> list[Rule]:
    """Hold rules against rows that had no part in finding them; too few of these decide nothing."""
    level = 1 - (1 - LEVEL) / max(len(found), 1)
    rules = []
    for conditions in found:
        inside = holds(conditions, columns)
        if not _enough(units, inside):
            continue
        apart = contrast(moved, units, inside).measure(level=level, bounds=(-1.0, 1.0))
        sides = (np.flatnonzero(inside), np.flatnonzero(~inside))
        within, beyond = (crossed_mean(moved[:, s], units.take(s)).measure() for s in sides)
        share = _share(units, inside)
        confirmed = apart.low is not None and apart.low > 0
        rules.append(Rule(conditions, share, within, beyond, apart, confirmed))
    return rules


def _least(spread: Crossed, tried: int) -> float:
    """Return the difference that a quarter of these rows would most likely be confirmed with."""
    from scipy.stats import norm

    part = replace(spread, rows=spread.rows / (PART * (1 - PART)))
    half = part.half_width(1 - (1 - LEVEL) / tried)
    return min(1.0, half + float(norm.ppf(POWER)) * math.sqrt(part.variance))


def _sentence(rules: Sequence[Rule], least: float) -> str:
    """Say what was found, or what could have been."""
    confirmed = [rule for rule in rules if rule.confirmed]
    seen = (
        f"had a quarter of the rows moved by {percent(least)} points more than the others, a rule "
        "that hits on them would have been confirmed nine times in ten"
    )
    if not confirmed:
        tried = "no rule was worth trying"
        if rules:
            was = "was" if len(rules) == 1 else "were"
            tried = (
                f"{count(len(rules), 'rule')} found on one half {was} not confirmed on the other"
            )
        return f"{capital(tried)}: nothing tells where more moved. For scale: {seen}."
    best, more = confirmed[0], len(confirmed) - 1
    further = capital(f"{count(more, 'further rule')} hold{'s' if more == 1 else ''} as well.")
    return (
        f"More moved where {best}: {percent(best.inside.value or 0.0)} % of the reasons' weight "
        f"({interval(best.inside)}) against {percent(best.outside.value or 0.0)} % elsewhere "
        f"({interval(best.outside)}), on rows that had no part in finding the rule."
        f"{' ' + further if more else ''}"
    )
