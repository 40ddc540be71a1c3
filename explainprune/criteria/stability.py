"""How far scores depend on the rows they were taken from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.criteria.agreement import rank_correlation
from explainprune.criteria.scorer import Scorer, calibration_rows
from explainprune.lookup import name_of
from explainprune.types import Array, Importance


def stability(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    criterion: str | Callable[..., Any] = "taylor",
    samples: int = 50,
    seed: int = 0,
) -> tuple[Importance, Any]:
    """Score units again and again on rows drawn with replacement: a bootstrap over samples.

    The model is compiled once. A criterion that draws random numbers draws others each time, so
    that its own noise is in the spread as well.

    Parameters
    ----------
    model, x, y, criterion
        As `importance` has them.
    samples : int
        How often rows are drawn, as many as there are.
    seed : int

    Returns
    -------
    scores : Importance
        Those of all rows, the standard deviation over the samples being their standard error. Its
        figures hold, by layer, ``"rank_correlation"``: the mean rank correlation of a sample's
        scores with those of all rows.
    ranks : pandas.DataFrame
        ``layer, unit, score, std_error, rank, rank_low, rank_high``: the rank on all rows (1 is the
        highest), and between which ranks it lies in 95 % of the samples.

    Raises
    ------
    ValueError
        As `importance` does; if there are no rows, or fewer than two samples.
    """
    x, y, _, weight = calibration_rows(model, x, y)
    if x is None:
        raise ValueError("A bootstrap draws rows: x is None.")
    if samples < 2:
        raise ValueError(f"samples is 2 or more. Received: {samples}.")
    name = name_of(criterion)
    scorer = Scorer(model, x, y, [criterion], "unit", seed, weight)
    whole = scorer()[name]
    n = len(next(iter(x.values())) if isinstance(x, dict) else x)
    draws: dict[str, list[Array]] = {path: [] for path in whole.scores}
    rng = np.random.default_rng([seed, 1])
    for _ in range(samples):
        scorer.seed = int(rng.integers(2**31))
        again = scorer(rng.integers(n, size=n))[name]
        for path, values in again.scores.items():
            draws[path].append(values)
    stacked = {path: np.stack(each) for path, each in draws.items()}
    scores = Importance(
        criterion=name,
        level="unit",
        scores=whole.scores,
        std_error={path: each.std(axis=0, ddof=1) for path, each in stacked.items()},
        figures={path: _correlation(whole[path], each) for path, each in stacked.items()},
    )
    return scores, _ranks(scores, stacked)


def _correlation(whole: Array, draws: Array) -> dict[str, float]:
    """Average how well a sample's order is that of all rows; nothing where a score is constant."""
    each = [rank_correlation(whole, scores) for scores in draws]
    return {} if np.isnan(each).any() else {"rank_correlation": float(np.mean(each))}


def _ranks(scores: Importance, draws: dict[str, Array]) -> Any:
    """List the units with the range of their ranks."""
    import pandas as pd
    from scipy.stats import rankdata

    frames = []
    for path, values in scores.scores.items():
        assert scores.std_error is not None
        low, high = np.quantile(rankdata(-draws[path], axis=1), [0.025, 0.975], axis=0)
        frames.append(
            pd.DataFrame(
                {
                    "layer": path,
                    "unit": np.arange(len(values)),
                    "score": values,
                    "std_error": scores.std_error[path],
                    "rank": rankdata(-values),
                    "rank_low": low,
                    "rank_high": high,
                }
            ).sort_values("rank", kind="stable")
        )
    return pd.concat(frames, ignore_index=True)
