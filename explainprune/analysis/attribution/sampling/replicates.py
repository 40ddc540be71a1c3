"""Independent replicates of an estimate, and what they say about its error."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from explainprune.types import Array

PILOT = 8
"""Replicates that decide, and are then thrown away, how many a tolerance needs."""
_T_PILOT = 2.365  # 97.5 % point of Student's t at PILOT − 1 degrees of freedom
_MOST = 1024

Replicate = Callable[[np.random.Generator, Array], Array]
"""``(rng, samples) → (len(samples), …)``: one independent estimate for the samples asked for."""
Several = Callable[[list[np.random.Generator], Array], Iterable[Array]]
"""``(rngs, samples) →`` what a `Replicate` returns for each of the generators, some at a time:
(some, len(samples), …)."""


@dataclass(frozen=True)
class Estimate:
    """Mean over replicates, its standard error (None for one draw), and draws per sample."""

    mean: Array
    std_error: Array | None
    draws: Array
    notes: tuple[str, ...] = ()


def replicated(
    one: Replicate,
    rng: np.random.Generator,
    n: int,
    *,
    draws: int,
    tolerance: float | None,
    floor: Array | float = 0.0,
) -> Estimate:
    r"""Average independent replicates of `one` for `n` samples.

    The standard error is :math:`s/\sqrt{R}` with :math:`s^2` the variance between the R
    replicates. Whatever happens inside a replicate (strata, antithetic pairs, shared coalitions),
    replicates are independent, so it is honest; interval half-widths are
    :math:`t_{.975, R-1}` times it.

    With a `tolerance`, eight replicates measure s first; each sample then gets as many *new*
    ones as bring its widest 95 % half-width down to ``tolerance × max |value|``. The eight are
    not used again: an estimate that also decides when to stop has intervals that are too narrow.

    Parameters
    ----------
    one : callable
    rng : numpy.random.Generator
        Each replicate gets a child of it.
    n : int
    draws : int
        Replicates without a tolerance.
    tolerance : float, optional
        Relative half-width wanted, such as 0.05.
    floor : ndarray (n,) or float
        Half-widths below it are rounding: no draws are spent on them.

    Raises
    ------
    ValueError
        If `draws` is not a positive integer or `tolerance` not a positive number.
    """

    def several(children: list[np.random.Generator], samples: Array) -> Iterable[Array]:
        return (one(child, samples)[None] for child in children)

    return replicated_together(
        several, rng, n, draws=draws, tolerance=tolerance, at_once=1, floor=floor
    )


def replicated_together(
    several: Several,
    rng: np.random.Generator,
    n: int,
    *,
    draws: int,
    tolerance: float | None,
    at_once: int,
    floor: Array | float = 0.0,
) -> Estimate:
    """Do as `replicated` does, with up to `at_once` replicates for each call of `several`."""
    check_sampling(draws, tolerance)
    if tolerance is None:
        return _average(several, at_once, rng, np.full(n, draws))
    pilot = _average(several, at_once, rng, np.full(n, PILOT))
    assert pilot.std_error is not None
    features = tuple(range(1, pilot.mean.ndim))
    spread = np.sqrt(PILOT) * pilot.std_error.max(axis=features)
    wanted = np.maximum(tolerance * np.abs(pilot.mean).max(axis=features), floor)
    with np.errstate(divide="ignore"):  # what varies around nothing needs all draws there are
        short_of = np.divide(spread, wanted, out=np.zeros_like(spread), where=spread > 0)
    needed = np.ceil((_T_PILOT * short_of) ** 2)
    estimate = _average(several, at_once, rng, np.clip(needed, PILOT, _MOST).astype(int))
    short = int((needed > _MOST).sum())
    if not short:
        return estimate
    note = (
        f"{short} of {n} samples need more than the {_MOST} draws allowed to reach the tolerance "
        f"{tolerance:g}: see their standard errors."
    )
    return Estimate(estimate.mean, estimate.std_error, estimate.draws, (note,))


def _average(several: Several, at_once: int, rng: np.random.Generator, counts: Array) -> Estimate:
    """Run ``counts[i]`` replicates for sample i, with running means and variances."""
    mean: Array | None = None
    number = 0
    while number < counts.max():
        samples = np.flatnonzero(counts > number)
        size = min(at_once, int(counts[samples].min()) - number)
        for found in several(rng.spawn(size), samples):
            values = np.asarray(found, dtype=np.float64)
            if mean is None:
                mean = np.zeros((len(counts), *values.shape[2:]))
                squares = np.zeros_like(mean)
            some = len(values)
            own = values[0] if some == 1 else values.mean(axis=0)  # one by one no copy is made
            number += some
            away = own - mean[samples]
            mean[samples] += away * some / number
            squares[samples] += some * away * (own - mean[samples])
            if some > 1:
                squares[samples] += some * values.var(axis=0)
    assert mean is not None
    if counts.min() < 2:
        return Estimate(mean, None, counts)
    each = counts.reshape(-1, *[1] * (mean.ndim - 1))
    return Estimate(mean, np.sqrt(squares / (each * (each - 1))), counts)


def check_sampling(draws: object, tolerance: object) -> None:
    """Raise unless `draws` is a positive integer and `tolerance`, if given, a positive number."""
    check_count("draws", draws)
    if tolerance is not None:
        check_positive("tolerance", tolerance)


def check_positive(name: str, value: object) -> float:
    """Return `value`, and raise unless it is a finite number above zero.

    >>> check_positive("tolerance", -1)
    Traceback (most recent call last):
    ...
    ValueError: tolerance is a number > 0. Received: -1.
    """
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not 0 < float(value) < float("inf"):  # type: ignore[arg-type]
        raise ValueError(f"{name} is a number > 0. Received: {value!r}.")
    return float(value)  # type: ignore[arg-type]


def check_count(name: str, value: object, at_least: int = 1) -> int:
    """Return `value`, and raise unless it is an integer of `at_least` this size.

    >>> check_count("draws", 0)
    Traceback (most recent call last):
    ...
    ValueError: draws is an integer ≥ 1. Received: 0.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < at_least:
        raise ValueError(f"{name} is an integer ≥ {at_least}. Received: {value!r}.")
    return int(value)
