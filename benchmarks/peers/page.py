"""The page: docs/benchmarks.md, and the figures behind it in docs/benchmarks.csv."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from peers.contestants import HAS_XPLIQUE

HEAD = """# Attributions beside their peers

Made by `python benchmarks/attribution_peers.py` on {cores} cores ({machine}), with {versions}.
All who take part in a comparison run in one process, turn by turn; ratios are medians over turns,
with a 95 % interval; the load of the machine was {before:.1f} before and {after:.1f}
after{busy}. Compiling isn't timed: everybody has run once before.

- **explained**: so many rows on so many background rows.
- **of the limit**: time over that of a bare compiled loop that runs as many rows of the model (for
  gradients, forward and backward), in the batches that suit it best. Below 1: a forward pass was
  shared, or rows left out.
- **of ours**: time over that of the first line of the comparison.
- **error**: root mean square error over that of the true values (a midpoint rule on every path
  from every background row; {orders} random orders and their reverses for each background row;
  2,000 noisy copies). For `deep_shap` and `occlusion`: the largest difference from the peer's
  values over the largest value.
"""

ORDERS = 100
"""Random orders of the true Shapley values, for each background row."""

TARGETS = (
    ("deep_shap against shap, MLP", "MLP", "deep_shap, predicted class", "shap", "of ours", 10),
    ("the same, all classes", "MLP", "deep_shap, all classes", "shap", "of ours", 10),
    ("deep_shap against shap, CNN", "CNN 28×28", "deep_shap, predicted class", "shap",
     "of ours", 2),
    ("the same, all classes", "CNN 28×28", "deep_shap, all classes", "shap", "of ours", 2),
    ("expected gradients against shap at equal error, MLP", "MLP", "expected_gradients", "shap",
     "of ours", 20),
    ("expected gradients against shap at equal error, CNN", "CNN 28×28", "expected_gradients",
     "shap", "of ours", 5),
    *(
        (f"{method} against the limit, {network}", network, method, "explainprune", "of the limit",
         1.3)
        for network, methods in (
            ("CNN 28×28", ("deep_shap, predicted class", "expected_gradients", "permutation",
                           "kernel", "leverage", "occlusion")),
            ("MLP", ("permutation", "kernel", "leverage", "occlusion")),
        )
        for method in methods
    ),
)  # fmt: skip
"""Words, network, method, who, ratio, and what it is to reach (the last line that fits)."""


def number(value: Any) -> str:
    """Write three digits."""
    if value is None or pd.isna(value):
        return ""
    if value == 0:
        return "0"
    if abs(value) < 1e-3:
        return f"{value:.0e}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratio(line: Any, name: str) -> str:
    """Write a ratio with its interval."""
    if name not in line or pd.isna(line[name]):
        return ""
    low, high = line[f"{name}, low"], line[f"{name}, high"]
    return f"{number(line[name])} ({number(low)}–{number(high)})"


def table(rows: list[list[str]]) -> str:
    """Write a Markdown table whose first row is its head."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def targets(found: pd.DataFrame) -> str:
    """Write what was to be reached beside what was."""
    rows = [["to reach", "aim", "measured", "reached"]]
    for words, network, method, who, name, aim in TARGETS:
        fits = (found["method"] == method) & (found["who"] == who)
        fits &= found["network"].str.startswith(network) & ~found["network"].str.contains("shrunk")
        if not fits.any():
            continue
        line = found[fits].iloc[-1]
        at_least = name == "of ours"
        reached = line[name] >= aim if at_least else line[name] <= aim
        rows.append([words, f"{'≥' if at_least else '≤'} {aim:g}×", f"{ratio(line, name)}",
                     "yes" if reached else "**no**"])  # fmt: skip
    return table(rows)


def of_network(found: pd.DataFrame) -> str:
    """Write the table of one network."""
    rows = [["method", "explained", "who", "settings", "rows of the model", "seconds", "error",
             "of the limit", "of ours"]]  # fmt: skip
    for _, line in found.iterrows():
        rows.append([
            line["method"], f"{line['samples']} on {line['background']}", line["who"],
            line["settings"], f"{line['rows']:,}" if line["rows"] else "as needed",
            number(line["seconds"]), number(line.get("error")),
            ratio(line, "of the limit"), ratio(line, "of ours"),
        ])  # fmt: skip
    return table(rows)


def of_memory(peaks: list[dict[str, Any]]) -> str:
    """Write the table of peaks."""
    rows = [["network", "method", "explainprune, MB", "shap, MB"]]
    rows += [
        [p["network"], p["method"], *("fails" if p[who] is None else f"{p[who]:,}" for who in
                                      ("explainprune", "shap"))]
        for p in peaks
    ]  # fmt: skip
    return table(rows)


def write(
    folder: Path,
    lines: list[dict[str, Any]],
    notes: list[str],
    peaks: list[dict[str, Any]],
    load: list[float],
) -> None:
    """Write the page and its figures."""
    found = pd.DataFrame(lines)
    found.to_csv(folder / "benchmarks.csv", index=False, float_format="%.6g")
    packages = ["tensorflow", "keras", "shap", *(["xplique"] if HAS_XPLIQUE else [])]
    cores = os.cpu_count() or 1
    head = HEAD.format(
        cores=cores,
        machine=platform.machine(),
        versions=", ".join(f"{each} {metadata.version(each)}" for each in packages),
        before=load[0],
        after=load[1],
        busy=": it was busy with other work as well" if load[0] > 1 else "",
        orders=ORDERS,
    )
    parts = [head, "## What was to be reached\n", targets(found)]
    for name, group in found.groupby("network", sort=False):
        parts += [f"\n## {name}\n", of_network(group)]
    if notes:
        parts += ["\nNot in the tables:\n", "\n".join(f"- {note}" for note in dict.fromkeys(notes))]
    if peaks:
        parts += ["\n## Memory\n", MEMORY, of_memory(peaks)]
    text = "\n".join(parts) + "\n\n" + OTHERS
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")


MEMORY = """By how much the peak of the process exceeds what it held with network and package
loaded, compiling included, each in a process of its own; 200 gradients a sample for
`expected_gradients`.
"""

OTHERS = """## The other benchmarks

`make bench` runs all of them. Each takes `--help`; times are on two cores.

| | what | time |
|---|---|---|
| `attribution_peers.py` | this page; `--quick` only prints | 9 min |
| `criteria_cost.py` | ten criteria beside one bare pass: [cost.csv](pruning/cost.csv) | 2 min |
| `exact_frontier.py` | draws [exact.svg](exact.svg); nothing is trained | seconds |
| `sampled_intervals.py` | what intervals hold: [sampling.md](sampling.md); `--quick` | 6 min |
| `shrink_applications.py` | all of `keras.applications`: [shrinking.md](shrinking.md) | |
| `shrunk_latency.py` | half the operations: [latency.csv](pruning/latency.csv) | |
"""
