"""Verdict one, *same reasons?*: the share of leading reasons that differ, against a margin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explainprune.analysis.verdict.deciding import FEWEST_SEEDS, fewest, more_needed, within
from explainprune.analysis.verdict.wording import (
    count,
    further,
    percent,
    percent_interval,
    rounded_up,
    sampled,
)
from explainprune.types import Measure, Verdict

ENDPOINT = "signed top-k agreement on centred logits, over features active in either model"


def same_reasons(
    disagreement: Measure,
    excess: Measure,
    noise: Measure,
    *,
    margin: float = 0.10,
    scope: str = "pair",
    k: int | None = None,
    background: int | None = None,
    marks: Mapping[str, Measure] | None = None,
    endpoint: str = ENDPOINT,
    remedy: str = "",
) -> Verdict:
    """Judge the share of leading reasons that differ by a margin stated before.

    *preserved*: the upper end of the disagreement, or of its excess over the noise, is within the
    margin. *changed*: the lower end of the excess is beyond it. Else *inconclusive*. Where the
    noise itself may exceed the margin, the excess can't speak for *preserved*: a noisy explainer
    must not buy a good verdict. (It still can for *changed*, which noise only makes harder.)

    Parameters
    ----------
    disagreement : Measure
        ``1 − A(dense, other)``.
    excess : Measure
        ``disagreement − noise``, paired by sample (or seed).
    noise : Measure
        ``1 − A(dense, dense with a redrawn background)``.
    margin : float
        In (0, 1).
    scope : {"pair", "procedure"}
        Whether samples or seeds are the unit.
    k : int, optional
        How many leading reasons were compared.
    background : int, optional
        Background rows used; with them the sentence says how many would do where noise is large.
    marks : mapping of str to Measure, optional
        Disagreement of reference arms, for scale.
    endpoint : str
    remedy : str
        What else would lower the noise: a clause for the sentence.

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
    ...     Measure(0.06, (0.05, 0.07), 2000), Measure(0.045, (0.038, 0.053), 2000),
    ...     Measure(0.015, (0.01, 0.02), 2000), margin=0.05, k=4)
    >>> print(verdict.sentence)
    For this pair, on 2,000 rows, 6 % of the four leading reasons differ (95 % interval 5–7;
    redrawing the background alone changes 1.5, which leaves 4.5, 3.8–5.3; margin 5): inconclusive;
    about 3,200 more rows would decide.
    """
    if not 0 < margin < 1:
        raise ValueError(f"margin is a share between 0 and 1. Received: {margin!r}.")
    case = _Case(disagreement, excess, noise, margin, scope)
    label = case.label
    more = case.more if label == "inconclusive" else None
    sentence = case.figures(k) + f": {label}"
    if label == "inconclusive":
        sentence += case.way_out(more, background, remedy)
    return Verdict(
        label=label,
        sentence=sentence + "." + _scale(marks or {}) + case.caution,
        endpoint=endpoint,
        margin=margin,
        scope=scope,
        evidence={"disagreement": disagreement, "excess": excess, "noise": noise, **(marks or {})},
        conditions=() if case.quiet or label != "inconclusive" else (case.too_noisy,),
        more=more,
        illustrative=bool(case.caution),
    )


@dataclass(frozen=True)
class _Case:
    """What the verdict follows from."""

    disagreement: Measure
    excess: Measure
    noise: Measure
    margin: float
    scope: str

    @property
    def quiet(self) -> bool:
        """Whether the noise is within the margin for certain, so that the excess counts."""
        return within(self.noise, self.margin) is True

    @property
    def label(self) -> str:
        if within(self.disagreement, self.margin):
            return "preserved"
        if self.quiet and within(self.excess, self.margin):
            return "preserved"
        return "changed" if within(self.excess, self.margin) is False else "inconclusive"

    @property
    def more(self) -> int | None:
        """Fewest further samples that would decide, if the figures stay as they are."""
        ways = []
        if _below(self.disagreement, self.margin):
            ways.append(more_needed(self.disagreement, self.margin, self.scope))
        if self.quiet or not _below(self.excess, self.margin):
            ways.append(more_needed(self.excess, self.margin, self.scope))
        if not self.quiet and _below(self.noise, self.margin) and _below(self.excess, self.margin):
            both = [more_needed(m, self.margin, self.scope) for m in (self.noise, self.excess)]
            ways.append(None if None in both else max(n for n in both if n is not None))
        return fewest(max(n, 1) for n in ways if n is not None)

    def figures(self, k: int | None) -> str:
        """Write the disagreement with what it is read against."""
        start = sampled(self.scope, self.disagreement.n)
        reasons = count(k, "leading reason") if k and k > 1 else "leading reasons"
        if self.disagreement.value is None:
            return f"For this {self.scope}, the agreement of the {reasons} is undefined"
        differ = f"{percent(self.disagreement.value)} % of the {reasons} differ"
        inside = f"95 % interval {percent_interval(self.disagreement)}; {self._noise}"
        return f"{start}, {differ} ({inside}; margin {percent(self.margin)})"

    @property
    def _noise(self) -> str:
        if self.noise.value is None:
            return "what redrawing the background changes is undefined"
        text = f"redrawing the background alone changes {percent(self.noise.value)}"
        decided = within(self.disagreement, self.margin)
        if decided or self.excess.value is None or self.excess.interval is None:
            return text
        left = f"{percent(self.excess.value)}, {percent_interval(self.excess)}"
        return f"{text}, which leaves {left}"

    @property
    def too_noisy(self) -> str:
        """Say why the excess doesn't count."""
        if self.noise.value is None:
            return "The excess over the explainer's own noise doesn't count: it has no figure."
        return (
            f"Redrawing the background alone changes {percent(self.noise.value)} % "
            f"({percent_interval(self.noise)}), which is not within the margin of "
            f"{percent(self.margin)} %: the excess doesn't count for 'preserved'."
        )

    def way_out(self, more: int | None, background: int | None, remedy: str) -> str:
        """Say what would decide."""
        parts = [further(more, self.scope)]
        noisy = self.noise.value is not None and not self.quiet
        if self.disagreement.interval is None:
            parts = ["one row can't decide" if self.disagreement.n == 1 else "nothing to judge by"]
        elif noisy and background and not _below(self.disagreement, self.margin):
            parts = [self._larger(background), remedy, *parts]
        return "".join(f"; {part}" for part in parts if part)

    def _larger(self, background: int) -> str:
        """Estimate the background that brings the noise, which falls with 1/√rows, within."""
        worst = self.noise.high if self.noise.high is not None else self.noise.value
        rows = rounded_up(background * ((worst or 0.0) / self.margin) ** 2)
        return (
            "the explainer's own noise is not within the margin, about "
            f"{rows:,} background rows in place of {background:,} would bring it there"
        )

    @property
    def caution(self) -> str:
        if self.scope == "procedure" and self.disagreement.n < FEWEST_SEEDS:
            return f" Fewer than {FEWEST_SEEDS} seeds: illustrative."
        return ""


def _below(measure: Measure, margin: float) -> bool:
    return measure.value is not None and measure.value < margin


def _scale(marks: Mapping[str, Measure]) -> str:
    """Write the reference arms' disagreements."""
    known = [
        f"{name.replace('_', ' ')} {percent(mark.value)} %"
        for name, mark in marks.items()
        if mark.value is not None
    ]
    return f" For scale: {', '.join(known)}." if known else ""
