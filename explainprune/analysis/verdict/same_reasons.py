"""Verdict one, *same reasons?*: the share of the reasons' weight that moved, against a margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from explainprune.analysis.intervals import Crossed
from explainprune.analysis.verdict.deciding import within
from explainprune.analysis.verdict.planning import (
    FEWEST_SEEDS,
    More,
    further_seeds,
    more_needed,
    power_curve,
)
from explainprune.analysis.verdict.wording import (
    among_arms,
    capital,
    further,
    interval,
    percent,
    sampled,
    scale_of,
)
from explainprune.types import Measure, Verdict

ENDPOINT = (
    "moved weight: half of the summed differences between both models' shares of the reasons, "
    "on the same rows, backgrounds and draws"
)
FEWEST_UNITS = 25
"""Below so many independent rows or clusters the interval's error rate isn't what it says."""
MOST_UNDEFINED = 0.1
"""Above this share of rows without any reason, the rest can't speak for all."""
NO_FLOOR = Measure(0.0, (0.0, 0.0), 0, "samples", "the explainer draws nothing at random")


def same_reasons(
    moved: Measure,
    *,
    margin: float = 0.15,
    floor: Measure = NO_FLOOR,
    spread: Crossed | None = None,
    obstacles: Sequence[str] = (),
    doubts: Sequence[str] = (),
    marks: Mapping[str, Measure] | None = None,
    beside: Mapping[str, Measure] | None = None,
    worst: Mapping[str, str] | None = None,
    scope: str = "pair",
    remarks: Sequence[str] = (),
) -> Verdict:
    """Judge the share of the reasons' weight that moved by a margin stated before.

    *preserved*: the upper end of the interval is within the margin, the explainer's floor is
    within it too, and explanations could have shown a change. *changed*: the lower end, less the
    upper end of the floor, is beyond the margin. Else *inconclusive*. Noise only raises the moved
    weight, so nothing is ever subtracted in favour of *preserved*.

    Parameters
    ----------
    moved : Measure
        The moved weight with its interval.
    margin : float
        In (0, 1), stated before.
    floor : Measure
        Moved weight between two runs of the explainer on one model.
    spread : Crossed, optional
        Where the interval's width comes from: with it the verdict says how many more rows or seeds
        would decide, and what these could have told apart.
    obstacles : sequence of str
        Why there can be no label: a sentence each.
    doubts : sequence of str
        Why it can't be *preserved*: a sentence each.
    marks : mapping of str to Measure, optional
        Moved weight of reference arms, for scale.
    beside : mapping of str to Measure, optional
        Further evidence, which never enters the label.
    worst : mapping of str to str, optional
        The class and the group that moved most; their figures are in `beside`.
    scope : {"pair", "procedure"}
        Whether samples or seeds are the unit.
    remarks : sequence of str
        Sentences that a reader needs to understand the figure.

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        If `margin` isn't in (0, 1).

    Examples
    --------
    >>> verdict = same_reasons(
    ...     Measure(0.11, (0.09, 0.13), 2000),
    ...     marks={"placebo": Measure(0.07, (0.06, 0.08), 2000),
    ...            "retrained": Measure(0.31, (0.29, 0.33), 2000)})
    >>> print(verdict.sentence)
    For this pair, on 2,000 rows, 11 % of the reasons' weight moved, more than further training
    without pruning moves and less than training from another start moves (interval 9–13 %; margin
    15 %): preserved. For scale: further training without pruning 7 %, training from another start
    31 %.
    """
    if not 0 < margin < 1:
        raise ValueError(f"margin is a share between 0 and 1. Received: {margin!r}.")
    marks, high = marks or {}, floor.high or 0.0
    noisy = () if within(floor, margin) else (_noisy(floor, margin),)
    reasons = tuple(capital(why) for why in (*obstacles, *doubts, *noisy))
    found = _place(moved, margin, high)
    label = "inconclusive" if obstacles or (found == "preserved" and reasons) else found
    more, wanted = None, ""
    if label == "inconclusive" and not reasons and spread is not None and moved.interval:
        more = _more(spread, margin, high, moved.n, scope)
        wanted = further(more.rows, scope, more.backgrounds) if more else further(None, scope)
    return Verdict(
        label=label,
        sentence=_sentence(moved, margin, label, marks, wanted, scope, reasons, remarks),
        endpoint=ENDPOINT,
        margin=margin,
        scope=scope,
        evidence={"moved_weight": moved, "floor": floor, **(beside or {}), **marks},
        conditions=reasons,
        more=None if more is None else more.rows,
        more_backgrounds=0 if more is None else more.backgrounds,
        worst=dict(worst or {}),
        power=() if spread is None else power_curve(spread, margin, high),
        illustrative=scope == "procedure" and moved.n < FEWEST_SEEDS,
    )


def _place(moved: Measure, margin: float, floor: float) -> str:
    """Say where the interval lies."""
    if moved.low is None or moved.high is None:
        return "inconclusive"
    if moved.high <= margin:
        return "preserved"
    return "changed" if moved.low - floor > margin else "inconclusive"


def _more(spread: Crossed, margin: float, floor: float, rows: int, scope: str) -> More | None:
    found = more_needed(spread, margin, floor, rows)
    if found is None or scope == "pair":
        return found
    seeds = further_seeds(found.rows, rows)
    return None if seeds is None else replace(found, rows=seeds)


def _noisy(floor: Measure, margin: float) -> str:
    if floor.value is None:
        return "What the explainer moves by itself has no figure."
    return (
        f"Two runs of the explainer on one model already differ by {percent(floor.value)} % "
        f"({interval(floor)}), not surely within the margin of {percent(margin)} %: more draws "
        "are needed."
    )


def _sentence(
    moved: Measure,
    margin: float,
    label: str,
    marks: Mapping[str, Measure],
    wanted: str,
    scope: str,
    reasons: Sequence[str],
    remarks: Sequence[str],
) -> str:
    """Write the answer, then what its reader needs beside it."""
    if moved.value is None:
        first = f"For this {scope}, how much of the reasons' weight moved is undefined"
    else:
        place = among_arms(moved, marks)
        inside = "" if moved.interval is None else f"{interval(moved)}; "
        first = (
            f"{sampled(scope, moved.n)}, {percent(moved.value)} % of the reasons' weight moved"
            f"{place} ({inside}margin {percent(margin)} %)"
        )
    end = f"{first}: {label}{'; ' + wanted if wanted else ''}."
    training = _training(moved, margin, marks) if label == "changed" else ""
    return " ".join(filter(None, [end, training, *reasons, *remarks, scale_of(marks)]))


def _training(moved: Measure, margin: float, marks: Mapping[str, Measure]) -> str:
    """Say that it is or may be the training, where that may move as much without any pruning."""
    placebo = marks.get("placebo")
    if placebo is None or placebo.low is None or placebo.high is None or moved.low is None:
        return ""
    if placebo.high < moved.low:
        return ""
    if placebo.low > margin:
        return (
            "Further training without pruning moves as much: the change comes from the training, "
            "not from the pruning."
        )
    return (
        "Further training without pruning may move as much: the change may come from the training, "
        "not from the pruning."
    )
