"""docs/calibration.md, from the lines of docs/calibration.csv."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from calibrated.operating import BACKGROUNDS, ROWS, TRUTHS, key
from calibrated.procedure import SEEDS, SHAPES
from calibrated.rates import pooled, too_high
from calibrated.rule import MARGIN
from calibrated.store import ROOT, Sum, results

PAGE = ROOT / "docs" / "calibration.md"
UNKNOWN = "*Not run yet.*"
LABELS = ("preserved", "changed")
Cells = dict[str, dict[str, Sum]]


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay rows out as a Markdown table."""
    if not rows:
        return UNKNOWN
    lines = [columns, ["---", *["--:"] * (len(columns) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def operating() -> str:
    """Both wrong labels where the truth is the margin."""
    cells = results("at the margin")
    kinds = {"linear": "linear", "relu": "ReLU"}
    rows = [
        (kinds[kind], n, b, *(cells[at][label].rate for label in LABELS), cells[at]["moved"].runs)
        for kind in kinds
        for n in ROWS
        for b in BACKGROUNDS
        if (at := key(kind, n, b, MARGIN)) in cells
    ]
    return table(
        ("network", "rows", "background rows", "*preserved* %", "*changed* %", "runs"), rows
    )


def verdict_on_the_rule() -> str:
    """Say whether the pooled rates keep the nominal one, and which cells don't."""
    cells = results("at the margin")
    if not cells:
        return UNKNOWN
    lines = []
    for words, chosen in (("100 rows and more", ROWS[1:]), ("50 rows", ROWS[:1])):
        found = {k: v for k, v in cells.items() if any(f" {n} rows," in k for n in chosen)}
        for label in LABELS:
            rates = [figures[label].rate for figures in found.values()]
            lines.append(f"- *{label}*, {words}: {pooled(rates)} % of {pooled(rates).runs:,} runs.")
    named = _exceptions(cells)
    lines.append(
        "- No single cell's rate lies above 2.5 % once their number is taken into account (Holm)."
        if not named
        else "- Above 2.5 %, their number taken into account (Holm): " + "; ".join(named) + "."
    )
    return "\n".join(lines)


def _exceptions(cells: Cells) -> list[str]:
    """Name cells whose rate is too high."""
    every = [(f"{name}: *{label}* {f[label].rate} %", f[label].rate)
             for name, f in cells.items() for label in LABELS if label in f]  # fmt: skip
    return [every[index][0] for index in too_high([rate for _, rate in every])]


def around() -> str:
    """How often each label is said as the truth moves away, and how often that was foreseen."""
    cells = {**results("at the margin"), **results("around the margin")}
    rows = []
    for kind in ("linear", "relu"):
        for truth in sorted((*TRUTHS, MARGIN)):
            found = cells.get(key(kind, 100, 20, truth))
            if found is None:
                continue
            seen = [found[label].rate for label in LABELS]
            foreseen = [f"{100 * found[f'foreseen_{label}'].mean:.0f}" for label in LABELS]
            rows.append((kind.replace("relu", "ReLU"), f"{truth:g}", *seen, *foreseen))
    return table(
        ("network", "true D", "*preserved* %", "*changed* %", "foreseen *preserved*",
         "foreseen *changed*"), rows,
    )  # fmt: skip


def beyond() -> str:
    rows = [(name, figures["changed"].rate, figures["changed"].runs)
            for name, figures in results("beyond the margin").items()]  # fmt: skip
    return table(("pair", "*changed* %", "runs"), rows)


def hard() -> str:
    rows = [
        (name, *(figures[label].rate for label in LABELS), f"{figures['moved'].mean:.3f}",
         f"{figures['backgrounds'].mean:.1f}", figures["moved"].runs)
        for name, figures in results("hard cases").items()
    ]  # fmt: skip
    return table(("case", "*preserved* %", "*changed* %", "mean D", "backgrounds", "runs"), rows)


def hard_exceptions() -> str:
    named = _exceptions(results("hard cases"))
    if not named:
        return "None of these rates lies above 2.5 %, their number taken into account (Holm)."
    return "Above 2.5 %, their number taken into account (Holm):\n\n" + "\n".join(
        f"- {name}" for name in named
    )


def growth() -> str:
    rows = [
        (name, *(figures[label].rate for label in LABELS), f"{figures['moved'].mean:.3f}",
         f"{figures['backgrounds'].mean:.1f}", f"{figures['draws'].mean:.1f}",
         figures["moved"].runs)
        for name, figures in results("growth").items()
    ]  # fmt: skip
    return table(
        ("case", "*preserved* %", "*changed* %", "mean D", "backgrounds", "draws", "runs"), rows
    )


def more_rows() -> str:
    rows = []
    for name, figures in results("more rows").items():
        open_ones, tried = figures["open"], figures.get("tried")
        if tried is None or not tried.total:
            continue
        decided = figures["decided"].rate
        rows.append((name, f"{open_ones.total:.0f} of {open_ones.runs}", f"{tried.total:.0f}",
                     decided, figures["wrongly"].rate, f"{figures['more'].mean:,.0f}"))  # fmt: skip
    return table(
        ("pair", "inconclusive", "tried", "decided %", "wrongly %", "more rows, mean"), rows
    )


def refusals() -> str:
    rows = [
        (name, *(figures[label].rate if label in figures else "" for label in
                 ("preserved", "changed", "clearer")), figures["preserved"].runs)
        for name, figures in results("refusals").items()
    ]  # fmt: skip
    return table(("case", "*preserved* %", "*changed* %", "*clearer* %", "runs"), rows)


def worst_group() -> str:
    rows = [(name, figures["held"].rate, figures["rare is named"].rate, figures["held"].runs)
            for name, figures in results("worst group").items()]  # fmt: skip
    return table(("case", "interval holds the truth %", "the rare group is named %", "runs"), rows)


def clarity() -> str:
    rows = [
        (name, *(figures[label].rate for label in ("clearer", "same", "less clear")),
         f"{figures['ratio'].mean:.3f}", figures["ratio"].runs)
        for name, figures in results("clarity").items()
    ]  # fmt: skip
    return table(("case", "*clearer* %", "*same* %", "*less clear* %", "mean ratio", "runs"), rows)


def procedure() -> str:
    cells = results("procedure")
    rows = []
    for shape in SHAPES:
        for label in LABELS:
            found = [cells.get(f"{shape}, {seeds} seeds", {}).get(label) for seeds in SEEDS]
            if all(found):
                rows.append((shape, f"*{label}*", *(s.rate for s in found if s)))
    return table(("seeds differ as", "said, %", *(f"{s} seeds" for s in SEEDS)), rows)


ARMS = ("placebo", "pruned 50 %", "pruned 80 %", "pruned 90 %", "retrained", "random_weights")


def _with_deviation(found: Sum) -> str:
    """Write the mean over seeds ± their standard deviation, where there are several."""
    return f"{found.mean:.3f}" + (f" ± {found.deviation:.3f}" if found.runs > 1 else "")


def real_data() -> str:
    """Mean moved weight of each arm over seeds, with their standard deviation."""
    rows = []
    for name, figures in results("real data").items():
        means = [_with_deviation(figures[arm]) for arm in ARMS]
        rows.append((name, f"{figures['rows'].mean:.0f}", f"{figures['score'].mean:.3f}", *means,
                     figures["placebo"].runs))  # fmt: skip
    heads = (arm.replace("_", " ") for arm in ARMS)
    return table(("data", "rows", "accuracy or R²", *heads, "seeds"), rows)


def the_margin() -> str:
    """Say, set by set, whether the default margin lies between placebo and retrained."""
    inside: list[str] = []
    outside: list[str] = []
    for name, figures in results("real data").items():
        low, high = figures["placebo"].mean, figures["retrained"].mean
        if low < MARGIN < high:
            inside.append(name)
        else:
            outside.append(f"{name} (placebo {low:.3f}, retrained {high:.3f})")
    if not inside + outside:
        return UNKNOWN
    text = f"The margin of {MARGIN:g} lies above the mean placebo and below the mean retrained "
    text += f"network on {len(inside)} of {len(inside) + len(outside)} sets"
    text += f": {', '.join(inside)}." if inside else "."
    return text + (f" **Not** on {'; '.join(outside)}." if outside else "")


def real_labels() -> str:
    """How often each arm would have been called what."""
    cells = results("real data")
    if not cells:
        return UNKNOWN
    rows = []
    for arm in ARMS:
        sums = list(cells.values())
        preserved = pooled([f[f"{arm}: within"].rate for f in sums])
        changed = pooled([f[f"{arm}: beyond"].rate for f in sums])
        rows.append((arm.replace("_", " "), preserved, changed, preserved.runs))
    twins = [pooled([f[f"twins {label}"].rate for f in cells.values()])
             for label in ("clearer", "less clear")]  # fmt: skip
    text = table(("arm", "within the margin %", "beyond it %", "networks"), rows)
    return (
        f"{text}\n\nTwins of another seed were called *clearer* in {twins[0]} %, *less clear* "
        + (f"in {twins[1]} % of {twins[0].runs} pairs.")
    )


TABLES: dict[str, Callable[[], str]] = {
    f.__name__: f
    for f in (
        operating, verdict_on_the_rule, around, beyond, hard, hard_exceptions, growth, more_rows,
        refusals, worst_group, clarity, procedure, real_data, the_margin, real_labels,
    )
}  # fmt: skip
