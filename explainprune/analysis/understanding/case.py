"""What a circuit is searched in: a network by its connections, and rows of two sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune import network as networks
from explainprune.analysis.attribution.games.hidden import HELD
from explainprune.analysis.attribution.reading.background import background_for
from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.understanding.edges import Wired, wired
from explainprune.analysis.understanding.naming import feature_names, output_names
from explainprune.data import load_data
from explainprune.data.reading import read_samples
from explainprune.lookup import unknown
from explainprune.network import Model, opened
from explainprune.network.tracing.same import check_same
from explainprune.types import Array, Data


@dataclass(frozen=True, eq=False)
class Case:
    """What is searched: a network by its connections, and rows.

    Attributes
    ----------
    model : keras.Model
    wired : Wired
    x, scored, rows : ndarray
        Flat: searched on, scored, and the background.
    y : ndarray of int
        The class of each row that is searched on.
    y_scored : ndarray of int or None
    names, outputs : tuple of str
    """

    model: Model
    wired: Wired
    x: Array
    y: Array
    scored: Array
    y_scored: Array | None
    rows: Array
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...]


def case_of(model: Any, data: Any, background: Any, most: int, seed: int) -> Case:
    """Read the model and its rows."""
    model = opened(model)
    read = load_data(data, model=model)
    if read.task == "regression":
        raise ValueError("A circuit is of a class; these labels are numbers.")
    samples = read_samples(model, read)
    whole = networks.as_network(model)
    rows = _flat(whole, background_for(model, background, samples, seed), "background")
    scored = _flat(whole, samples.x, "data")
    try:
        unrolled = networks.unroll(model)
        check_same(unrolled.outputs(scored[:HELD]), whole.outputs(scored[:HELD]), "the network")
    except ValueError as reason:
        raise ValueError(f"This network can't be taken apart: {reason}.") from None
    learn = read.learnable
    picked = np.arange(len(learn))
    if len(learn) > most:
        picked = np.sort(stream(seed, "rows").choice(len(learn), most, replace=False))
    learn = learn.take(picked)
    x = _flat(whole, learn.x, "data")
    notes: tuple[str, ...] = ()
    if learn.y is None:
        notes = ("Without labels, the classes are the model's own predictions.",)
    y = predicted(unrolled.outputs(x)) if learn.y is None else np.asarray(learn.y, int)
    apart = read.train is not None and read.scored.y is not None
    classes = _classes(read, unrolled.output.width)
    return Case(
        model, wired(unrolled, rows), x, y, scored,
        np.asarray(read.scored.y, int) if apart else None, rows,
        feature_names(samples, len(rows[0])), output_names(whole, read.class_names), classes, notes,
    )  # fmt: skip


def _classes(read: Data, width: int) -> tuple[str, ...]:
    count = max(width, 2)
    own = tuple(read.class_names or ())
    return own if len(own) == count else tuple(str(k) for k in range(count))


def index_of(case: Case, target: int | str | None) -> int:
    """Return a class's number; of two, the second where none is named."""
    count = len(case.classes)
    if target is None:
        if count == 2:
            return 1
        raise ValueError(f"Which class? target= one of {', '.join(case.classes)}.")
    if isinstance(target, str):
        if target not in case.classes:
            raise unknown("target", target, case.classes)
        return case.classes.index(target)
    if not 0 <= target < count:
        raise ValueError(f"There are {count} classes. Received: target={target}.")
    return int(target)


def predicted(outputs: Array) -> Array:
    """Return the class that logits say."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0).astype(int)
    return np.asarray(outputs.argmax(axis=1))


def _flat(network: Any, x: Any, what: str) -> Array:
    return np.asarray(pack(network, x, what), np.float64)
