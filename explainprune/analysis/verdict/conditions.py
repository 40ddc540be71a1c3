"""What else must hold before an explanation counts as clearer."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.analysis.verdict.deciding import within
from explainprune.analysis.verdict.wording import number, percent, percent_interval
from explainprune.types import Measure


@dataclass(frozen=True)
class Condition:
    """One condition and whether it holds.

    Attributes
    ----------
    name : str
        Under which its figure stands among a verdict's evidence.
    measure : Measure
        Something that may be at most `margin`.
    margin : float
    sentence : str
        What was found, in plain English, without its outcome.
    asked : str
        What it is about.
    broken : str
        How to say that it fails.
    fatal : bool
        Whether a model that fails it is broken, so that there is no verdict at all.
    """

    name: str
    measure: Measure
    margin: float
    sentence: str
    asked: str
    broken: str
    fatal: bool = False

    @property
    def holds(self) -> bool | None:
        """True, False, or None while the interval lies on both sides of the margin."""
        return within(self.measure, self.margin)

    def __str__(self) -> str:
        outcome = {True: "holds", False: "fails", None: "open"}[self.holds]
        return f"{self.sentence}: {outcome}."


def not_broken(loss: Measure, margin: float, *, score: str = "accuracy") -> Condition:
    """State that the other model still works.

    Parameters
    ----------
    loss : Measure
        Fall of accuracy or R², ``score(dense) − score(other)``; without labels the churn, which
        bounds the fall of accuracy, or the share of the output's variance that is lost.
    margin : float
    score : str
        ``"accuracy"``, ``"balanced_accuracy"``, ``"log_loss"`` or ``"r2"``; without labels
        ``"churn"``, ``"balanced_churn"`` or ``"variance"``.
        The rise of log loss is a share of what always predicting the class shares costs.
    """
    interval = f"interval {percent_interval(loss)}; margin {percent(margin)}"
    if loss.value is None:
        sentence = f"Whether the other model still works is not known ({loss.note})"
    elif score == "churn":
        sentence = (
            f"Predictions differ on {percent(loss.value)} % of the rows ({interval}), and accuracy "
            "can have fallen by no more (there are no labels)"
        )
    elif score == "balanced_churn":
        sentence = (
            f"Of a class that the dense model predicts, {percent(loss.value)} % of the rows are "
            f"predicted otherwise, mean over classes ({interval})"
        )
    elif score == "variance":
        sentence = (
            f"Of the dense model's variance {percent(loss.value)} % is not reproduced "
            f"({interval}; there are no labels)"
        )
    elif score == "log_loss":
        rose = "rose" if loss.value >= 0 else "fell"
        sentence = (
            f"Log loss {rose} by {percent(abs(loss.value))} % of what always predicting the class "
            f"shares would cost ({interval})"
        )
    else:
        name = {"accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy", "r2": "R²"}[score]
        fell = "fell" if loss.value >= 0 else "rose"
        by = percent(abs(loss.value))
        sentence = f"{name} {fell} by {by} point{'' if by == '1' else 's'} ({interval})"
    named = {"variance": "variance_lost", "log_loss": "log_loss_rise"}
    named |= {each: each for each in ("churn", "balanced_churn")}
    name = named.get(score, f"{score}_drop")
    asked, broken = "the other model still works", "the other model is broken"
    return Condition(name, loss, margin, sentence, asked, broken, fatal=True)


def faithful(loss: Measure, margin: float) -> Condition:
    """State that explanations tell as much about their model as before.

    Parameters
    ----------
    loss : Measure
        Fall of NAOPC, ``NAOPC(dense) − NAOPC(other)``, paired by sample.
    margin : float
    """
    if loss.value is None:
        sentence = f"Whether explanations are as faithful is not known ({loss.note})"
    else:
        fell = "fell" if loss.value >= 0 else "rose"
        sentence = (
            f"Faithfulness (NAOPC) {fell} by {number(abs(loss.value))} (interval {_plain(loss)}; "
            f"margin {number(margin)})"
        )
    asked, broken = "its explanations are as faithful", "its explanations are less faithful"
    return Condition("naopc_drop", loss, margin, sentence, asked, broken)


def _plain(measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return "none"
    return f"{number(measure.low)} to {number(measure.high)}"
