"""Expected calibration error: how far confidence and the share that is right lie apart."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.intervals import Units
from explainprune.analysis.intervals.shared import TAIL
from explainprune.analysis.metrics.behaviour.prediction import (
    as_labels,
    log_probabilities,
    predicted,
)
from explainprune.types import Array, Measure, metric

MOST_BINS, ROWS_OF_A_BIN = 15, 20
DRAWS, STEPS = 2000, 14


def ece_measure(
    outputs_a: Array, outputs_b: Array | None, y: Array | None, units: Units, *, seed: int
) -> Measure:
    """Return the calibration error less what chance adds to it, with its interval.

    A plain ECE is too large: even where confidence is right, no bin's share equals it exactly. The
    bins' signed gaps t are sums over rows (or clusters), so nearly normal with a covariance that is
    known. Were the true gaps c·t, the plain figure would be ``‖c·t + noise‖₁``: the ends of the
    interval are the ``c‖t‖₁`` under which a figure as large (as small) as the one seen has a chance
    of 2.5 %, and the estimate that under which it is the median. Never narrower than what unseen
    rows allow.
    """
    gaps, place = _gaps(outputs_a, y)
    parts = _by_unit(gaps, place, units)
    count, total = len(parts), parts.sum(axis=0)
    plain = float(np.abs(total).sum())
    if count < 2:
        return Measure(plain, None, len(gaps), "samples", "no interval from a single row")
    off = parts - parts.mean(axis=0)
    covariance = off.T @ off * count / (count - 1)
    noise = np.random.default_rng(seed).multivariate_normal(np.zeros(len(total)), covariance, DRAWS)
    low, value, high = (
        min(1.0, plain * _scale(total, noise, share)) for share in (1 - TAIL, 0.5, TAIL)
    )
    high = max(high, value + (1 - TAIL ** (1 / count)) * (1 - value))
    note = f"over {len(total)} bins, less what chance adds"
    return Measure(value, (low, high), len(gaps), "samples", note)


def _scale(gaps: Array, noise: Array, share: float) -> float:
    """Return the c ≥ 0 under which ‖c·gaps + noise‖₁ stays below ‖gaps‖₁ in this share of draws."""
    plain = np.abs(gaps).sum()

    def below(c: float) -> float:
        return float((np.abs(c * gaps + noise).sum(axis=1) <= plain).mean())

    if plain == 0 or below(0.0) <= share:
        return 0.0
    low, high = 0.0, 1.0
    while below(high) > share:
        low, high = high, 2 * high
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) > share else (low, middle)
    return high


@metric(
    "share",
    "Calibration error",
    "confidence against the share that is right (ECE), less what chance adds",
    better="less",
    task="classification",
    labelled=True,
    measured=ece_measure,
)
def ece(outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None) -> float:
    """Return ``Σ_b (n_b / n) |share right − mean confidence|`` over bins b of like confidence.

    Confidence is the probability of the predicted class. Bins hold about as many rows each: 15, or
    fewer so that each has 20 rows; equal confidences stay together. This is the plain figure;
    `compare` prints it less what chance adds, with an interval (`ece_measure`).

    Parameters
    ----------
    outputs_a, outputs_b, y
        As all metrics of behaviour have them: see `METRICS`.

    Returns
    -------
    float
        In [0, 1].

    Notes
    -----
    Naeini et al. 2015 (doi:10.1609/aaai.v29i1.9602); Guo et al. 2017 (arXiv:1706.04599); why it is
    biased: Kumar et al. 2019 (arXiv:1909.10155).

    Examples
    --------
    >>> ece([[0.0, 0.0]] * 4, None, [0, 0, 0, 1])  # half sure, three of four right
    0.25
    """
    gaps, place = _gaps(outputs_a, y)
    return float(np.abs(np.bincount(place, gaps)).sum() / len(gaps))


def confidence(outputs: Array) -> Array:
    """Return the probability of the predicted class of each row."""
    return np.asarray(np.exp(log_probabilities(outputs).max(axis=1)))


def bins_of(confidences: Array) -> Array:
    """Say in which bin of like confidence each row is, from 0 by rising confidence.

    >>> bins_of(np.array([0.9, 0.5, 0.7]))
    array([0, 0, 0])
    """
    count = int(np.clip(len(confidences) // ROWS_OF_A_BIN, 1, MOST_BINS))
    edges = np.unique(np.quantile(confidences, np.arange(1, count) / count))
    place = np.searchsorted(edges, confidences, side="left")
    return np.asarray(np.unique(place, return_inverse=True)[1])


def _gaps(outputs: Array, y: Array | None) -> tuple[Array, Array]:
    """Return right − confidence of each row, and its bin."""
    sure = confidence(outputs)
    return (predicted(outputs) == as_labels(y, outputs)) - sure, bins_of(sure)


def _by_unit(gaps: Array, place: Array, units: Units) -> Array:
    """Return what each unit adds to each bin's gap: (units, bins), summing to the bins' gaps."""
    _, unit = np.unique(units.clusters, return_inverse=True)
    count, bins = int(unit.max()) + 1, int(place.max()) + 1
    weights = units.weights * gaps / units.weights.sum()
    return np.bincount(unit * bins + place, weights, minlength=count * bins).reshape(count, bins)
