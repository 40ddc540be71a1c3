"""docs/known_truth.md, from the lines of docs/known_truth.csv."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from calibrated.page import table
from calibrated.rates import Rate

from explainprune.study.sabotage.scenarios import SCENARIOS
from explainprune.study.sabotage.trying import ALONE
from known.store import LINES, ROOT

PAGE = ROOT / "docs" / "known_truth.md"


def lines(file: Path | None = None) -> pd.DataFrame:
    """Read the runs, and whether reasons differed in truth."""
    found = pd.read_csv(LINES if file is None else file)
    return found.assign(differs=[SCENARIOS[name].differs for name in found["scenario"]])


def reached() -> str:
    """How often each scenario got the verdict it must get."""
    rows = []
    for name, runs in lines().groupby("scenario", sort=False):
        scenario, moved = SCENARIOS[str(name)], runs["moved"]
        labels = runs.loc[runs["right"] == 0, "label"].value_counts()
        others = ", ".join(f"{label} {count}×" for label, count in labels.items())
        needed = (f"{100 * runs[f'{who} needs it'].mean():.0f}" for who in ("dense", "other"))
        rows.append(
            (
                f"**{name}**: {scenario.done}",
                f"*{scenario.expected}*",
                Rate(int(runs["right"].sum()), len(runs)),
                others or "–",
                f"{moved.mean():.3f} ({moved.min():.3f}–{moved.max():.3f})",
                *needed,
            )
        )
    heads = ("scenario: what was done", "expected", "reached %", "else", "D: mean (least–most)")
    return table((*heads, "dense needs it %", "other needs it %"), rows)


def whole() -> str:
    """Say what all runs come to."""
    found = lines()
    rates = [
        (words, Rate(int(part["right"].sum()), len(part)))
        for words, part in (
            ("Reasons changed, in all rows or in a group", found[found["differs"]]),
            ("Nothing about the reasons changed", found[~found["differs"]]),
        )
    ]
    open_ones = int((found["label"] == "inconclusive").sum())
    return (
        "\n".join(f"- {words}: right in {rate} % of {rate.runs} runs." for words, rate in rates)
        + f"\n- *Inconclusive*, which counts as not right: {open_ones} of {len(found)} runs."
    )


def misled() -> str:
    """How often each metric alone, by its usual threshold, says the wrong thing."""
    found = lines()
    wrong = {name: wrong_by(found, name) for name in ALONE} | {"the verdict": found["right"] == 0}
    rows = [
        (name, *(f"{values[runs.index].sum()} of {len(runs)}" for values in wrong.values()))
        for name, runs in found.groupby("scenario", sort=False)
    ]
    total = ("**all, %**", *(Rate(int(v.sum()), len(v)) for v in wrong.values()))
    best = [f"{100 * least_wrong(found, name):.0f}" for name in ALONE]
    rows += [total, ("**by its best threshold, %**", *best, "")]
    return table(("scenario", *wrong), rows)


def rules() -> str:
    """List what each metric alone is judged by."""
    return "\n".join(f"- **{name}**: {alone.says}" for name, alone in ALONE.items())


def wrong_by(found: pd.DataFrame, name: str) -> pd.Series:
    """Say in which runs a metric alone is wrong."""
    same = found[name].map(ALONE[name].same)
    return same == found["differs"]


def least_wrong(found: pd.DataFrame, name: str) -> float:
    """Return the share of runs in which a metric is wrong by the threshold that suits them best."""
    sign = 1 if ALONE[name].most else -1
    values, differs = sign * found[name].to_numpy(), found["differs"].to_numpy()
    limits = np.append(values, -np.inf)
    return float(min(((values <= limit) == differs).mean() for limit in limits))


TABLES: dict[str, Callable[[], str]] = {f.__name__: f for f in (whole, reached, rules, misled)}
