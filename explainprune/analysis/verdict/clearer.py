"""Verdict two, *clearer?*: the ratio of effective features, and what must hold beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from explainprune.analysis.intervals import mapped
from explainprune.analysis.verdict.conditions import Condition
from explainprune.analysis.verdict.deciding import more_needed
from explainprune.analysis.verdict.planning import FEWEST_SEEDS
from explainprune.analysis.verdict.wording import capital, further, number, percent
from explainprune.types import Measure, Verdict

ENDPOINT = "effective features per explanation, other over dense (geometric mean)"


def clearer(
    ratio: Measure,
    before: Measure,
    after: Measure,
    conditions: Sequence[Condition] = (),
    *,
    margin: float = 0.05,
    scope: str = "pair",
    name: str = "other",
    beside: Sequence[str] = (),
    twins: Measure | None = None,
    shown: Mapping[str, Measure] | None = None,
    obstacles: Sequence[str] = (),
) -> Verdict:
    """Judge the ratio of effective features by a margin stated before.

    *clearer*: the whole interval lies below ``1/(1 + margin)``, and every condition holds: the
    other model isn't broken, its explanations are as faithful. *less clear*: it lies above
    ``1 + margin``. *same*: it lies between, and every condition holds. Else *inconclusive*. A
    model that is broken for certain gets no verdict: fewer features of a model that no longer
    works are no clarity.

    Parameters
    ----------
    ratio : Measure
        Effective features, other over dense: a geometric mean with its interval.
    before, after : Measure
        Effective features of an explanation, dense and other.
    conditions : sequence of Condition
        `not_broken` by each score, then `faithful`.
    margin : float
        Above 0; relative.
    scope : {"pair", "procedure"}
    name : str
        What to call the other model.
    beside : sequence of str
        Further figures for the sentence: ``"214 live connections instead of 6,464"``.
    twins : Measure, optional
        The same ratio between two models that differ by their seed alone, for scale.
    shown : mapping of str to Measure, optional
        Figures that stand among the evidence and decide nothing.
    obstacles : sequence of str
        Why there can be no label: a sentence each.

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        If `margin` isn't above 0.

    Examples
    --------
    >>> verdict = clearer(Measure(0.42, (0.38, 0.46), 90), Measure(26, (24, 28), 90),
    ...     Measure(11, (10, 12), 90), name="pruned",
    ...     beside=["214 live connections instead of 6,464"])
    >>> print(verdict.sentence)
    The pruned model's explanations are clearer: they rest on 11 effective features instead of 26,
    0.42 times as many (interval 0.38–0.46; margin 5 %). The model has 214 live connections instead
    of 6,464.
    """
    if not margin > 0:
        raise ValueError(f"margin is relative and above 0. Received: {margin!r}.")
    found = _place(ratio, margin)
    failing = [condition for condition in conditions if condition.holds is False]
    open_ones = [condition for condition in conditions if condition.holds is None]
    broken = [condition for condition in failing if condition.fatal]
    blocked = obstacles or broken or (found in ("clearer", "same") and (failing or open_ones))
    label = "inconclusive" if blocked else found
    more = _more(ratio, found, open_ones, margin, scope) if label == "inconclusive" else None
    illustrative = scope == "procedure" and ratio.n < FEWEST_SEEDS
    figures = _figures(ratio, before, after, margin)
    if obstacles:
        said = [f"Whether the {name} model's explanations are clearer isn't judged: {figures}."]
        more = None
    else:
        said = [_sentence(name, label, found, figures, failing, open_ones)]
    if beside:
        said.append(f"The model has {', '.join(beside)}.")
    if label == "inconclusive" and not failing and not obstacles and ratio.interval:
        said.append(f"{capital(further(more, scope))}.")
    if twins is not None and twins.value is not None:
        said.append(f"Between models of another start the ratio is {twins.value:.2f}.")
    said += obstacles
    return Verdict(
        label=label,
        sentence=" ".join(said),
        endpoint=ENDPOINT,
        margin=margin,
        scope=scope,
        evidence={
            "effective_features_ratio": ratio,
            "effective_features_dense": before,
            "effective_features_other": after,
            **({} if twins is None else {"effective_features_ratio_retrained": twins}),
            **{condition.name: condition.measure for condition in conditions},
            **(shown or {}),
        },
        conditions=(*obstacles, *(str(condition) for condition in conditions)),
        more=None if failing else more,
        illustrative=illustrative,
    )


def _place(ratio: Measure, margin: float) -> str:
    """Say where the ratio lies, conditions aside."""
    if ratio.low is None or ratio.high is None:
        return "inconclusive"
    if ratio.high < 1 / (1 + margin):
        return "clearer"
    if ratio.low > 1 + margin:
        return "less clear"
    inside = ratio.low >= 1 / (1 + margin) and ratio.high <= 1 + margin
    return "same" if inside else "inconclusive"


def _more(
    ratio: Measure, found: str, open_ones: list[Condition], margin: float, scope: str
) -> int | None:
    """Return how many more samples would decide the endpoint and the conditions left open."""
    needed = [more_needed(c.measure, c.margin, scope) for c in open_ones]
    if found == "inconclusive" and ratio.value:
        logs, edge = mapped(ratio, math.log), math.log1p(margin)
        needed += [more_needed(logs, e, scope) for e in (-edge, edge) if _crosses(logs, e)]
    known = [n for n in needed if n is not None]
    return max(1, *known) if known and len(known) == len(needed) else None


def _crosses(logs: Measure, edge: float) -> bool:
    return logs.low is not None and logs.high is not None and logs.low <= edge <= logs.high


def _figures(ratio: Measure, before: Measure, after: Measure, margin: float) -> str:
    """Write both numbers of effective features and their ratio."""
    if ratio.value is None or before.value is None or after.value is None:
        return f"how many effective features they rest on is undefined ({ratio.note})"
    less, more = number(after.value), number(before.value)
    if less == more:
        less, more = f"{after.value:,.1f}", f"{before.value:,.1f}"
    spread = f"interval {ratio.low:.2f}–{ratio.high:.2f}" if ratio.interval else "no interval"
    return (
        f"they rest on {less} effective features instead of {more}, "
        f"{ratio.value:.2f} times as many ({spread}; margin {percent(margin)} %)"
    )


def _sentence(
    name: str,
    label: str,
    found: str,
    figures: str,
    failing: list[Condition],
    open_ones: list[Condition],
) -> str:
    """Write the answer."""
    start = f"The {name} model's explanations"
    if label != "inconclusive":
        are = {"clearer": "clearer", "same": "as clear as before", "less clear": "less clear"}
        return f"{start} are {are[label]}: {figures}."
    if failing:
        called = {"same": "as clear", "less clear": "less clear"}.get(found, "clearer")
        because = f"because {failing[0].broken}: {_lower(failing[0].sentence)}"
        return f"{start} are not called {called}, {because}. {capital(figures)}."
    whether = f"Whether the {name} model's explanations are clearer is inconclusive"
    if found in ("clearer", "same"):
        but = f"whether {open_ones[0].asked} isn't settled: {_lower(open_ones[0].sentence)}"
        return f"{whether}: {figures}, but {but}."
    return f"{whether}: {figures}."


def _lower(text: str) -> str:
    return text if text.startswith("R²") else text[0].lower() + text[1:]
