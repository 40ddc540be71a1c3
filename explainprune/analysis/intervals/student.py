"""Intervals over seeds: Student's t on a scale where values are free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.analysis.intervals.shared import defined, t_interval, too_few
from explainprune.lookup import unknown
from explainprune.types import Measure


def t_mean(values: Any, *, transform: str = "identity", unit: str = "seeds") -> Measure:
    """Return the mean of `values` with a t interval over seeds, computed on a transformed scale.

    ``g⁻¹(mean g(v) ± t_{n−1, .975} sd g(v)/√n)``. Few seeds need Student's t: a bootstrap over 3, 5
    or 8 seeds covers .75, .83 or .89 where .95 is claimed.

    Parameters
    ----------
    values : array_like (n,)
        One for each seed. NaN is left out and counted in the note.
    transform : {"identity", "logit", "fisher", "log"}
        For shares ``"logit"``, for correlations ``"fisher"`` (artanh), for ratios ``"log"``. Where
        a value lies at the edge (a share of exactly 1), the plain scale serves, cut at the edge.
    unit : str
        What the values count.

    Returns
    -------
    Measure
        Its value is the plain mean. Equal values give an interval of no width, and the note says
        so; fewer than two give none.

    Raises
    ------
    ValueError
        If `transform` is unknown or a value is outside its range.

    Examples
    --------
    >>> low, high = t_mean([0.98, 0.99, 0.97], transform="logit").interval
    >>> round(low, 3), round(high, 3)
    (0.93, 0.995)
    """
    if transform not in TRANSFORMS:
        raise unknown("transform", transform, TRANSFORMS)
    kept, left_out = defined(values)
    n = len(kept)
    _, _, least, most = TRANSFORMS[transform]
    if ((kept < least) | (kept > most)).any():
        raise ValueError(
            f"{transform!r} is for values from {least} to {most}. Received: {kept.tolist()}."
        )
    if n < 2:
        return too_few(kept, left_out, unit)
    if np.ptp(kept) == 0:
        mean = float(kept[0])
        return Measure(mean, (mean, mean), n, unit, f"all {n} {unit} gave the same{left_out}")
    if ((kept == least) | (kept == most)).any():
        low, high = t_interval(kept)
        interval = max(low, least), min(high, most)
        how = "t interval, cut at the edge"
    else:
        forth, back, _, _ = TRANSFORMS[transform]
        low, high = t_interval(forth(kept))
        interval = float(back(low)), float(back(high))
        how = "t interval" if transform == "identity" else f"t interval on the {transform} scale"
    return Measure(float(kept.mean()), interval, n, unit, f"{how} over {n} {unit}{left_out}")


def _logit(p: Any) -> Any:
    return np.log(p) - np.log1p(-p)


def _expit(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def _same(v: Any) -> Any:
    return v


TRANSFORMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], float, float]] = {
    "identity": (_same, _same, -np.inf, np.inf),
    "logit": (_logit, _expit, 0.0, 1.0),
    "fisher": (np.arctanh, np.tanh, -1.0, 1.0),
    "log": (np.log, np.exp, 0.0, np.inf),
}
"""Scales for `t_mean`: there, back, and the edges of the range."""
