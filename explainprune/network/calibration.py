"""Statistics of a model on calibration rows: what criteria score by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.calibration_pass import FORWARD, Pass
from explainprune.network.calls import calls_of
from explainprune.network.feeding import feed
from explainprune.network.graph import has_graph
from explainprune.network.layers import LayerInfo, prunable_layers, unit_axis
from explainprune.network.losses import DataLoss, predicted_classes
from explainprune.network.protocol import Model
from explainprune.network.taps import chains, scale_of
from explainprune.network.variables import clone, uncompiled_clone, variables, weights_of
from explainprune.types import Array

STATISTICS: dict[str, str] = {
    "kernel": "the layer's weights w",
    "bias": "its biases (units,); zeros where it has none",
    "unit_axis": "axis of the kernel along which the units lie",
    "units": "length of that axis",
    "kernel_gradient": "E ∂L/∂w, shaped like the kernel",
    "kernel_gradient_squared": "E (∂L/∂w)², each sample's gradient squared before the mean",
    "bias_gradient": "E ∂L/∂b (units,)",
    "mean_activation": "E a (units,), over samples and positions",
    "mean_abs_activation": "E |a| (units,)",
    "activation_std": "standard deviation of a (units,), over samples and positions",
    "zero_share": "share of activations that are exactly zero (units,)",
    "mean_abs_activation_gradient": "E |∂L/∂a| (units,), over samples and positions",
    "mean_abs_contribution": "E |Σ_positions a · ∂L/∂a| (units,)",
    "input_norm": "root of E Σ_positions x² of the feature that each weight reads; broadcasts to "
    "the kernel",
    "scale": "γ (units,) of the batch normalisation that follows",
    "scale_gradient": "E ∂L/∂γ (units,)",
}
"""What a criterion may ask for by naming a parameter so.

L is the loss of one sample and E the mean over samples. A unit's activation a is read behind the
activation function, also where normalisation and activation are layers of their own.
"""

STATIC = ("kernel", "bias", "unit_axis", "units", "scale")
_PARTS = {
    "activation_std": ("mean_activation", "mean_square_activation"),
    "input_norm": ("mean_square_input",),
}

Statistics = dict[str, dict[str, Any]]


def calibrate(
    model: Model,
    x: Any,
    y: Array | None,
    wanted: Collection[str],
    *,
    target: int | None = None,
    seed: int = 0,
) -> Statistics:
    """Gather the wanted statistics of every prunable layer, in one pass over the rows.

    The loss is the model's own if it is compiled, else the one that its outputs and labels imply;
    penalties don't count. Without labels it is the loss against the class the model predicts.

    Parameters
    ----------
    model : keras.Model
    x : ndarray (n, ...) or dict, or None
        Calibration rows; None where only weights are wanted.
    y : ndarray (n,), optional
    wanted : collection of str
        Keys of `STATISTICS`.
    target : int, optional
        Only rows of this class count (labelled so, or predicted so where there are no labels).
    seed : int
        Not used: nothing here is random.

    Returns
    -------
    dict of str to dict
        Statistics by layer path. Further kernels of a layer (depthwise, recurrent) have an entry
        under their variable path. What isn't defined for a layer is left out.

    Raises
    ------
    ValueError
        If a statistic is unknown, rows are needed and missing or don't fit the model, labels
        don't fit, or no row is of the target's class.
    """
    for name in wanted:
        if name not in STATISTICS:
            raise unknown("statistic", name, STATISTICS)
    layers = prunable_layers(model)
    means = {part for name in set(wanted) - set(STATIC) for part in _PARTS.get(name, (name,))}
    found = _static(model, layers)
    if means:
        if x is None:
            needed = ", ".join(sorted(set(wanted) - set(STATIC)))
            raise ValueError(f"Calibration rows are needed for {needed}: x is None.")
        for path, values in _means(model, layers, means, x, y, target).items():
            found[path] |= values
    _derive(layers, found)
    return {
        path: {k: v for k, v in values.items() if k in wanted} for path, values in found.items()
    }


def _means(
    model: Model,
    layers: Collection[LayerInfo],
    means: set[str],
    x: Any,
    y: Array | None,
    target: int | None,
) -> Mapping[str, Mapping[str, Array]]:
    inputs = feed(model, x)
    y = None if y is None else np.asarray(y)
    if y is not None and len(y) != len(inputs[0]):
        raise ValueError(f"y needs {len(inputs[0])} labels, one for each row. Received: {len(y)}.")
    if target is not None:
        inputs, y = _of_class(model, inputs, y, target)
    with_loss = bool(means - set(FORWARD))
    copy = model  # a subclassed model is run as it is; any other is taken apart, so copied
    if has_graph(model):
        copy = clone(model) if with_loss else uncompiled_clone(model)
    loss = DataLoss(copy, inputs, y) if with_loss else None
    return Pass(copy, layers, means, loss).run(inputs, y if with_loss else None)


def _of_class(
    model: Model, inputs: list[Array], y: Array | None, target: int
) -> tuple[list[Array], Array | None]:
    """Keep the rows of one class."""
    classes = predicted_classes(model, inputs) if y is None else y
    if classes.ndim > 1 and classes.shape[-1] > 1:
        classes = classes.argmax(axis=-1)
    classes = classes.reshape(len(classes), -1)
    if classes.shape[1] != 1 or not np.array_equal(classes, np.round(classes)):
        raise ValueError("target= needs one class label for each row.")
    rows = np.flatnonzero(classes[:, 0] == target)
    if len(rows) == 0:
        known = ", ".join(str(int(c)) for c in np.unique(classes)[:20])
        raise ValueError(f"No row is of class target={target}. Classes of the rows: {known}.")
    return [part[rows] for part in inputs], None if y is None else y[rows]


def _static(model: Model, layers: Collection[LayerInfo]) -> Statistics:
    """Collect what follows from the weights alone."""
    weights = weights_of(model)
    scales = _scales(model, weights)
    found: Statistics = {}
    for info in layers:
        for path in info.kernels:
            kind = "Depthwise" if path.endswith("depthwise_kernel") else info.kind
            axis = info.unit_axis if path == info.kernel else unit_axis(kind, weights[path].ndim)
            entry = {"kernel": weights[path], "unit_axis": axis, "units": weights[path].shape[axis]}
            found[info.path if path == info.kernel else path] = entry
        found[info.path]["bias"] = weights[info.bias] if info.bias else np.zeros(info.units)
        if info.path in scales:
            found[info.path]["scale"] = scales[info.path]
    return found


def _scales(model: Model, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Return γ of the normalisation behind each layer that has one."""
    if not has_graph(model):
        return {}
    paths = {id(variable): path for path, variable in variables(model).items()}
    graph = calls_of(model)
    found = {}
    for path, chain in chains(graph).items():
        gamma = scale_of(chain)
        if gamma is not None:
            found[path] = weights[paths[id(gamma)]]
    return found


def _derive(layers: Collection[LayerInfo], found: Statistics) -> None:
    """Add what follows from the means."""
    for values in found.values():
        if "mean_square_activation" in values and "mean_activation" in values:
            variance = values["mean_square_activation"] - values["mean_activation"] ** 2
            values["activation_std"] = np.sqrt(np.maximum(variance, 0))
    for info in layers:
        squares = found[info.path].pop("mean_square_input", None)
        # A separable layer's input meets its depthwise kernel, which is its second.
        path = info.path if len(info.kernels) == 1 else info.kernels[-1]
        if squares is not None and info.kind != "EinsumDense":
            shape = found[path]["kernel"].shape
            found[path]["input_norm"] = _beside_kernel(np.sqrt(squares), info.kind, shape)


def _beside_kernel(norm: Array, kind: str, shape: tuple[int, ...]) -> Array:
    """Shape one number for each input channel so that it broadcasts to the kernel."""
    if kind.endswith("Transpose"):
        return norm.reshape((1,) * (len(shape) - 1) + (-1,))
    groups = len(norm) // shape[-2]
    beside = norm.reshape(groups, shape[-2]).repeat(shape[-1] // groups, axis=0).T
    return beside.reshape((1,) * (len(shape) - 2) + beside.shape)
