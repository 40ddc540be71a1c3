"""What `deep_shap` and shap's DeepExplainer make of each kind of layer, in one run.

Each tiny model (at most 12 inputs) is drawn anew a few times. Both explain the same rows against
the same background; what they say is held against Shapley values by full enumeration. The table
goes into docs/deep_shap.md, all figures into docs/deep_shap.csv.

    python benchmarks/deep_shap_layers.py                 about 20 minutes; a run that
                                                          was cut off goes on where it stopped
    python benchmarks/deep_shap_layers.py GRU LSTM        some layers, only printed
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "cases"))

from _enumeration import as_function, enumerated, flat  # noqa: E402
from _page import DOCS, figure, per_cent, put, table  # noqa: E402
from tiny_draws import inputs_of, redrawn  # noqa: E402
from tiny_models import TINY  # noqa: E402

from explainprune.analysis.attribution.explainer import explainer_for  # noqa: E402
from explainprune.analysis.attribution.shap_runs import quiet  # noqa: E402
from explainprune.data.reading import read_samples  # noqa: E402
from explainprune.network import untouched_gradients  # noqa: E402

Array = Any
DRAWS, SAMPLES, BACKGROUND = 5, 3, 4
ADDS_UP = 1e-3
RESULTS = Path(tempfile.gettempdir()) / "deep_shap_layers.jsonl"
HEADING = "Layers: ours, and shap's DeepExplainer"


@dataclass
class Outcome:
    """What one explainer made of a layer: a figure for each draw, or the error it raised."""

    residuals: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    raised: str = ""

    def add(self, values: Array, moved: Array, exact: Array) -> None:
        """Note how far values (n, d, K) are from adding up to `moved`, and from the exact ones."""
        gap = np.abs(values.sum(axis=1) - moved).max()
        self.residuals.append(float(gap / np.abs(moved).max()))
        self.errors.append(float(np.linalg.norm(values - exact) / np.linalg.norm(exact)))


@dataclass
class Case:
    """A layer's row of the table."""

    kind: str
    layer: str
    inputs: int = 0
    ours: Outcome = field(default_factory=Outcome)
    shap: Outcome = field(default_factory=Outcome)
    fallback: Outcome = field(default_factory=Outcome)
    notes: list[str] = field(default_factory=list)
    apart: list[float] = field(default_factory=list)


def part(rows: Any, which: slice) -> Any:
    """Take some of the rows of every input."""
    return {k: v[which] for k, v in rows.items()} if isinstance(rows, dict) else rows[which]


def laid_flat(values: Any, outputs: int) -> Array:
    """Lay values of whatever shape, a list or dict of inputs too, out as (n, d, outputs)."""
    parts = values.values() if isinstance(values, dict) else values
    if not isinstance(values, (dict, list)):
        parts = [values]
    shaped = [np.asarray(each) for each in parts]
    return np.concatenate([each.reshape(len(each), -1, outputs) for each in shaped], axis=1)


class Shaps:
    """shap's DeepExplainer on the model as it is, unable to disturb what comes after."""

    def __init__(self, model: Any, x: Any, background: Any) -> None:
        rows = [list(each.values()) if isinstance(each, dict) else each for each in (x, background)]
        self.x, self.model, self.background = rows[0], model, rows[1]
        self.explainer: Any = None

    def values(self) -> Any:
        import shap

        with quiet(), untouched_gradients():
            if self.explainer is None:
                self.explainer = shap.DeepExplainer(self.model, self.background)
            return self.explainer.shap_values(self.x, check_additivity=False)


class Ours:
    """`deep_shap` of what the model outputs: a final softmax is not looked through."""

    def __init__(self, model: Any, x: Any, background: Any, **options: Any) -> None:
        last = getattr(model.layers[-1], "activation", None)
        softmax = getattr(last, "__name__", "") == "softmax"
        self.samples = read_samples(model, x)
        self.explainer = explainer_for(
            model, self.samples, background=background, method="deep_shap", target="all",
            output="probability" if softmax else "logit", players=None, batch_size=None, seed=0,
            options=options,
        )  # fmt: skip

    def values(self) -> Any:
        self.found = self.explainer.explain(self.samples)
        return self.found.values


def one_line(error: Exception) -> str:
    """Cut an error down to its kind and its last line: what TensorFlow says stands there."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = " ".join((lines or ["no message"])[-1].split())
    said = said if len(said) <= 90 else said[:87] + "..."
    return f"{type(error).__name__}: {said}".replace("|", "/")


def measured(kind: str, layer: str, draws: int = DRAWS) -> Case:
    """Explain a layer's model by both and by enumeration, with new weights for each draw.

    Both trace the model once: they share its variables.
    """
    case = Case(kind, layer)
    model = redrawn(TINY[kind][layer](), 0)
    rows = inputs_of(model, np.random.default_rng(7), SAMPLES + BACKGROUND)
    x, background = part(rows, slice(SAMPLES)), part(rows, slice(SAMPLES, None))
    function = as_function(model, rows)
    case.inputs = flat(rows).shape[1]
    explainers = {}
    for name, make in (("ours", Ours), ("shap", Shaps)):
        with noted(case, name):
            explainers[name] = make(model, x, background)
            explainers[name].values()
    if case.ours.raised:
        explainers["fallback"] = Ours(model, x, background, fallback="gradient")
    for draw in range(draws):
        redrawn(model, draw)
        moved = function(flat(x)) - function(flat(background)).mean(axis=0, dtype=float)
        exact = enumerated(function, flat(x), flat(background))
        found = {}
        for name, explainer in explainers.items():
            outcome = getattr(case, name)
            if outcome.raised:
                continue
            with noted(case, name):
                found[name] = laid_flat(explainer.values(), moved.shape[1])
                outcome.add(found[name], moved, exact)
        if {"ours", "shap"} <= set(found):
            apart = np.abs(found["ours"] - found["shap"]).max() / np.abs(found["shap"]).max()
            case.apart.append(float(apart))
    if "fallback" in explainers:
        case.notes = [note for note in explainers["fallback"].found.notes if "rule" in note]
    return case


@contextmanager
def noted(case: Case, name: str) -> Iterator[None]:
    """Note the error that an explainer raises: shap fails with whatever is at hand."""
    try:
        yield
    except Exception as error:
        getattr(case, name).raised = one_line(error)


def said_of(outcome: Outcome) -> tuple[str, str]:
    """Word an outcome: does it add up, and how far is it from the Shapley values?"""
    if outcome.raised:
        return outcome.raised, ""
    worst = max(outcome.residuals)
    label = "ok" if worst <= ADDS_UP else "**wrong**"
    return f"{label}, {figure(worst)}", per_cent(outcome.errors)


def row_of(case: Case) -> list[str]:
    """One line of the page's table."""
    theirs, their_error = said_of(case.shap)
    ours, our_error = said_of(case.ours)
    apart = figure(max(case.apart)) if case.apart else ""
    return [case.layer, str(case.inputs), ours, our_error, theirs, their_error, apart]


COLUMNS = ["layer", "inputs", "ours: residual", "error, %", "shap: residual", "error, %", "apart"]


def page_of(cases: list[Case]) -> str:
    """Write the section: what it shows, and a table for each kind of layer."""
    ours, theirs = ([c.ours for c in cases], [c.shap for c in cases])
    worked = [o for o in ours if not o.raised]
    right = [o for o in theirs if not o.raised and max(o.residuals) <= ADDS_UP]
    apart = [
        c.layer
        for c in cases
        if c.apart and max(c.apart) > 1e-5 and max(c.shap.residuals) <= ADDS_UP
    ]
    wrong = sum(not o.raised for o in theirs) - len(right)
    paragraphs = [
        f"{len(cases)} tiny models, each drawn anew {DRAWS} times; {SAMPLES} samples, {BACKGROUND} "
        f"background rows. Made by `python benchmarks/deep_shap_layers.py`; figures in "
        "[deep_shap.csv](deep_shap.csv).",
        "",
        f"Ours: {len(worked)} of {len(cases)}, the largest residual "
        f"{figure(max(max(o.residuals) for o in worked))}. shap {version('shap')}: "
        f"{len(right)} add up, {wrong} don't without an error, "
        f"{sum(bool(o.raised) for o in theirs)} raise one. Where shap adds up, values are equal "
        f"within 1e-5 but for {', '.join(apart)}: see below which rule is nearer, and by how much.",
        "",
        "*Residual*: the largest gap between output and base + sum of values, over draws, as a "
        "share of the largest output − base. *Error*: the distance from Shapley values by full "
        "enumeration, relative, mean over draws ± its standard error; DeepLIFT's rule is another "
        "quantity than the Shapley value, so that this isn't 0 for either. *Apart*: the largest "
        "difference between both, as a share of the largest value. shap runs with its own check "
        "off, to see what it would say.",
    ]
    lines = [textwrap.fill(text, 100, break_on_hyphens=False) for text in paragraphs]
    for kind in TINY:
        rows = [row_of(case) for case in cases if case.kind == kind]
        lines += ["", f"### {kind.capitalize()}", "", table(COLUMNS, rows)]
    lines += ["", '### Without a rule, with `fallback="gradient"`', ""]
    rows = [[c.layer, *said_of(c.fallback), " ".join(c.notes)] for c in cases if c.notes]
    lines.append(table(["layer", "residual", "error, %", "note of the result"], rows))
    return "\n".join(lines)


def version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def write_csv(cases: list[Case]) -> None:
    """Write one line for each layer, explainer and draw."""
    with (DOCS / "deep_shap.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["kind", "layer", "inputs", "explainer", "draw", "residual", "error"])
        for case in cases:
            for name, outcome in (("ours", case.ours), ("shap", case.shap)):
                start = [case.kind, case.layer, case.inputs, name]
                figures = zip(outcome.residuals, outcome.errors, strict=True)
                for draw, pair in enumerate(figures):
                    writer.writerow([*start, draw, *(f"{each:.3g}" for each in pair)])
                if outcome.raised:
                    writer.writerow([*start, "", "", outcome.raised])


def known() -> dict[str, Case]:
    """Read what an earlier run that was cut off has measured."""
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    found = {}
    for line in lines:
        read = json.loads(line)
        outcomes = {name: Outcome(**read.pop(name)) for name in ("ours", "shap", "fallback")}
        found[read["layer"]] = Case(**read, **outcomes)
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    wanted, cases = sys.argv[1:], known()
    if wanted:
        cases = {}
    for kind, models in TINY.items():
        for layer in models:
            if layer in cases or (wanted and layer not in wanted):
                continue
            cases[layer] = measured(kind, layer)
            print(" | ".join(row_of(cases[layer])), flush=True)
            if not wanted:
                with RESULTS.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(cases[layer])) + "\n")
    if not wanted:
        ordered = [cases[layer] for models in TINY.values() for layer in models]
        write_csv(ordered)
        put(DOCS / "deep_shap.md", HEADING, page_of(ordered))
        RESULTS.unlink()


if __name__ == "__main__":
    main()
