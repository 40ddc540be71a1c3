"""The tables of the page on pruning, from docs/pruning/*.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from explainprune.analysis.intervals import t_mean

LINES = Path(__file__).parents[2] / "docs" / "pruning"
NETWORKS = {
    ("mlp", "weight"): "LeNet-300-100, weights",
    ("mlp", "unit"): "LeNet-300-100, neurons",
    ("cnn", "weight"): "convolutional, weights",
    ("cnn", "unit"): "convolutional, units",
}
STAGES = {"cut": "cut, not tuned", "tuned": "tuned for one epoch"}
ALWAYS = ("random", "magnitude")
JUDGED_AT = {"weight": 0.95, "unit": 0.8}
"""At what sparsity criteria are ranked: where they are told apart, and no layer has collapsed."""


def half_width(values: Any) -> float:
    """Return half the width of the 95 % t interval over seeds; NaN where there is none."""
    interval = t_mean(values).interval
    return float("nan") if interval is None else (interval[1] - interval[0]) / 2


def shown(values: Any, digits: int = 1, scale: float = 100.0, sign: str = "") -> str:
    """Return mean ± half width, in points; of shares whose plain interval would leave 0 to 1, the
    ends of the one on the logit scale."""
    values = np.asarray(values, float)
    half = scale * half_width(values)
    mean = f"{scale * values.mean():{sign}.{digits}f}"
    if np.isnan(half):
        return mean
    if not sign and not half <= scale * values.mean() <= scale - half:
        low, high = t_mean(values, transform="logit").interval
        return f"{mean} ({scale * low:.{digits}f}–{scale * high:.{digits}f})"
    return f"{mean} ± {half:.{digits}f}"


def markdown(frame: pd.DataFrame) -> str:
    """Return a table, numbers to the right."""
    head = [str(name) for name in frame.columns]
    rows = [[str(cell) for cell in row] for row in frame.itertuples(index=False)]
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def criteria_lines() -> dict[tuple[str, str], pd.DataFrame]:
    """Return the lines of each network and granularity that there are."""
    lines = pd.read_csv(LINES / "criteria.csv")
    found = {key: lines[(lines.model == key[0]) & (lines.level == key[1])] for key in NETWORKS}
    return {key: each for key, each in found.items() if len(each)}


def ranked(lines: pd.DataFrame, stage: str, sparsity: float) -> list[str]:
    """Return criteria, the most accurate first."""
    means = lines[lines.sparsity == sparsity].groupby("criterion")[stage].mean()
    return list(means.sort_values(ascending=False).index)


def criteria_table(lines: pd.DataFrame, stage: str, names: Iterable[str]) -> str:
    """Return accuracy by criterion and sparsity."""
    rows = []
    for name in names:
        row = {"criterion": name}
        for sparsity, part in lines[lines.criterion == name].groupby("sparsity"):
            reached = part.achieved.mean()
            label = f"{sparsity:.0%}" if abs(reached - sparsity) < 0.006 else f"{reached:.1%}"
            row[label] = shown(part[stage])
        rows.append(row)
    return markdown(pd.DataFrame(rows))


def titled(key: tuple[str, str], lines: pd.DataFrame) -> str:
    """Say what a table is of."""
    dense = lines.groupby("seed").dense.first()
    return f"{NETWORKS[key]} ({len(dense)} seeds, dense {shown(dense)})"


def criteria_short() -> str:
    """Return the three best of each network beside random and magnitude, tuned."""
    parts = []
    for key, lines in criteria_lines().items():
        order = ranked(lines, "tuned", JUDGED_AT[key[1]])
        names = [name for name in order if name not in ALWAYS][:3]
        names = [name for name in order if name in (*names, *ALWAYS)]
        parts.append(f"{titled(key, lines)}:\n\n{criteria_table(lines, 'tuned', names)}")
    return "\n\n".join(parts)


def criteria_whole() -> str:
    """Return all criteria of all networks, cut and tuned."""
    parts = []
    for key, lines in criteria_lines().items():
        for stage, label in STAGES.items():
            table = criteria_table(lines, stage, ranked(lines, stage, JUDGED_AT[key[1]]))
            parts.append(f"### {titled(key, lines)}: {label}\n\n{table}")
    return "\n\n".join(parts)


def refit_table() -> str:
    """Return accuracy without and with a refit."""
    lines = pd.read_csv(LINES / "refit.csv")
    rows = []
    for (kept, name), part in lines.groupby(["kept", "criterion"], sort=False):
        rows.append(
            {
                "neurons kept": f"{kept:.0%}",
                "criterion": name,
                "cut": shown(part["cut"]),
                "refitted": shown(part["refit"]),
                "gained": shown(part["refit"] - part["cut"], sign="+"),
            }
        )
    return markdown(pd.DataFrame(rows).sort_values("neurons kept", ascending=False, kind="stable"))


def twelve_table() -> str:
    """Return accuracy by how many times smaller."""
    lines = pd.read_csv(LINES / "twelve_times.csv")
    rows = []
    for _, part in lines.groupby("asked"):
        row = {"times smaller": f"{part.smaller.mean():.1f}"}
        row["parameters"] = f"{part.parameters.mean():,.0f}"
        row["accuracy, %"] = shown(part.pruned, 2)
        for name in ("dense", "trained on"):
            row[f"less {name}"] = shown(part.pruned - part[name], 2, sign="+")
        rows.append(row)
    return markdown(pd.DataFrame(rows))


def tickets_lines() -> pd.DataFrame:
    """Return accuracy of tickets and controls by level and seed."""
    lines = pd.read_csv(LINES / "tickets.csv")
    return lines.assign(level=lines["weights kept"].round(3))


def tickets_table() -> str:
    """Return tickets beside the same masks on new weights."""
    lines = tickets_lines()
    dense = lines[lines.level == 1].set_index("seed").ticket
    rows = []
    for level, part in lines.groupby("level", sort=False):
        part = part.set_index("seed")
        row = {"weights kept": f"{level:.1%}"}
        for name in ("ticket", "control"):
            row[f"{name}, %"] = shown(part[name], 2)
            gap = part[name] - dense.reindex(part.index)
            itself = level == 1 and name == "ticket"
            row[f"{name} less dense"] = "" if itself else shown(gap, 2, sign="+")
        rows.append(row)
    return markdown(pd.DataFrame(rows))


def latency_table() -> str:
    """Return what half the operations are worth."""
    lines = pd.read_csv(LINES / "latency.csv")
    return markdown(
        pd.DataFrame(
            {
                "network": lines.network,
                "task": lines.task,
                "dense, ms": lines["dense ms"].map("{:.1f}".format),
                "shrunk, ms": lines["shrunk ms"].map("{:.1f}".format),
                "times faster": [
                    f"{r.ratio:.2f} ({r.low:.2f} to {r.high:.2f})" for r in lines.itertuples()
                ],
            }
        )
    )


def cost_table() -> str:
    """Return what criteria cost."""
    lines = pd.read_csv(LINES / "cost.csv")
    ratio = [f"{r[4]:.2f} ({r[5]:.2f} to {r[6]:.2f})" for r in lines.itertuples(index=False)]
    return markdown(
        pd.DataFrame(
            {
                "network": lines.network,
                "what": lines.criteria,
                "ms": lines.ms.map("{:.0f}".format),
                "times the bare loop": ratio,
                "first call, s": lines["first call s"].map("{:.1f}".format).replace("nan", ""),
            }
        )
    )


TABLES: dict[str, Callable[[], str]] = {
    "criteria": criteria_short,
    "refit": refit_table,
    "twelve": twelve_table,
    "tickets": tickets_table,
    "latency": latency_table,
    "cost": cost_table,
    "all criteria": criteria_whole,
}
