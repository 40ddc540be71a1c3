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
- **CPU**: the same ratios by the processor time of all threads, which other work on the machine
  hardly touches, but which doesn't show how well two cores are used.
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
    rows = [["to reach", "aim", "by the clock", "reached", "by processor time", "reached"]]
    for words, network, method, who, name, aim in TARGETS:
        fits = (found["method"] == method) & (found["who"] == who)
        fits &= found["network"].str.startswith(network) & ~found["network"].str.contains("shrunk")
        if not fits.any():
            continue
        line = found[fits].iloc[-1]
        at_least = name == "of ours"
        row = [words, f"{'≥' if at_least else '≤'} {aim:g}×"]
        for clock in ("", "CPU, "):
            shown = ratio(line, clock + name)
            reached = shown and (line[clock + name] - aim) * (1 if at_least else -1) >= 0
            row += [shown, "" if not shown else "yes" if reached else "**no**"]
        rows.append(row)
    return table(rows)


def of_network(found: pd.DataFrame) -> str:
    """Write the table of one network."""
    rows = [["method", "explained", "who", "settings", "rows of the model", "error", "seconds",
             "of the limit", "of ours", "CPU: of the limit", "CPU: of ours"]]  # fmt: skip
    for _, line in found.iterrows():
        rows.append([
            line["method"], f"{line['samples']} on {line['background']}", line["who"],
            line["settings"], f"{line['rows']:,}" if line["rows"] else "as needed",
            number(line.get("error")), number(line["seconds"]), ratio(line, "of the limit"),
            ratio(line, "of ours"), ratio(line, "CPU, of the limit"), ratio(line, "CPU, of ours"),
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
        busy=": other work took much of both cores, so that\nthe clock's figures are rough"
        if load[0] > 2
        else "",
        orders=ORDERS,
    )
    parts = [head, "## What was to be reached\n", targets(found), REMARKS]
    for name, group in found.groupby("network", sort=False):
        parts += [f"\n## {name}\n", of_network(group)]
    if notes:
        parts += ["\nNot in the tables:\n", "\n".join(f"- {note}" for note in dict.fromkeys(notes))]
    if peaks:
        parts += ["\n## Memory\n", MEMORY, of_memory(peaks)]
    text = "\n".join(parts) + "\n\n" + OTHERS
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")


REMARKS = """
What else the tables say:

- `kernel` corrects each draw by a fit to the others, which makes values unbiased and gives them
  standard errors; shap's have none. `leverage` errs about as little, `permutation` no more at a
  quarter of the time. Both were measured again after the others, in a run of their own.
- `permutation` leaves out players that are equal in sample and background row, as many pixels are.
- `integrated_gradients` as it comes spends gradients until its own tolerance holds: less error than
  300 nodes; in the MLP in a fifth of the time that xplique takes for these, in the CNN in half as
  much again.
- `deep_shap` of all classes of the CNN differs from shap's by 7e-4 in two rows: two places of a
  pooling window hold the same maximum there, and rounding, which depends on how many rows go
  through a convolution at once, says which of them is paid. Class by class it differs by 2e-7.
- `deep_shap` costs 2.6 times the limit in MobileNetV2; what of its slopes takes so long wasn't
  looked into.
- Every call of ours also evaluates the rows and the background, for the output and the base: where
  a method costs little more than that (`gradcam`, `occlusion` of few rows), it shows."""

MEMORY = """By how much the peak of the process exceeds what it held with network and package
loaded, compiling included, each in a process of its own; 200 gradients a sample for
`expected_gradients`. Ours takes blocks of up to 128 MB by its own estimate, whatever the number of
rows; shap takes one sample at a time.
"""

OTHERS = """## The other benchmarks

`make bench` runs all of them, `make bench BENCH=shrunk_latency` one. Each writes the page or the
table that is named here; minutes are those of two idle cores.

| | what | minutes |
|---|---|---|
| `attribution_peers.py` | this page; `--quick` only prints | 9 |
| `criteria_cost.py` | ten criteria beside one bare pass: [cost.csv](pruning/cost.csv) | 3 |
| `deep_shap_layers.py` | tiny models of each layer, by enumeration: [page](deep_shap.md) | 6 |
| `deep_shap_rules.py` | rules for one layer side by side: [page](deep_shap.md); `--quick` | 2 |
| `exact_beside_kernel.py` | exact values beside shap and shapiq: [page](exact.md) | 5, 20 |
| `exact_frontier.py` | draws [exact.svg](exact.svg); nothing is trained | < 1 |
| `layer_sensitivity.py` | what each layer can lose: [page](pruning.md) | 1 |
| `output_bounds.py` | how tight bounds on outputs are: [page](certificates.md) | 4 |
| `pretrained_models.py` | models that packages carry: [page](deep_shap.md) | 5 |
| `pruning_page.py` | tables and figures of [pruning.md](pruning.md); nothing is trained | < 1 |
| `sampled_intervals.py` | what intervals hold: [sampling.md](sampling.md); `--quick` | 6 |
| `shrink_applications.py` | all of `keras.applications`: [shrinking.md](shrinking.md) | many |
| `shrunk_latency.py` | half the operations: [latency.csv](pruning/latency.csv) | 7 |
"""
