"""The verb `shrink`: a physically smaller model, what it kept, and how far its outputs moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.data import load_data
from explainprune.lookup import unknown
from explainprune.network.failing import in_words
from explainprune.network.functions.artefacts.opening import from_file
from explainprune.network.protocol import Model
from explainprune.types import Array, Certificate, Data, Rows, Size, flips_of, rows_sha256

MEASURES = ("latency", "tflite")
BASES = ("all inputs", "calibration data")
ENOUGH_ROWS = 100
"""Fewer rows say too little about whether a unit is constant: of 100 rows without an exception
follows with 95 % confidence that fewer than 3 in 100 inputs are one."""


@dataclass(frozen=True, eq=False, repr=False)
class Shrunk:
    """A model made physically smaller.

    Attributes
    ----------
    model : keras.Model
        A plain Keras model: it saves, loads, converts and runs without explainprune.
    kept : dict of str to ndarray of int
        For each layer with units of its own, the original index of every unit it still has.
    certificate : Certificate
    """

    model: Model
    kept: dict[str, Array]
    certificate: Certificate

    def __repr__(self) -> str:
        return f"Shrunk({self.certificate})"


@in_words
def shrink(
    model: Model | Shrunk,
    *,
    masks: Mapping[str, Array] | None = None,
    data: Any = None,
    measure: Collection[str] = (),
    basis: str = "calibration data",
) -> Shrunk:
    """Rebuild a Sequential or Functional model without the units it does not need.

    A unit goes when nothing downstream reads it, or when it is constant and its constant can be
    moved exactly into the biases of the layers that read it. Units that meet in a sum, a product
    or a gate go together or stay together. A layer whose workings are not known is left whole,
    with every unit that touches it, and the certificate says so.

    Parameters
    ----------
    model : keras.Model, path or Shrunk
        Left untouched. Given a `Shrunk`, indices in `kept` stay those of the first model.
    masks : Masks or mapping of str to ndarray of bool, optional
        By variable path; True = keep. None: the entries that are zero.
    data : Data, array, dict, or pair (x, y), optional
        Rows to compare the outputs on, and to see on which units are constant. A `Data` with
        training rows lends those for the second, and is compared on the rows it scores.
    measure : collection of str
        ``"latency"`` (median milliseconds for a batch of 64), ``"tflite"`` (bytes of the file).
    basis : str
        ``"calibration data"``: units constant on at least 100 rows of `data` go as well;
        ``"all inputs"``: `data` serves for comparison only.

    Returns
    -------
    Shrunk
        Its model is compiled as `model` is (with a fresh optimizer state), or not at all.

    Raises
    ------
    TypeError
        If `model` is no Keras model, or a mask is not boolean.
    ValueError
        If the model is subclassed, a mask names no variable or has another shape, a weight is NaN,
        the data doesn't fit, or `measure` or `basis` is unknown.

    Notes
    -----
    The certificate's kind is ``"exact"`` when nothing read what was removed, ``"folded"`` when
    constants moved into biases, and ``"approximate"`` when a unit went that is only known to be
    constant on the calibration data; its basis says so too. In exact arithmetic the first two
    change no output for any input. With rows, the certificate has a bound over their range too,
    where the layers have rules and a row takes few operations (see `output_bound`). Method:
    dependency grouping as in DepGraph (Fang et al. 2023, arXiv:2301.12900), with constants folded.

    Examples
    --------
    >>> import keras, numpy as np
    >>> model = keras.Sequential([
    ...     keras.Input((4,)), keras.layers.Dense(8, "relu", name="a"), keras.layers.Dense(2)])
    >>> kernel = np.ones((4, 8)); kernel[:, 3:] = 0
    >>> model.get_layer("a").kernel.assign(kernel) is None
    False
    >>> shrunk = shrink(model)
    >>> shrunk.kept["a"], shrunk.certificate.kind, shrunk.certificate.removed
    (array([0, 1, 2]), 'exact', {'a': 5})
    """
    from explainprune.network import model_sha256, size_of
    from explainprune.network.scalars.bounded import bound_if_cheap
    from explainprune.network.shrinking.smaller import make_smaller

    measure = (measure,) if isinstance(measure, str) else tuple(measure)
    for name in measure:
        if name not in MEASURES:
            raise unknown("measure", name, MEASURES)
    if basis not in BASES:
        raise unknown("basis", basis, BASES)
    given, before = (
        (model.model, model.kept) if isinstance(model, Shrunk) else (from_file(model), {})
    )
    loaded = None if data is None else load_data(data, model=given)
    compared = None if loaded is None else loaded.scored
    calibration = None if loaded is None else loaded.learnable
    enough = calibration is not None and len(calibration) >= ENOUGH_ROWS
    seen = calibration.x if calibration and enough and basis == "calibration data" else None
    made = make_smaller(given, masks=masks, calibration=seen)
    kept = {
        path: before[path][index] if path in before else index
        for path, index in made.plan.kept.items()
    }
    moved: dict[str, Any] = {"max_difference": None, "relative_difference": None, "rows": 0}
    moved |= {"flips": None, "no_bound": "no rows were given whose range could be the box"}
    if loaded is not None and compared is not None:
        moved = _difference([made.masked(), made.model], loaded, exact=not made.calibrated)
        moved["bound"], moved["no_bound"] = bound_if_cheap(
            given, made.model, x=compared.x, masks=masks, kept=made.plan.kept
        )
    sizes = [size_of(given, masks=masks), size_of(made.model)]
    if measure:
        sizes = _measured(sizes, [made.masked(), made.model], measure, compared)
    exactness = "folded" if made.folds else "exact"
    certificate = Certificate(
        kind="approximate" if made.calibrated else exactness,
        basis="calibration data" if made.calibrated else "all inputs",
        **moved,
        before=sizes[0],
        after=sizes[1],
        removed=made.plan.removed,
        left_whole=made.plan.left_whole,
        before_sha256=model_sha256(given, masks),
        after_sha256=model_sha256(made.model),
    )
    return Shrunk(made.model, kept, certificate)


def _difference(models: list[Model], data: Data, *, exact: bool) -> dict[str, Any]:
    """Compare logits on the rows given; raise if they differ where they can't."""
    from explainprune.network import KerasNetwork
    from explainprune.network.functions.decisions import decided
    from explainprune.network.graph.nodes import layers_inside
    from explainprune.network.tracing.same import check_same, precision_of

    rows = data.scored
    first, second = (KerasNetwork(m, output="logit", like=rows.x) for m in models)
    a, b = (network.outputs(network.pack(rows.x)) for network in (first, second))
    if exact:  # sums are taken in another order, layer after layer: ten times the usual rounding
        check_same(b, a, "The shrunk model", 10 * precision_of(layers_inside(models[0])))
    worst, largest = float(np.abs(a - b).max()), float(np.abs(a).max())
    labels, others = (decided(first, each, data, logits=True) for each in (a, b))
    return {
        "max_difference": worst,
        "relative_difference": worst / largest if largest else worst,
        "rows": len(rows),
        "rows_sha256": rows_sha256(rows),
        **flips_of(labels, others, rows.y),
    }


def _measured(
    sizes: list[Size], models: list[Model], measure: Collection[str], rows: Rows | None
) -> list[Size]:
    """Measure what was asked for."""
    from explainprune.network.shrinking.measuring import latencies, tflite_bytes

    if "tflite" in measure:
        sizes = [
            replace(size, tflite_bytes=tflite_bytes(model))
            for size, model in zip(sizes, models, strict=True)
        ]
    if "latency" in measure:
        times = latencies(models, None if rows is None else rows.x)
        sizes = [replace(s, latency_ms=ms) for s, ms in zip(sizes, times, strict=True)]
    return sizes
