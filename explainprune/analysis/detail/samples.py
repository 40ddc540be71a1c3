"""Rows worth a look: typical ones, the most changed, and those whose prediction flipped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from explainprune.analysis.comparison.slices import class_name, labels_of
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.detail.kinds import drawn_whole
from explainprune.analysis.metrics.behaviour.prediction import log_probabilities
from explainprune.types import Array, Data, Sample
from explainprune.types.known import Column

EACH = 4
TYPICAL, CHANGED, FLIPPED = "typical", "most changed", "prediction flipped"

SampleOf = Callable[[int, str], Sample]


def samples(moved: Array, flipped: Array, sample: SampleOf) -> tuple[Sample, ...]:
    """Choose up to twelve rows and say why each is shown.

    Parameters
    ----------
    moved : ndarray (n,)
        Moved weight of each row.
    flipped : ndarray of bool (n,)
        Rows for which the models say different classes.
    sample : callable
        ``sample(row, why)``: see `sampling`.
    """
    return tuple(sample(i, why) for i, why in _chosen(moved, flipped))


def sampling(
    data: Data,
    dense: Subject,
    other: Subject,
    values: tuple[Array, Array],
    moved: Array,
    task: str,
    row_numbers: Array,
    columns: Sequence[Column] = (),
) -> SampleOf:
    """Return the function that makes one row's sample: ``sample(row, why)``.

    Parameters
    ----------
    values : (ndarray (n, p), ndarray (n, p))
        Attributions of both models.
    moved : ndarray (n,)
        Moved weight of each row.
    row_numbers : ndarray of int (n,)
        Which row of the data each one is.
    columns : sequence of Column
        The inputs as the user knows them, one for each value; empty where nothing more is known.
    """
    shown = inputs_by_player(data, dense.x, values[0].shape[1])
    says = [_says(data, s, task) for s in (dense, other)]
    truth = _truth(data, dense, task)
    whole = drawn_whole(data)
    named = any(column.categories for column in columns) or bool(data.scored.raw)

    def sample(i: int, why: str) -> Sample:
        return Sample(
            row=int(row_numbers[i]),
            x=_numbers(shown[i]),
            dense=_numbers(values[0][i]),
            other=_numbers(values[1][i]),
            label=truth[i],
            dense_says=says[0][i],
            other_says=says[1][i],
            moved=None if np.isnan(moved[i]) else float(moved[i]),
            why=why,
            said=tuple(column.said(i) for column in columns) if named else (),
            whole=_numbers(dense.x[i]) if whole else (),
        )

    return sample


def _chosen(moved: Array, flipped: Array) -> list[tuple[int, str]]:
    """Pick rows without taking one twice: flipped first, then most changed, then typical."""
    known = np.flatnonzero(~np.isnan(moved))
    chosen: dict[int, str] = {int(i): FLIPPED for i in np.flatnonzero(flipped)[:EACH]}
    for order, why in (
        (known[np.argsort(-moved[known], kind="stable")], CHANGED),
        (_typical(moved, known), TYPICAL),
    ):
        fresh = [int(i) for i in order if int(i) not in chosen]
        chosen |= dict.fromkeys(fresh[:EACH], why)
    rank = {TYPICAL: 0, CHANGED: 1, FLIPPED: 2}
    return sorted(chosen.items(), key=lambda item: rank[item[1]])


def _typical(moved: Array, known: Array) -> Array:
    """Order rows by how near their moved weight is to the median."""
    if not len(known):
        return known
    distance = np.abs(moved[known] - np.median(moved[known]))
    return known[np.argsort(distance, kind="stable")]


def flipped(dense: Subject, other: Subject, task: str) -> Array:
    """Say for which rows the two name different classes."""
    if task == "regression":
        return np.zeros(len(dense.outputs), dtype=bool)
    return np.asarray(dense.classes != other.classes)


def _says(data: Data, subject: Subject, task: str) -> list[str]:
    """Write each prediction: a class with its probability, or numbers."""
    if task == "regression":
        return [", ".join(f"{value:.4g}" for value in row) for row in subject.outputs]
    chances = np.exp(log_probabilities(subject.logits))
    return [
        f"{class_name(data, int(c))} ({chances[i, c]:.0%})" for i, c in enumerate(subject.classes)
    ]


def _truth(data: Data, dense: Subject, task: str) -> Sequence[str]:
    if data.y is None:
        return [""] * len(dense.x)
    if task == "regression":
        return [", ".join(f"{v:.4g}" for v in np.ravel(row)) for row in data.y]
    labels = labels_of(data, dense)
    return [""] * len(dense.x) if labels is None else [class_name(data, int(c)) for c in labels]


def inputs_by_player(data: Data, x: Array, p: int) -> Array:
    """Return one input for each value: of a player of several one-hot columns, which one is on.

    Of other players with several columns, their mean.
    """
    if data.players is None or p == x.shape[1]:
        return x
    owners = np.asarray(data.players)
    shown = np.zeros((len(x), p))
    for player in range(p):
        own = x[:, owners == player]
        one_hot = own.shape[1] > 1 and np.isin(own, (0, 1)).all() and (own.sum(axis=1) <= 1).all()
        shown[:, player] = own.argmax(axis=1) if one_hot else own.mean(axis=1)
    return shown


def _numbers(values: Array) -> tuple[float, ...]:
    """Round to seven digits, as much as float32 holds: the results are text."""
    return tuple(float(f"{v:.7g}") for v in values)
