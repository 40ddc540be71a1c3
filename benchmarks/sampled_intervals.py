"""Do the intervals of sampled attributions hold what they promise, and what does precision cost?

Networks of ten inputs whose values are known (all coalitions enumerated; integrals by
20,000 points; a million noisy copies) are explained again and again. How often the 95 % interval
of `Attribution.interval` holds the true value goes into a table, with a number of draws and with a
tolerance; the error over the number of evaluations goes into a figure.

    python benchmarks/sampled_intervals.py            docs/sampling.md and .svg, about 6 minutes
    python benchmarks/sampled_intervals.py --quick    the same table in half a minute, only printed
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sampled.networks import INPUTS, conjunction, curved, kinked, sparse

from explainprune.analysis.attribution import attribute
from explainprune.network import FormulaNetwork, Network
from explainprune.reporting.plot import COLOURS, new_figure, save, styled

Array = Any
DOCS = Path(__file__).parent.parent / "docs"
SAMPLES, BACKGROUND = 4, 10
COALITIONS = 64
SAMPLERS = ("expected_gradients", "permutation", "kernel", "leverage", "smoothgrad")
IN_GAMES = {"permutation": {}, "hybrid": {"exact_up_to": 6}}
SHARED = (
    "kernel",
    "leverage",
)  # all rows of a call share their draws: runs need calls of their own
DRAWS = (2, 4, 8, 14, 32)
TOLERANCES = (0.2, 0.1)
CHEAP = 8  # a draw of smoothgrad is a single gradient: so many for one of the others'
MARKS = dict(zip(SAMPLERS, ("o", "s", "^", "D", "v"), strict=True))


@dataclass(frozen=True)
class Case:
    """A network with rows and the values that samplers aim at."""

    name: str
    network: Network
    x: Array
    background: Array
    truth: dict[str, Array]
    samplers: tuple[str, ...] = SAMPLERS


def games_case() -> Case:
    """Return the case of a network that can be taken apart."""
    network, rng = sparse(), np.random.default_rng(12)
    x, background = (rng.normal(size=(n, INPUTS)).astype("f4") for n in (SAMPLES, BACKGROUND))
    shapley = attribute(network, x, background=background, method="exact").values
    return Case("sparse", network, x, background, dict.fromkeys(IN_GAMES, shapley),
                tuple(IN_GAMES))  # fmt: skip


def case(build: Callable[[], FormulaNetwork], noisy: int) -> Case:
    """Choose rows, and find the values."""
    network, rng = build(), np.random.default_rng(11)
    x, background = rng.normal(size=(SAMPLES, INPUTS)), rng.normal(size=(BACKGROUND, INPUTS))
    shapley = attribute(network, x, background=background, method="exact").values
    truth = dict.fromkeys(("permutation", "kernel", "leverage"), shapley)
    truth["expected_gradients"] = np.array([_path_mean(network, row, background) for row in x])
    truth["smoothgrad"] = np.array([_noisy_mean(network, row, noisy) for row in x])
    return Case(build.__name__, network, x, background, truth)


def _path_mean(network: FormulaNetwork, row: Array, background: Array) -> Array:
    places = (np.arange(20_000)[:, None] + 0.5) / 20_000
    each = [(row - b) * _slopes(network, b + places * (row - b)) for b in background]
    return np.mean(each, axis=0)


def _noisy_mean(network: FormulaNetwork, row: Array, copies: int) -> Array:
    rng = np.random.default_rng(99)
    width = 0.15 * np.ptp(row)
    blocks = [
        _slopes(network, row + width * rng.normal(size=(20_000, INPUTS)))
        for _ in range(copies // 20_000)
    ]
    return np.mean(blocks, axis=0)


def _slopes(network: FormulaNetwork, rows: Array) -> Array:
    return network.gradients(rows, np.zeros(len(rows), int)).mean(axis=0, dtype=np.float64)


def runs_of(one: Case, sampler: str, runs: int, options: dict[str, Any]) -> Iterator[Any]:
    """Yield attributions and the true values; each row of one, or each of them, is a run.

    Draws of one call are independent between rows, but for methods whose rows share them; and
    the draws that a tolerance needs are counted over all rows of a call.
    """
    truth, explained = one.truth[sampler], {"background": one.background, "method": sampler}
    explained |= IN_GAMES.get(sampler, {})
    if "tolerance" in options:
        for seed in range(runs // 4):
            at = seed % SAMPLES
            row = one.x[at : at + 1]
            yield attribute(one.network, row, seed=seed, **explained, **options), truth[at]
    elif sampler in SHARED:
        for seed in range(runs // 4):
            yield attribute(one.network, one.x, seed=seed, **explained, **options), truth
    else:
        for at in range(SAMPLES):
            rows = np.repeat(one.x[at : at + 1], runs, axis=0)
            yield attribute(one.network, rows, seed=at, **explained, **options), truth[at]


def covered(one: Case, sampler: str, runs: int, options: dict[str, Any]) -> tuple[float, float]:
    """Return the share of true values that intervals hold, and its 95 % half-width over runs.

    Values of a run are no independent trials: the run is the unit.
    """
    shares = []
    for found, truth in runs_of(one, sampler, runs, options):
        low, high = found.interval()
        # What hybrid enumerates has intervals without width: they hold it but for rounding.
        held = ((low - 1e-12 <= truth) & (truth <= high + 1e-12)).mean(axis=1)
        shares.append(held.mean(keepdims=True) if sampler in SHARED else held)
    every = np.concatenate(shares)
    return float(every.mean()), float(1.96 * every.std(ddof=1) / np.sqrt(len(every)))


def relative_error(one: Case, sampler: str, runs: int, draws: int) -> float:
    """Return the root mean square error over that of the true values."""
    options = {"draws": draws} | ({"coalitions": COALITIONS} if sampler in SHARED else {})
    squares = [
        ((found.values - truth) ** 2).mean()
        for found, truth in runs_of(one, sampler, runs, options)
    ]
    return float(np.sqrt(np.mean(squares) / np.mean(one.truth[sampler] ** 2)))


def evaluations(sampler: str, draws: int) -> int:
    """Count what one sample costs: forward passes, or gradients."""
    each = {
        "expected_gradients": 2 * BACKGROUND * draws,
        "permutation": 2 * (INPUTS - 1) * BACKGROUND * draws,
        "smoothgrad": draws,
    }
    return each.get(sampler, COALITIONS * BACKGROUND * (draws + 1))  # and the pilot that is fitted


def settings() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is asked for, in words and as options."""
    for draws in DRAWS:
        yield f"{draws} draws", {"draws": draws}
    for tolerance in TOLERANCES:
        yield f"tolerance {tolerance:g}", {"tolerance": tolerance}


def table(one: Case, runs: int) -> Iterator[str]:
    """Write a table of coverage, a line for each sampler."""
    asked = list(settings())
    yield "| | " + " | ".join(words for words, _ in asked) + " |"
    yield "|---|" + "---|" * len(asked)
    for sampler in one.samplers:
        cells = []
        for _, options in asked:
            chosen = dict(options)
            if sampler in SHARED:
                chosen["coalitions"] = COALITIONS
                if (options.get("draws", 8) + 1) * COALITIONS >= 2**INPUTS - 2:
                    cells.append("exact")
                    continue
            elif sampler == "smoothgrad" and "draws" in options:
                chosen["draws"] = CHEAP * options["draws"]
            share, half = covered(one, sampler, runs, chosen)
            cells.append(f"{100 * share:.1f} ± {100 * half:.1f}")
        words = f"{sampler}, {CHEAP} × the draws" if sampler == "smoothgrad" else sampler
        yield f"| {words} | " + " | ".join(cells) + " |"


def drawing(cases: list[Case], runs: int) -> Any:
    """Draw error over evaluations, both on a logarithmic scale, a panel for each network."""
    figure = new_figure(8.5, 3.2)
    colours = [COLOURS[key] for key in ("dense", "other", "positive", "negative", "mark")]
    for panel, one in zip(figure.subplots(1, len(cases), sharey=True), cases, strict=True):
        for sampler, colour in zip(SAMPLERS, colours, strict=True):
            draws = [1, 2, 4, 8, 14] if sampler in SHARED else [1, 2, 4, 8, 16, 32, 64]
            errors = [relative_error(one, sampler, max(8, runs // 20), each) for each in draws]
            costs = [evaluations(sampler, each) for each in draws]
            panel.loglog(costs, errors, marker=MARKS[sampler], color=colour, ms=3, lw=1.2,
                         label=sampler)  # fmt: skip
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:,g}")
        panel.loglog([1e2, 1e4], [0.3, 0.03], color=COLOURS["muted"], lw=0.8, ls=":",
                     label="1 / √evaluations")  # fmt: skip
        panel.set_title(one.name)
        panel.set_xlabel("evaluations for a sample")
        panel.grid(which="major")
    figure.axes[0].set_ylabel("relative error")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    return figure


PAGE = """# Sampled attributions: what their intervals hold

Made by `python benchmarks/sampled_intervals.py`. Each network has {inputs} inputs, so that the
true values are known; {samples} samples and a background of {background} rows are explained
{runs:,} times each ({few:,} times where every run is a call of its own: `kernel`, `leverage`, and
tolerances).

## Coverage of 95 % intervals

Per cent of true values that `Attribution.interval()` holds, with the 95 % half-width of that
figure over runs. 93 to 97 is the aim. "exact": all coalitions cost no more than the draws, so that
nothing is drawn.

{tables}

## Error against work

![Relative error over evaluations, log–log](sampling.svg)

Evaluations are forward passes for `permutation`, `kernel` and `leverage`, gradients for
`expected_gradients` and `smoothgrad`. The error is relative to the root mean square of the true
values, and each method has its own: Shapley values for the first three.

## How the intervals are made

- A draw is an estimate of its own: every background row with stratified t (`expected_gradients`),
  an order and its reverse for each background row (`permutation`), paired coalitions and a
  correction that makes them unbiased (`kernel`, `leverage`), a noisy copy (`smoothgrad`). Draws are
  independent, whatever happens inside one; the standard error is their spread over √draws.
- Intervals are Student's, with draws − 1 degrees of freedom: with two draws they are 12.7
  standard errors wide to either side, and still honest.
- With `tolerance=`, eight draws say how many are needed and are thrown away. Stopping as soon as
  an interval looks narrow enough would keep the runs whose spread is underestimated.
- Intervals are conditional on the background. Another background is another question.
- Where a value comes from rare events, few draws may have met none of them, and no interval made
  of those draws can know: `conjunction` is built so, since a player's change is nearly always 0 in
  a random order. `permutation` falls short of the aim there, but for tolerances, and so does
  `smoothgrad`, whose gradients are nearly 0 but for rare copies. A larger background and more
  draws help `permutation`; `kernel`, `leverage` and `exact` don't need them.
- `hybrid` enumerates small games and samples the others in the orders of `permutation`: on a
  network that can't be taken apart (the first three) it *is* `permutation`. Its standard errors
  cover what was sampled, and are 0 where nothing was.
"""


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs, only printed")
    quick = parser.parse_args().quick
    runs = 100 if quick else 1000
    cases = [
        case(build, 100_000 if quick else 2_000_000) for build in (curved, kinked, conjunction)
    ]
    cases.append(games_case())
    parts = []
    for one in cases:
        lines = [f"### {one.name}", "", str(BUILDERS[one.name].__doc__), "", *table(one, runs)]
        print("\n".join(lines), "\n", flush=True)
        parts.append("\n".join(lines))
    if quick:
        return
    text = PAGE.format(inputs=INPUTS, samples=SAMPLES, background=BACKGROUND, runs=runs,
                       few=runs // 4, tables="\n\n".join(parts))  # fmt: skip
    (DOCS / "sampling.md").write_text(text, encoding="utf-8")
    with styled():
        save(drawing(cases[:-1], runs), DOCS / "sampling.svg")


BUILDERS = {build.__name__: build for build in (curved, kinked, conjunction, sparse)}

if __name__ == "__main__":
    main()
