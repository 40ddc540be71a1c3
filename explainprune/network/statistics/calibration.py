"""Statistics of a model on calibration rows: what criteria score by."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.layers.kind import Kind
from explainprune.network.listing import LayerInfo, prunable_layers
from explainprune.network.protocol import Model
from explainprune.network.statistics.row_statistics import (
    RowStatistics,
    checked_rows,
    rows_of_class,
    taken,
)
from explainprune.network.statistics.weight_statistics import (
    STATIC,
    Statistics,
    slot,
    weight_statistics,
)
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
    "input_gram": "E Σ_positions x xᵀ (rows, rows) of what each unit of a Dense layer or a "
    "convolution reads, laid out as its kernel is; for up to 4,096 incoming weights",
    "hessian_gradient": "E ∂²L/∂w² · E ∂L/∂w, over all kernels together",
    "relevance": "E |Σ_positions R| (units,) by LRP-z⁺ from the logit of the predicted class",
    "relevance_epsilon": "the same by LRP-ε",
    "line_conductance": "E |Σ_positions ∫ ∂F/∂a da| (units,), on the straight line from the mean "
    "input to each row; F is the logit of the predicted class",
    "line_influence": "E |Σ_positions ∫ ∂F/∂a dt| (units,), t from 0 to 1 on that line",
    "line_gap": "how far the conductances of a layer that cuts the network are from summing to the "
    "change of F; NaN for other layers",
    "outgoing_norm": "‖w‖₂ over all weights that read a unit (units,)",
    "synaptic_flow": "|w| · ∂R/∂|w|, R the sum of the outputs of the network of |w| on ones",
    "scale": "γ (units,) of the batch normalisation that follows",
    "scale_gradient": "E ∂L/∂γ (units,)",
}
"""What a criterion may ask for by naming a parameter so.

L is the loss of one sample and E the mean over samples. A unit's activation a is read behind the
activation function, also where normalisation and activation are layers of their own.
"""


class Calibration:
    """Statistics of every prunable layer of one model, over all rows or some, compiled once.

    The loss is the model's own if it is compiled, else the one that its outputs and labels imply;
    penalties don't count. Without labels it is the loss against the class the model predicts.

    Parameters
    ----------
    model : keras.Model
    x : ndarray (n, ...) or dict, or None
        Calibration rows; None where only weights are wanted.
    y : ndarray (n,) or dict of str to ndarray, optional
        Labels; a dict by name for models with several outputs.
    wanted : collection of str
        Keys of `STATISTICS`.
    weight : ndarray (n,), optional
        How much each row counts: means are weighted.

    Raises
    ------
    ValueError
        If a statistic is unknown, rows are needed and missing or don't fit the model, or labels
        don't fit.
    """

    def __init__(
        self, model: Model, x: Any, y: Any, wanted: Collection[str], weight: Array | None = None
    ) -> None:
        for name in wanted:
            if name not in STATISTICS:
                raise unknown("statistic", name, STATISTICS)
        self._layers, self._wanted = prunable_layers(model), set(wanted)
        self._static = weight_statistics(model, self._layers, wanted)
        self._from_rows: RowStatistics | None = None
        from_rows = sorted(self._wanted - set(STATIC))
        if not from_rows:
            return
        if x is None:
            raise ValueError(f"Calibration rows are needed for {', '.join(from_rows)}: x is None.")
        self._inputs, self._answers = checked_rows(model, x, y, weight)
        self._from_rows = RowStatistics(model, self._layers, from_rows, self._inputs, self._answers)

    def __call__(self, rows: Array | None = None, target: int | None = None) -> Statistics:
        """Gather them in one pass.

        Parameters
        ----------
        rows : ndarray of int, optional
            Which rows count, perhaps more than once; None: all.
        target : int, optional
            The class whose logit is followed; None: the one each row is predicted as.

        Returns
        -------
        dict of str to dict
            Statistics by layer path. Further kernels of a layer (depthwise, recurrent) have an
            entry under their variable path. What isn't defined for a layer is left out.
        """
        found = {path: dict(values) for path, values in self._static.items()}
        if self._from_rows is not None:
            inputs, answers = taken(self._inputs, self._answers, rows)
            for path, values in self._from_rows(inputs, answers, target).items():
                found[path] |= values
        _derive(self._layers, found)
        wanted = self._wanted
        return {p: {k: v for k, v in held.items() if k in wanted} for p, held in found.items()}


def calibrate(
    model: Model, x: Any, y: Array | None, wanted: Collection[str], *, target: int | None = None
) -> Statistics:
    """Gather the wanted statistics of every prunable layer once.

    Parameters
    ----------
    model, x, y, wanted
        As `Calibration` has them.
    target : int, optional
        Only rows of this class count (labelled so, or predicted so where there are no labels), and
        relevance is that of its logit.

    Returns
    -------
    dict of str to dict
        As `Calibration` gives it.

    Raises
    ------
    ValueError
        As `Calibration` does; if no row is of the target's class.
    """
    made = Calibration(model, x, y, wanted)
    if target is None or x is None:
        return made()
    return made(rows_of_class(model, *checked_rows(model, x, y), target), target)


def _derive(layers: Collection[LayerInfo], found: Statistics) -> None:
    """Add what follows from the means."""
    for values in found.values():
        if "mean_square_activation" in values and "mean_activation" in values:
            variance = values["mean_square_activation"] - values["mean_activation"] ** 2
            values["activation_std"] = np.sqrt(np.maximum(variance, 0))
    families = {slot(info, kernel): info.family for info in layers for kernel in info.kernels}
    for path, values in found.items():
        if "mean_square_input" in values:
            norm = np.sqrt(values["mean_square_input"])
            values["input_norm"] = _beside_kernel(norm, families[path], values["kernel"].shape)


def _beside_kernel(norm: Array, family: Kind, shape: tuple[int, ...]) -> Array:
    """Shape one number for each input channel so that it broadcasts to the kernel."""
    if family.input_axis == -1:
        return norm.reshape((1,) * (len(shape) - 1) + (-1,))
    groups = len(norm) // shape[-2]
    beside = norm.reshape(groups, shape[-2]).repeat(shape[-1] // groups, axis=0).T
    return beside.reshape((1,) * (len(shape) - 2) + beside.shape)
