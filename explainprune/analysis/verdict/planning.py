"""What other samples would have said: the power of these rows, and how many more would decide."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

from explainprune.analysis.intervals import Crossed
from explainprune.types import Power

CHANCE = 0.9
"""Probability with which the rows asked for give a label."""
CHANCES = (0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999)
"""Chances of a label whose truths a power curve holds."""
_QUANTILES = tuple(NormalDist().inv_cdf(chance) for chance in CHANCES)
_MOST_ROWS = 10_000_000
_MOST_BACKGROUNDS = 1000
FEWEST_SEEDS = 6
"""Below so many seeds there are figures of a procedure, but no verdict."""
_MOST_SEEDS = 100
"""Further seeds that anybody would train."""


@dataclass(frozen=True)
class More:
    """Rows and backgrounds that would decide, beyond those that are there."""

    rows: int
    backgrounds: int = 0


def power_curve(spread: Crossed, margin: float, floor: float) -> tuple[Power, ...]:
    """Return how often these rows and backgrounds would have given each label, by the truth.

    The estimate is taken to be normal around the true moved weight, with the variance seen.

    Parameters
    ----------
    spread : Crossed
    margin : float
    floor : float
        Upper end of the explainer's floor.

    Returns
    -------
    tuple of Power
        From 0 over the margin to twice the margin, and wherever a label's chance is one of
        `CHANCES`: between such points the curve is all but straight.
    """
    error, (low, high) = math.sqrt(spread.variance), spread.reach()
    if not error or not low:
        return ()
    below, above = margin - high, margin + floor + low
    turns = [edge + error * z for edge in (below, above) for z in _QUANTILES]
    trues = {0.0, margin, 2 * margin, *(true for true in turns if 0 < true < 1)}
    return tuple(
        Power(
            true,
            preserved=round(_normal((below - true) / error), 6),
            changed=round(1 - _normal((above - true) / error), 6),
        )
        for true in sorted(trues)
    )


def more_needed(spread: Crossed, margin: float, floor: float, rows: int) -> More | None:
    r"""Return the fewest further rows that give a label with probability .9.

    Given the estimate :math:`\hat\Delta` with variance :math:`se^2`, that of a larger sample, of
    which this one is a part, is

    .. math:: \hat\Delta' \mid \hat\Delta \sim N(\hat\Delta,\ se^2 - se'^2), \qquad
              se'^2 = s^2_{rows}/n' + s^2_{background}/R'

    Where rows alone can't, backgrounds are doubled until both together do.

    Parameters
    ----------
    rows : int
        Scored rows; clusters grow with them.

    Returns
    -------
    More or None
        None where no realistic number does.
    """
    for draws in _doubled(spread.n_backgrounds):
        if _chance(spread, margin, floor, _MOST_ROWS, draws) < CHANCE:
            continue
        low, high = spread.n_rows - 1, spread.n_rows
        while _chance(spread, margin, floor, high, draws) < CHANCE:
            low, high = high, min(2 * high, _MOST_ROWS)
        while high - low > 1:
            middle = (low + high) // 2
            if _chance(spread, margin, floor, middle, draws) < CHANCE:
                low = middle
            else:
                high = middle
        each = rows / spread.n_rows
        return More(math.ceil((high - spread.n_rows) * each), draws - spread.n_backgrounds)
    return None


def further_seeds(found: int, seeds: int) -> int | None:
    """Return how many more seeds to train: six in all at least, None if nobody would."""
    return max(found, FEWEST_SEEDS - seeds, 0) if found <= _MOST_SEEDS else None


def _doubled(draws: int) -> Iterator[int]:
    yield draws
    while 1 < draws < _MOST_BACKGROUNDS:
        draws *= 2
        yield draws


def _chance(spread: Crossed, margin: float, floor: float, rows: int, draws: int) -> float:
    """Return the predictive probability of a label with so many rows and backgrounds."""
    later = spread.grown(rows, draws)
    left, (low, high) = spread.variance - later.variance, later.reach()
    below, above = margin - high - spread.value, margin + floor + low - spread.value
    if left <= 0:
        return float(below >= 0 or above < 0)
    error = math.sqrt(left)
    return _normal(below / error) + 1 - _normal(above / error)


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
