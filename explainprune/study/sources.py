"""How much of the moved weight's variance comes from where: training, pruning, rows, explaining."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Any

import numpy as np

from explainprune.analysis.intervals.components import MeanSquare, deviation
from explainprune.types import Measure, Source

Parts = dict[str, Any]
Term = tuple[float, MeanSquare]

ONE_FILE = "the dense model is one file, the same for every seed"
ONE_SEED = "a single seed doesn't tell how much seeds differ"
ONE_BASELINE = "a single baseline row: there is nothing to redraw"
NO_DRAWS = "the explainer draws nothing at random"
OF_PARTS = "no interval of its own: it follows from all the standard deviations"


def sources_over_seeds(parts: Sequence[Parts], *, one_file: bool) -> tuple[Source, ...]:
    """Split the variance of one seed's moved weight into where it comes from.

    By the method of moments, from what each seed's comparison says (`variance_parts`) and from how
    seeds differ:

    - explainer: half the squared difference between two runs on the same models, mean over seeds
    - background: the variance over backgrounds, less the explainer's, as each has draws of its own
    - rows: the variance over rows, less what rows and backgrounds do together
    - pruning: half the squared difference between two prunings of one dense model, less what rows
      and backgrounds make of it
    - training: the variance between seeds, less all of the above but rows; of rows only what they
      do otherwise under another seed, as all seeds are scored on the same ones

    Parameters
    ----------
    parts : sequence of dict
        One for each seed.
    one_file : bool
        Whether the dense model is the same for all seeds, so that they differ by pruning alone.

    Returns
    -------
    tuple of Source
        Empty where a seed has no figure.
    """
    if not all(parts):
        return ()
    found = dict(_deviations(_Squares(parts), one_file))
    total = sum(m.value**2 for m in found.values() if m.value is not None)
    return tuple(Source(name, m, _share(m, total)) for name, m in found.items())


def _share(deviation: Measure, total: float) -> Measure:
    """Return a component's share of the variance; it has no interval of its own."""
    if deviation.value is None or not total > 0:
        why = deviation.note if deviation.value is None else "nothing varies"
        return Measure(None, None, deviation.n, deviation.unit, why)
    return Measure(deviation.value**2 / total, None, deviation.n, deviation.unit, OF_PARTS)


@dataclass(frozen=True)
class _Squares:
    """Mean squares over seeds.

    Attributes
    ----------
    parts : sequence of dict
        What each seed's comparison says.
    """

    parts: Sequence[Parts]

    @property
    def n(self) -> int:
        """Seeds."""
        return len(self.parts)

    @property
    def redrawn(self) -> bool:
        """Whether there are several backgrounds in every seed."""
        return all(part["draws"] > 1 for part in self.parts)

    def mean(self, key: str) -> float:
        """Average a figure over seeds; one that isn't there is 0."""
        return fmean(part[key] or 0.0 for part in self.parts)

    @property
    def explainer(self) -> MeanSquare:
        """Of the explainer's draws."""
        return MeanSquare(self.mean("explainer"), self.n)

    @property
    def noise(self) -> MeanSquare:
        """Of explaining as a whole: backgrounds and draws."""
        if not self.redrawn:
            return self.explainer
        return MeanSquare(self.mean("backgrounds"), sum(part["draws"] - 1 for part in self.parts))

    @property
    def noise_of_rows(self) -> float:
        """What explaining does to single rows, which is in the noise as a whole too."""
        return self.mean("both" if self.redrawn else "explainer_rows")

    @property
    def rows(self) -> MeanSquare:
        """Of the choice of rows."""
        return MeanSquare(self.mean("rows"), min(part["units"] for part in self.parts) - 1)

    @property
    def seeds(self) -> MeanSquare:
        """Of figures between seeds."""
        return MeanSquare(variance(part["value"] for part in self.parts), self.n - 1)

    @property
    def prunings(self) -> MeanSquare:
        """Between two prunings of one dense model."""
        return MeanSquare(fmean(part["apart"] ** 2 for part in self.parts) / 2, self.n)

    @property
    def rows_by_seed(self) -> float:
        """What rows do otherwise from seed to seed; all they do, where seeds have others."""
        if any(part["row_numbers"] != self.parts[0]["row_numbers"] for part in self.parts):
            return self.rows.value - self.noise_of_rows
        influences = np.array([part["influences"] for part in self.parts])
        own = influences - influences.mean(axis=0)
        return float(np.square(own).sum() / (self.n - 1)) - self.noise_of_rows


def _deviations(squares: _Squares, one_file: bool) -> Iterator[tuple[str, Measure]]:
    """Yield the standard deviation of each source."""
    n = squares.n

    def known(*terms: Term) -> Measure:
        return deviation(terms, n)

    def unknown(why: str) -> Measure:
        return Measure(None, None, n, "seeds", why)

    yield from _of_seeds(squares, one_file, known, unknown)
    yield "rows", known((1, squares.rows), (-1, MeanSquare(squares.noise_of_rows)))
    if squares.redrawn:
        yield "background", known((1, squares.noise), (-1, squares.explainer))
    else:
        yield "background", unknown(ONE_BASELINE)
    if any(part["explainer"] is None for part in squares.parts):
        yield "explainer", Measure(0.0, (0.0, 0.0), n, "seeds", NO_DRAWS)
    else:
        yield "explainer", known((1, squares.explainer))


def _of_seeds(
    squares: _Squares, one_file: bool, known: Any, unknown: Any
) -> Iterator[tuple[str, Measure]]:
    """Tell training from pruning, where a second pruning allows it."""
    if squares.n < 2:
        yield "seed", unknown(ONE_SEED)
        return
    by_seed = MeanSquare(squares.rows_by_seed)
    both = ((1, squares.seeds), (-1, squares.noise), (-1, by_seed))
    if one_file:
        yield "training", unknown(ONE_FILE)
        yield "pruning", known(*both)
        return
    if not all("apart" in part for part in squares.parts):
        yield "seed", known(*both)
        return
    again = MeanSquare(squares.mean("apart_noise") / 2)
    yield "training", known(*both, (-1, squares.prunings), (1, again))
    yield "pruning", known((1, squares.prunings), (-1, again))
