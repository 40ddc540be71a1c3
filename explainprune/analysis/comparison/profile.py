"""The verb `explain`: one model by itself → Profile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.compare import compared
from explainprune.analysis.comparison.differing import sample_of
from explainprune.analysis.comparison.measuring import Measured
from explainprune.analysis.comparison.settings import PRIMARY
from explainprune.analysis.comparison.steps import Progress
from explainprune.analysis.comparison.subjects import DENSE_PREDICTION
from explainprune.analysis.detail.pair_detail import pair_detail
from explainprune.analysis.metrics.behaviour.ece import confidence
from explainprune.analysis.metrics.behaviour.prediction import as_labels, predicted
from explainprune.analysis.verdict.wording import count, interval, number, percent
from explainprune.network import Model, Network, opened
from explainprune.types import Answers, Array, Comparison, Detail, Measure, Profile, Sample

ITSELF = "itself"
EACH = 4
WRONG, UNSURE, TYPICAL = "wrong", "least sure", "typical"
LEAST, MEDIAN, MOST = "lowest prediction", "median prediction", "highest prediction"
FLOOR = "explainer_again"


def explain(
    model: Model | Network,
    data: Any,
    *,
    methods: Sequence[Any] | None = None,
    metrics: Sequence[Any] | None = None,
    target: str | int = DENSE_PREDICTION,
    background: Any = 20,
    backgrounds: int = 6,
    players: Any = None,
    clusters: Any = None,
    copies: str = "clustered",
    effort: int | None = None,
    rows: int | None = None,
    k: int | None = None,
    criterion: Any = "activation",
    name: str = "model",
    seed: int = 0,
    progress: Progress | None = None,
) -> Profile:
    """Say what one model's answers rest on, and how far that can be trusted.

    What `compare` measures of the dense model, without another: features with intervals over rows,
    neurons, single rows, scores; how far explanations move by other background rows, by the
    explainer's own draws and by weights that learned nothing; how faithful and how short they are.

    Parameters
    ----------
    model : keras.Model, Network, path or function of rows
    data : Data, ndarray, (x, y), or whatever `load_data` takes
    target : str or int
        ``"dense prediction"``: what the model predicts; or one class for all rows.
    name : str
        What to call the model.
    methods, metrics, background, backgrounds, players, clusters, copies, effort, rows, k, \
criterion, seed, progress
        As in `compare`.

    Returns
    -------
    Profile
        Which `report` writes as a page.

    Raises
    ------
    ValueError, TypeError
        As `compare` does.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> x = np.random.default_rng(0).normal(size=(60, 4))
    >>> found = explain(FormulaNetwork(lambda x: 3 * x[:, 0] + x[:, 1], 4), x)
    >>> [row.name for row in found.detail.features if row.dense > 0.1]
    ['x0', 'x1']
    """
    model = opened(model)
    asked = dict(locals())
    for given in ("model", "data", "name"):
        asked.pop(given)
    found, case, measured = compared(
        model, model, data, names=(name, ITSELF), detail=False, **asked
    )
    detail = pair_detail(
        case.data,
        case.dense,
        case.other,
        (measured.dense.values, measured.dense.values),
        shown(case, measured),
        criterion=criterion,
        kept=None,
        seed=seed,
    )
    return _profile(found, name, detail, _floor(measured))


def shown(case: Case, found: Measured) -> tuple[Sample, ...]:
    """Choose rows worth a look: wrong ones, those least sure of, typical ones."""
    sample = sample_of(case, found)
    return tuple(
        replace(sample(row, why), moved=None, other=(), other_says="")
        for row, why in _chosen(case).items()
    )


def _chosen(case: Case) -> dict[int, str]:
    """Return rows with why each is shown; none twice."""
    outputs, chosen = case.dense.outputs, dict[int, str]()

    def take(order: Array, why: str) -> None:
        fresh = [int(row) for row in order if int(row) not in chosen]
        chosen.update(dict.fromkeys(fresh[:EACH], why))

    if case.task == "regression":
        values = outputs[:, 0]
        take(np.argsort(-values, kind="stable"), MOST)
        take(np.argsort(values, kind="stable"), LEAST)
        take(np.argsort(np.abs(values - np.median(values)), kind="stable"), MEDIAN)
        return chosen
    sure = confidence(case.dense.logits)
    if case.data.y is not None:
        wrong = predicted(outputs) != as_labels(case.data.y, outputs)
        order = np.argsort(-sure, kind="stable")  # those it was surest of first
        take(order[wrong[order]], WRONG)
    take(np.argsort(sure, kind="stable"), UNSURE)
    take(np.argsort(np.abs(sure - np.median(sure)), kind="stable"), TYPICAL)
    return chosen


def _floor(found: Measured) -> dict[str, Measure]:
    """Return how far the explainer's own draws move an explanation, where it draws."""
    floor = found.look.floor
    return {} if floor is None else {FLOOR: floor.measure()}


def _profile(found: Comparison, name: str, detail: Detail, floor: dict[str, Measure]) -> Profile:
    """Keep of a model's comparison with itself what is about one model."""
    prefix = f"{name}|"
    marks = floor | {
        pair.removeprefix(prefix): figures[PRIMARY]
        for pair, figures in found.comparisons.items()
        if pair.startswith(prefix) and pair != f"{prefix}{ITSELF}" and PRIMARY in figures
    }
    answers = found.answers
    return Profile(
        sentence=_sentence(found, name, marks),
        name=name,
        models={key: row for key, row in found.models.items() if key != ITSELF},
        marks=marks,
        metrics=found.metrics,
        answers=Answers(
            classes=answers.classes,
            rows=answers.rows,
            confusion=_of(answers.confusion, name),
            reliability=_of(answers.reliability, name),
        ),
        detail=replace(
            detail,
            drawings=_of(detail.drawings, name),
            units=tuple(replace(unit, after=None, rank_after=None) for unit in detail.units),
            features=tuple(
                replace(row, change=None, change_interval=None) for row in detail.features
            ),
            rescaling=None,
            rewired=(),
        ),
        provenance=_facts(found),
        notes=tuple(_of_one(found.notes)),
    )


ABOUT_TWO = ("margins", "identical_models")
"""What a comparison's provenance says of verdicts alone."""


def _facts(found: Comparison) -> dict[str, Any]:
    """Return a comparison's provenance without what it says of two models."""
    facts = {key: value for key, value in found.provenance.items() if key not in ABOUT_TWO}
    return facts | {"target": str(facts["target"]).replace("dense ", "")}


def _of_one(notes: Sequence[str]) -> Iterator[str]:
    """Leave out of notes what they say of another model."""
    for note in notes:
        if note.startswith(f"The {ITSELF} model"):
            continue
        before, without, _ = note.partition(": there is no accuracy")
        yield f"{before}{without}." if without else note


def _of(by_model: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: part for key, part in by_model.items() if key == name}


def _sentence(found: Comparison, name: str, marks: dict[str, Measure]) -> str:
    """Say how many features carry an explanation, and what moves it."""
    rows = found.provenance["rows"]
    own = found.models[name].slices.get("all rows", {}).get("effective_features")
    said = [f"On {count(rows, 'row')}"]
    if own is not None and own.value is not None:
        ends = f" (interval {number(own.low)}–{number(own.high)})" if own.interval else ""  # type: ignore[arg-type]
        said[0] += f", an explanation rests on {number(own.value)} features{ends}."
    else:
        said[0] += ", explanations are all zero."
    return " ".join([*said, *_moves(marks)])


def _moves(marks: dict[str, Measure]) -> list[str]:
    """Say how far other background rows and random weights move an explanation."""
    words: dict[str, str] = {
        "redrawn_background": "Other background rows move {} of the reasons' weight",
        "random_weights": "weights that learned nothing move {}",
    }
    known = {arm: marks[arm] for arm in words if arm in marks and marks[arm].value is not None}
    parts = [
        words[arm].format(f"{percent(found.value)} % ({interval(found)})")  # type: ignore[arg-type]
        for arm, found in known.items()
    ]
    return [f"{'; '.join(parts)}."] if parts else []
