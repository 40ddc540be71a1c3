"""A model against stored attributions of an earlier version: what can be known without the model.

Nothing is known of the other model's answers, of other backgrounds, or of how faithful its
explanations are: there is no accuracy, no certificate and no *clearer*, and intervals are over rows
alone. The sentences say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.comparison.agreements import measure, over_copies
from explainprune.analysis.comparison.arms import (
    Met,
    PairedExplainer,
    mark_rows,
    random_weights,
    shuffled,
    some_rows,
)
from explainprune.analysis.comparison.backgrounds import Backgrounds, index_of
from explainprune.analysis.comparison.belonging import with_clusters
from explainprune.analysis.comparison.copies import copies_of
from explainprune.analysis.comparison.growth import FLOOR_ROWS
from explainprune.analysis.comparison.model_rows import size_facts
from explainprune.analysis.comparison.provenance import versions
from explainprune.analysis.comparison.settings import PRIMARY, Settings, leading, settled
from explainprune.analysis.comparison.stored import StoredPair, check_open, matched, opened_stored
from explainprune.analysis.detail.features import feature_rows
from explainprune.analysis.detail.kinds import kind_of_rows
from explainprune.analysis.detail.names import names_of
from explainprune.analysis.intervals import crossed_mean, mapped
from explainprune.analysis.metrics.agreement.moved_weight import moved_weight
from explainprune.analysis.metrics.derived import log_ratio
from explainprune.analysis.metrics.quality.spread import effective_features
from explainprune.analysis.protocol import MARGINS
from explainprune.analysis.verdict import clearer, same_reasons
from explainprune.analysis.verdict.same_reasons import FEWEST_UNITS, NO_FLOOR
from explainprune.data import load_data
from explainprune.network import opened
from explainprune.network.failing import in_words
from explainprune.types import Array, Comparison, Detail, Measure, Metric, ModelRow, Verdict

SHARE = Metric("share", bounds=(0.0, 1.0))
UNKNOWN = (
    "Whether the {name} model still works isn't known: stored attributions hold none of its other "
    "answers."
)
ALONE = (
    "What other background rows would move isn't in the interval: the stored attributions have one "
    "background."
)
RAW = (
    "Raw logits were explained: what moves all of them alike, which decides nothing, counts as "
    "well; attributions that are stored with output='centred' leave it out."
)


@in_words
def compare_stored(asked: Mapping[str, Any], default: Mapping[str, Any]) -> Comparison:
    """Compare a model with attributions that were stored of another.

    Parameters
    ----------
    asked, default : mapping
        What `compare` was given, and what it takes where nothing is said.

    Raises
    ------
    ValueError
        If rows, outputs, method, players or background can't be the same, or anything was asked
        for that needs the other model.
    """
    check_open(asked, default)
    given, stored = SimpleNamespace(**asked), opened_stored(asked["other"])
    settings = settled(
        names=given.names,
        methods=(stored.method,),
        metrics=None,
        margins={name: asked[name] for name in MARGINS},
        arms=(),
        k=given.k,
        effort=None,
        copies=given.copies,
        seed=given.seed,
    )
    dense = opened(given.dense)
    data = with_clusters(load_data(given.data, model=dense), given.clusters)
    pair = matched(dense, settings.names[0], stored, data, settings.copies)
    name, other = settings.names
    values = moved_weight(pair.ours, pair.theirs)
    marks = dict(_marks(pair, settings))
    facts, note = size_facts(pair.dense, data, None)
    rows = len(pair.units)
    return Comparison(
        verdict=_reasons(pair, settings, values, marks),
        clarity=_clarity(pair, settings),
        models={
            name: ModelRow(name, n=rows, note=note, **facts),
            other: ModelRow(other, n=rows, note="Stored attributions: its size isn't known."),
        },
        comparisons={
            f"{name}|{other}": _agreement(pair, settings, values),
            **{f"{name}|{arm}": {PRIMARY: found} for arm, found in marks.items()},
        },
        metrics=settings.said,
        detail=_detail(pair, settings) if given.detail else Detail(),
        provenance=_provenance(pair, settings),
        notes=tuple(dict.fromkeys((ALONE, UNKNOWN.format(name=other), *stored.notes))),
    )


def _reasons(
    pair: StoredPair, settings: Settings, values: Array, marks: Mapping[str, Measure]
) -> Verdict:
    """Judge by a margin, as of two models that are there."""
    known, mark = np.flatnonzero(~np.isnan(values)), marks["random_weights"]
    if not len(known):
        none = Measure(None, None, 0, "samples", "neither side has a reason in any row")
        return same_reasons(none, margin=settings.margin, marks=marks)
    spread, doubts = crossed_mean(values[None], pair.units), []
    if mark.low is None or mark.low <= settings.margin:
        doubts.append("These explanations aren't shown to tell a change: random weights move less.")
    few = pair.units.take(known).count < FEWEST_UNITS
    remarks = [f"Attributions that were stored stand for the {settings.names[1]} model. {ALONE}"]
    if pair.stored.output_kind == "logit" and pair.dense.network.n_outputs > 1:
        remarks.append(RAW)
    return same_reasons(
        spread.measure(),
        margin=settings.margin,
        floor=_floor(pair, settings),
        spread=spread,
        obstacles=[f"A verdict needs {FEWEST_UNITS} rows at least."] if few else (),
        doubts=doubts,
        marks=marks,
        remarks=remarks,
    )


def _explainer(pair: StoredPair, seed: int) -> PairedExplainer:
    """Return what explains models as the stored attributions were, with draws of its own."""
    return PairedExplainer(
        METHODS[pair.stored.method],
        pair.data.x,
        Backgrounds(lambda number: pair.background, len(pair.background), 1, "stored"),
        np.asarray(pair.stored.targets),
        pair.data.players,
        seed,
        lambda rows: np.asarray(rows),
        options=pair.own,
    )


def _floor(pair: StoredPair, settings: Settings) -> Measure:
    """Explain the model again with other draws: what moves is the explainer's noise."""
    explain = _explainer(pair, index_of(settings.seed, "floor of stored"))
    if not explain.sampled:
        return NO_FLOOR
    index = some_rows(len(pair.ours), FLOOR_ROWS[0], settings.seed, "floor")
    values = moved_weight(pair.ours[index], explain(pair.dense, index).values)
    return crossed_mean(values[None], pair.units.take(index)).measure()


def _marks(pair: StoredPair, settings: Settings) -> Iterator[tuple[str, Measure]]:
    """Yield what sets the scale: weights drawn anew, and other rows' explanations."""
    index, explain = mark_rows(len(pair.ours), settings.seed), _explainer(pair, settings.seed)
    copies = copies_of(pair.dense, pair.dense, pair.data.x, settings.seed)
    each = [
        float(np.nanmean(moved_weight(pair.ours[met.index], met.values)))
        for met in random_weights(explain, copies, index)
    ]
    yield "random_weights", over_copies(SHARE, np.array(each))
    met = Met(pair.dense, np.arange(len(pair.ours)), pair.ours[None], pair.base)
    turns = [
        moved_weight(pair.ours[other.index], other.values)
        for other in shuffled(met, index, settings.seed)
    ]
    if turns:
        mean = np.mean(turns, axis=0)
        yield "shuffled_samples", crossed_mean(mean[None], pair.units.take(index)).measure()


def _agreement(pair: StoredPair, settings: Settings, values: Array) -> dict[str, Measure]:
    """Average every metric of two attributions over rows."""
    k = leading(pair.ours.shape[1], table=pair.data.image_shape is None, k=settings.k)
    found = {
        name: measure(
            settings.said[name], metric(pair.ours, pair.theirs, k=k), pair.units, seed=settings.seed
        )
        for name, metric in settings.agreement.items()
    }
    if not np.isnan(values).all():
        found[PRIMARY] = crossed_mean(values[None], pair.units).measure()
    return found


def _clarity(pair: StoredPair, settings: Settings) -> Verdict:
    """Give the figures of *clearer*; there is no verdict on a model that isn't there."""
    sides = [effective_features(values) for values in (pair.ours, pair.theirs)]
    said, other = settings.said["effective_features"], settings.names[1]
    before, after = (measure(said, side, pair.units, seed=settings.seed) for side in sides)
    logs = np.log(sides[1]) - np.log(sides[0])
    log = measure(log_ratio(pair.ours.shape[1]), logs, pair.units, seed=settings.seed)
    return clearer(
        mapped(log, lambda value: float(np.exp(value))),
        before,
        after,
        margin=settings.clarity_margin,
        name=other,
        obstacles=(UNKNOWN.format(name=other),),
    )


def _detail(pair: StoredPair, settings: Settings) -> Detail:
    names = names_of(pair.data, pair.ours.shape[1], pair.dense.network)
    return Detail(
        features=feature_rows(pair.ours, pair.theirs, names, seed=settings.seed),
        feature_names=names,
        **kind_of_rows(pair.data, pair.dense),
    )


def _provenance(pair: StoredPair, settings: Settings) -> dict[str, Any]:
    return {
        "data": pair.data.name,
        "rows": len(pair.ours),
        "task": pair.data.task,
        "methods": [pair.stored.method],
        "output": pair.stored.output_kind,
        "target": f"as stored of the {settings.names[1]} model",
        "background_rows": len(pair.background),
        "background": "that of the stored attributions",
        "background_sha256": pair.stored.options["background_sha256"],
        "backgrounds": 1,
        "units": pair.units.count,
        "margins": {"same_reasons": settings.margin, "clarity": settings.clarity_margin},
        "seed": settings.seed,
        "versions": versions(),
    }
