"""The verb `shapes`: a network of one or two features a unit, drawn as the sum that it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explainprune.analysis.attribution.games.hidden import cutter_of
from explainprune.analysis.attribution.reading.background import background_for
from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.attribution.reading.views import network_for
from explainprune.analysis.understanding.additive import bends, terms_of, varied
from explainprune.analysis.understanding.naming import feature_names, output_names
from explainprune.data import load_data
from explainprune.data.reading import read_samples
from explainprune.network import Model, Network, chunks, opened
from explainprune.network.failing import in_words
from explainprune.types import Array
from explainprune.types.shapes import Curve, Shapes, Surface

ROWS_AT_ONCE = 8192
SPREAD = (5, 95)
"""Percentiles over the background."""

Function = Callable[[Array], Array]


@in_words
def shapes(
    model: Model,
    data: Any,
    *,
    before: Model | Network | None = None,
    background: Any = None,
    output: str = "centred",
    points: int = 65,
    seed: int = 0,
) -> Shapes:
    r"""Draw what each feature of an additive network adds, and each pair, exactly.

    .. math:: f(x) = \bar f + \sum_i m_i(x_i) + \sum_{i<j} g_{ij}(x_i, x_j), \qquad
        m_i(t) = \frac{1}{|B|} \sum_{b \in B} f(t, b_{-i}) - \bar f

    with B the background, :math:`\bar f` the mean output of its rows and g what a pair adds beyond
    both. A network whose units read one feature each (``granularity="fan_in:1"`` on its hidden
    layer) is a generalised additive model; with two, one with pairs. A feature's interventional
    Shapley value is then :math:`m_i(x_i) + \tfrac12 \sum_j g_{ij}(x_i, x_j)`.

    A feature that is in no pair, behind rectifiers alone, has a curve that is straight between
    its points: these are where it bends. Other curves and all surfaces are exact at their points,
    and not said between them.

    Parameters
    ----------
    model : keras.Model
        Pruned, or built to be additive.
    data : Data, array, dict, or pair (x, y)
        Points span its scored rows and the background.
    before : keras.Model or Network, optional
        The model before pruning: the same mean over the background, with what the background
        spreads, for every feature that `model` still reads. It is no function of the feature
        where these lie apart.
    background : as `attribute` takes it, optional
        None: the data's own, else 100 of the rows it may learn from.
    output : {"centred", "logit"}
        What is drawn.
    points : int
        Points of curves that aren't straight between bends; surfaces have half as many each way.
    seed : int
        Of the background drawn.

    Returns
    -------
    Shapes

    Raises
    ------
    ValueError
        If an output isn't such a sum (the units that read more than two features are named), or
        the network can't be taken apart.

    References
    ----------
    Hastie and Tibshirani (1986), doi:10.1214/ss/1177013604. Pairs: Lou et al. (2013),
    doi:10.1145/2487575.2487579. Networks built so: Agarwal et al. (2021), arXiv:2004.13912.

    Examples
    --------
    >>> from explainprune.network import apply_masks, perceptron
    >>> masks = {"hidden_1/kernel": np.eye(2, 4, dtype=bool)}
    >>> additive = apply_masks(perceptron(2, 1, hidden=(4,)), masks)
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> found = shapes(additive, x)
    >>> found, np.abs(found(x) - additive(x)).max() < 1e-6
    (Shapes(2 features, 1 outputs), np.True_)
    """
    if points < 2:
        raise ValueError(f"A curve has at least two points. Received: points={points}.")
    model = opened(model)
    read = load_data(data, model=model)
    samples = read_samples(model, read)
    network = network_for(model, None, output, samples.x, None)
    rows = _flat(network, background_for(network, background, samples, seed), "background")
    x = _flat(network, samples.x, "x")
    try:
        terms = cutter_of(network, np.arange(network.n_inputs), x).terms
    except ValueError as reason:
        raise ValueError(f"This network can't be taken apart: {reason}.") from None
    names = feature_names(samples, network.n_inputs)
    features, pairs = terms_of(terms.network, terms.reach, names)
    box = np.minimum(x.min(axis=0), rows.min(axis=0)), np.maximum(x.max(axis=0), rows.max(axis=0))
    run, paired = in_parts(terms.network.outputs), {i for pair in pairs for i in pair}
    curves = []
    for feature in features:
        ends = float(box[0][feature]), float(box[1][feature])
        at, straight = bends(terms.network, terms.reach, feature, rows[0], ends)
        alone = feature not in paired
        if not alone or not straight:
            at = np.union1d(at, np.linspace(*ends, points))
        curves.append(_curve(run, rows, feature, names, at, alone, alone and straight))
    grid = [
        np.unique(np.linspace(box[0][i], box[1][i], -(-points // 2))) for i in range(len(names))
    ]
    surfaces = [_surface(run, rows, pair, names, grid) for pair in pairs]
    return Shapes(
        run(rows).mean(axis=0),
        _by_weight(curves),
        tuple(sorted(surfaces, key=lambda each: -float(each.weight.sum()))),
        _by_weight(_before(before, output, samples, rows, features, names, box, points)),
        output_names(network, read.class_names),
        output,
        ("Interventional: points may lie off the data's manifold.",),
    )


def _before(
    model: Any, output: str, samples: Any, rows: Array, features: Sequence[int],
    names: Sequence[str], box: tuple[Array, Array], points: int,
) -> list[Curve]:  # fmt: skip
    """Draw the same features of any model, each row of the background by itself."""
    if model is None:
        return []
    network = network_for(opened(model), None, output, samples.x, None)
    if network.n_inputs != rows.shape[1]:
        raise ValueError(
            f"The model before reads {network.n_inputs} features, this one {rows.shape[1]}."
        )
    run = in_parts(lambda x: np.asarray(network.outputs(x), np.float64))
    lines = [np.unique(np.linspace(box[0][i], box[1][i], points)) for i in features]
    return [
        _curve(run, rows, feature, names, line, False, False)
        for feature, line in zip(features, lines, strict=True)
    ]


def _curve(
    run: Function, rows: Array, feature: int, names: Sequence[str], points: Array,
    alone: bool, everywhere: bool,
) -> Curve:  # fmt: skip
    """Draw one feature; a single row stands for all where the others don't matter."""
    others = rows[:1] if alone else rows
    own = rows[:, feature]
    at_points = np.stack([run(varied(row, feature, points)) for row in others])
    at_rows = np.stack([run(varied(row, feature, own)) for row in others])
    base = at_rows.mean(axis=(0, 1)) if alone else run(rows).mean(axis=0)
    values = at_points.mean(axis=0) - base
    # Each row's curve laid to its own mean over the feature's values: what is left is its form.
    laid = at_points - at_rows.mean(axis=1, keepdims=True)
    apart = laid - laid.mean(axis=0)
    low, high = values + np.percentile(apart, SPREAD, axis=0)
    weight = np.abs(at_rows.mean(axis=0) - base).mean(axis=0)
    return Curve(
        feature, names[feature], points, values, low, high, own, weight, everywhere=everywhere
    )


def _surface(
    run: Function, rows: Array, pair: tuple[int, int], names: Sequence[str], grid: Sequence[Array]
) -> Surface:
    """Draw what a pair adds beyond both: every other term cancels, whichever row holds it still."""
    i, j = pair

    def at(first: Array, second: Array) -> Array:
        """Evaluate all combinations: (first, second, outputs)."""
        held = np.tile(rows[0], (len(first) * len(second), 1))
        held[:, i], held[:, j] = np.repeat(first, len(second)), np.tile(second, len(first))
        return run(held).reshape(len(first), len(second), -1)

    square = at(rows[:, i], rows[:, j])
    every = np.arange(len(rows))
    own = square[every, every]
    own = own - square.mean(axis=1) - square.mean(axis=0) + own.mean(axis=0)
    values = (
        at(grid[i], grid[j])
        - at(grid[i], rows[:, j]).mean(axis=1, keepdims=True)
        - at(rows[:, i], grid[j]).mean(axis=0, keepdims=True)
        + square[every, every].mean(axis=0)
    )
    weight = np.abs(own).mean(axis=0)
    return Surface(pair, (names[i], names[j]), (grid[i], grid[j]), values, weight)


def _by_weight(curves: list[Curve]) -> tuple[Curve, ...]:
    return tuple(sorted(curves, key=lambda curve: -float(curve.weight.sum())))


def in_parts(function: Function) -> Function:
    """Run many rows some at a time."""

    def run(x: Array) -> Array:
        return np.concatenate([function(x[part]) for part in chunks(len(x), 1, ROWS_AT_ONCE)])

    return run


def _flat(network: Network, x: Any, what: str) -> Array:
    return np.asarray(pack(network, x, what), np.float64)
