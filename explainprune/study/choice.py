"""The sparsest level whose reasons are preserved: chosen on some rows, judged on others."""

from __future__ import annotations

from collections.abc import Sequence

from explainprune.analysis.comparison.settings import PRIMARY
from explainprune.analysis.verdict.wording import interval, number, percent
from explainprune.study.config import ExplainSettings
from explainprune.study.levels import ON_VALIDATION
from explainprune.study.verdicts import level_verdict
from explainprune.types import Choice, Comparison, Level, Measure

NO_VALIDATION = (
    "No level was chosen: the data have no validation rows to choose by, and a level that is "
    "chosen on the rows which judge it is no finding."
)
NO_INTERVAL = "No level was chosen: on validation rows no level has an interval over seeds."


def chosen(
    levels: Sequence[Level], seeds: Sequence[Comparison], settings: ExplainSettings
) -> Choice | None:
    """Choose a level on validation rows, and judge it on the scored ones.

    From the mildest level on, as long as the whole interval over seeds lies within the margin; the
    last one is chosen. So the first level whose reasons are changed in truth has to pass for a
    wrong one to be chosen, and the error of the choice is that of a single verdict, however many
    levels there are and although the seeds are the same. The scored rows then judge that level
    alone.

    Returns
    -------
    Choice or None
        None where no levels were swept.
    """
    swept = sorted((lv for lv in levels if lv.arm == "pruned"), key=lambda lv: lv.sparsity)
    if not swept:
        return None
    if not any(ON_VALIDATION in level.measures for level in swept):
        return Choice(NO_VALIDATION)
    last: Level | None = None
    for level in swept:
        seen = level.measures.get(ON_VALIDATION)
        if seen is None or seen.high is None:
            return Choice(NO_INTERVAL) if last is None else _judged(last, seeds, settings)
        if seen.high > settings.margin:
            break
        last = level
    if last is None:
        return Choice(_none(swept[0], settings.margin))
    return _judged(last, seeds, settings)


def _none(mildest: Level, margin: float) -> str:
    seen = mildest.measures[ON_VALIDATION]
    return (
        f"No level was chosen: on validation rows {_moved(seen)} already at a sparsity of "
        f"{percent(mildest.sparsity)} %, not surely within the margin of {percent(margin)} %."
    )


def _judged(level: Level, seeds: Sequence[Comparison], settings: ExplainSettings) -> Choice:
    """Judge a level by what moved on the scored rows."""
    verdict = level_verdict(seeds, settings, level.measures[PRIMARY])
    if verdict.label == "preserved":
        word = "confirmed"
    else:
        word = "not confirmed" + (f": {verdict.label}" if verdict.label == "changed" else "")
    reasons = " ".join(verdict.conditions)
    sentence = (
        f"Chosen on validation rows: a sparsity of {percent(level.sparsity)} %, up to which every "
        f"level lies within the margin of {percent(settings.margin)} % "
        f"({_moved(level.measures[ON_VALIDATION])}). On the scored rows "
        f"{_moved(level.measures[PRIMARY])}: {word}.{' ' if reasons else ''}{reasons}"
        f"{_score(level)}"
    )
    return Choice(sentence, level.sparsity, verdict)


def _moved(measure: Measure) -> str:
    return f"{percent(measure.value or 0.0)} % moved ({interval(measure)})"


def _score(level: Level) -> str:
    """Say how well the model does at that level."""
    accuracy, r2 = level.measures.get("accuracy"), level.measures.get("r2")
    if accuracy is not None and accuracy.value is not None:
        return f" Its accuracy there is {percent(accuracy.value)} % ({interval(accuracy)})."
    if r2 is not None and r2.value is not None:
        ends = "no interval"
        if r2.interval is not None:
            ends = f"interval {number(r2.interval[0])} to {number(r2.interval[1])}"
        return f" Its R² there is {number(r2.value)} ({ends})."
    return ""
