"""The verb `formula`: a small network of rectifiers, written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.analysis.attribution.games.hidden import HELD
from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.understanding.naming import feature_names, output_names
from explainprune.data import load_data
from explainprune.data.reading import read_samples
from explainprune.network import Model, as_network, opened, unroll
from explainprune.network.failing import in_words
from explainprune.network.scalars.affine import INPUTS, Affine
from explainprune.network.scalars.elements import UnitLayer, Unrolled
from explainprune.network.tracing.same import check_same
from explainprune.types import Array
from explainprune.types.formula import Formula, Line, Sum, identifiers, symbol
from explainprune.types.frames import named

MOST_READ = 100_000
"""Entries beyond which a network isn't looked at."""

LIMIT = 200


@in_words
def formula(
    model: Model,
    data: Any = None,
    *,
    output: str = "logit",
    digits: int | None = None,
    limit: int = LIMIT,
) -> Formula:
    r"""Write a small network out, as text and as LaTeX.

    One line for each unit that takes part, :math:`h = \max(0, \sum_i w_i x_i + b)`, and one for
    each output. Everything affine between them (normalisation with known statistics, residual sums,
    averages) is multiplied out; what is removed or dead isn't written. Without `digits` the
    formula is the network: every number is the shortest decimal that gives the model's own back.

    Parameters
    ----------
    model : keras.Model
        Of rectifiers (ReLU, leaky and parametric ones, and what is written with them), maxima and
        minima.
    data : Data, DataFrame, or whatever `load_data` takes, optional
        Names features and classes; with `digits`, what rounding moves is measured on its rows.
    output : {"logit", "centred"}
    digits : int, optional
        Significant digits to round to: for reading, and no longer exact.
    limit : int
        Numbers beyond which it refuses: nobody reads them.

    Returns
    -------
    Formula
        ``text, latex``; called with rows, it evaluates what is written.

    Raises
    ------
    ValueError
        If more than `limit` numbers are left (the message says how many), or a layer isn't one of
        rectifiers, maxima and minima.

    Examples
    --------
    >>> from explainprune.network import perceptron
    >>> model = perceptron(2, 1, hidden=(2,))
    >>> weights = [[0.5, 0.0], [-1.0, 0.25]], [0.0, -1.0], [[2.0], [0.5]], [0.125]
    >>> model.set_weights([np.array(each) for each in weights])
    >>> print(formula(model))
    hidden_1_0 = max(0, 0.5*x0 - x1)
    hidden_1_1 = max(0, 0.25*x1 - 1)
    output = 2*hidden_1_0 + 0.5*hidden_1_1 + 0.125
    """
    if digits is not None and digits < 1:
        raise ValueError(f"Numbers have at least one digit. Received: digits={digits}.")
    model = opened(model)
    samples = read = None
    if data is not None:
        read = load_data(data, model=model)
        samples = read_samples(model, read)
    try:
        network = unroll(model, output)
    except ValueError as reason:
        raise ValueError(f"This network can't be written out: {reason}.") from None
    whole = as_network(model, output)
    names = named(None, network.n_inputs)
    rows = None
    if samples is not None and read is not None:
        names = feature_names(samples, network.n_inputs)
        rows = np.asarray(pack(whole, samples.x, "data"), np.float64)
        check_same(network.outputs(rows[:HELD]), whole.outputs(rows[:HELD]), "the formula")
    called = output_names(whole, None if read is None else read.class_names)
    exact = written(network, names, called, limit)
    if digits is None:
        return exact
    return _rounded(exact, digits, rows)


def written(
    network: Unrolled, names: Sequence[str], outputs: Sequence[str], limit: int = LIMIT
) -> Formula:
    """Write a network of scalar elements out; what takes no part is left out."""
    needed, entries = _needed(network)
    _check_size(entries, max(limit, MOST_READ))
    inputs = identifiers(names)
    # An element is a name, or a number where it is the same for all rows.
    known: dict[int, list[str | float]] = {INPUTS: list(inputs)}
    lines: list[Line] = []
    for number, layer in enumerate(network.layers, start=1):
        _check_function(layer)
        known[number] = [0.0] * layer.width
        for group in np.flatnonzero(needed[number]):
            sums = tuple(_sum(layer.reads, int(c), known) for c in layer.groups[group])
            function = "relu" if layer.function.rectified else layer.function.name
            if not any(terms for terms, _ in sums):
                alone = Formula((), ("",), (Line("", "", sums, function),))
                known[number][group] = float(alone(np.zeros((1, 0)))[0, 0])
                continue
            (name,) = identifiers([f"{layer.name}_{group}"], [*inputs, *(li.name for li in lines)])
            known[number][group] = name
            lines.append(Line(name, rf"h^{{({number})}}_{{{group}}}", sums, function))
    ends = identifiers(outputs, [*inputs, *(line.name for line in lines)])
    for column, (name, shown) in enumerate(zip(ends, outputs, strict=True)):
        lines.append(Line(name, symbol(shown), (_sum(network.output, column, known),)))
    found = Formula(inputs, ends, tuple(lines), dict(zip(inputs, map(symbol, names), strict=True)))
    _check_size(found.size, limit)
    return found


def _sum(affine: Affine, column: int, known: dict[int, list[str | float]]) -> Sum:
    """Return one column of an affine function; elements that are constant join its constant."""
    terms, constant = [], float(affine.bias[column])
    for source, part in sorted(affine.parts.items()):
        for at in range(part.indptr[column], part.indptr[column + 1]):
            element, factor = known[source][part.indices[at]], float(part.data[at])
            if isinstance(element, str):
                terms.append((factor, element))
            else:
                constant += factor * element
    return tuple(terms), constant


def _needed(network: Unrolled) -> tuple[dict[int, Array], int]:
    """Tell which groups of each layer an output reads, and through how many entries in all."""
    needed = {
        number: np.zeros(len(layer.groups), bool)
        for number, layer in enumerate(network.layers, start=1)
    }
    entries = 0
    columns, affine = np.arange(network.output.width), network.output
    for number in range(len(network.layers), -1, -1):
        for source, part in affine.parts.items():
            read = part[:, columns].indices
            entries += len(read)
            if source != INPUTS:
                needed[source][read // network.layers[source - 1].made] = True
        if number:
            layer = network.layers[number - 1]
            columns, affine = np.unique(layer.groups[needed[number]]), layer.reads
    return needed, entries


def _check_size(numbers: int, limit: int) -> None:
    if numbers > limit:
        raise ValueError(
            f"Written out this network has {numbers:,} numbers, more than {limit:,}. Prune it "
            "further, or raise limit=."
        )


def _check_function(layer: UnitLayer) -> None:
    if not layer.function.rectified and layer.function.name not in ("maximum", "minimum"):
        raise ValueError(
            f"Layer {layer.name!r} applies {layer.function.name}: formulas are written of "
            "rectifiers, maxima and minima."
        )


def _rounded(exact: Formula, digits: int, rows: Array | None) -> Formula:
    """Round every number, and measure what that moves."""

    def near(value: float) -> float:
        return float(f"{value:.{digits}g}")

    lines = tuple(
        Line(
            line.name,
            line.symbol,
            tuple(
                (tuple((near(factor), name) for factor, name in terms), near(constant))
                for terms, constant in line.sums
            ),
            line.function,
        )
        for line in exact.lines
    )
    found = Formula(exact.inputs, exact.outputs, lines, exact.symbols, digits)
    if rows is None:
        return found
    error = float(np.abs(found(rows) - exact(rows)).max())
    return Formula(exact.inputs, exact.outputs, lines, exact.symbols, digits, error)
