"""One compiled pass over rows that yields the mean of many things at once."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from explainprune.network.backend import keras, tf
from explainprune.network.listing import LayerInfo
from explainprune.network.statistics.answers import Answers, beside_rows
from explainprune.network.statistics.data_loss import DataLoss
from explainprune.network.statistics.patches import has_patches, patches_of
from explainprune.network.statistics.per_sample import has_rule, squared_gradients
from explainprune.network.statistics.reached import check_layers
from explainprune.network.statistics.row_means import Means, RowMeans, over_places, rows_in_cache
from explainprune.network.statistics.taps import Tap, Tapped, Untapped
from explainprune.network.statistics.unit_sums import (
    ACTIVATIONS,
    MOMENTS,
    SLOPES,
    activation_sums,
    never_negative,
    per_position,
    positions,
    wide,
)
from explainprune.types import Array

GRADIENTS = ("kernel_gradient", "bias_gradient", "scale_gradient")
FORWARD = (*ACTIVATIONS, *MOMENTS, "mean_square_input", "input_gram")

Squares = dict[int, Any]
"""Sums of a tensor's squares over rows and positions, by its id while a graph is traced."""

MOST_ROWS = 4096
"""Incoming weights of a kernel whose inputs' products are still gathered: 134 MB."""


class Pass:
    """Means over rows, gathered by one compiled function.

    Parameters
    ----------
    model : Tapped or Untapped
    held : dict of str to variable
        Its variables by path.
    layers : sequence of LayerInfo
    wanted : collection of str
        Names in `ACTIVATIONS`, `MOMENTS`, `SLOPES`, `GRADIENTS`, ``"mean_square_input"``,
        ``"input_gram"`` and ``"kernel_gradient_squared"``.
    loss : DataLoss, optional
        Needed where gradients are wanted.
    memory_bytes : int
    """

    def __init__(
        self,
        model: Tapped | Untapped,
        held: Mapping[str, Any],
        layers: Collection[LayerInfo],
        wanted: Collection[str],
        loss: DataLoss | None,
        memory_bytes: int = 2**28,
    ) -> None:
        self._wanted, self._loss, self._memory = set(wanted), loss, memory_bytes
        self._layers = {info.path: info for info in layers}
        self._variables, self._model = held, model
        self._needs_loss = bool(self._wanted - set(FORWARD))
        self._gradients = self._gradient_variables()
        self._slow = self._kernels_without_rule()
        self._means = RowMeans(self._trace)
        self._answers = Answers()

    def run(self, inputs: list[Array], y: Any) -> Means:
        """Return the mean of everything wanted, by layer path; `y` may be labels or `Answers`.

        Kernels that aren't a layer's main one have their variable path.
        """
        self._answers = Answers.of(y)
        return self._means([*inputs, *self._answers.arrays()], self.rows_at_a_time)

    def _trace(self, *tensors: Any) -> dict[str, dict[str, Any]]:
        """Sum over the rows of one call."""
        inputs, y, weight = self._answers.split(tensors)
        with tf.GradientTape() as tape:
            outputs, taps = self._model.run(inputs)
            total = (
                self._loss(y, outputs, weight, inputs) if self._needs_loss and self._loss else None
            )
        taps = {path: taps[path] for path in self._layers if path in taps}
        check_layers(self._wanted, self._layers, self._variables, taps, outputs)
        found: dict[str, dict[str, Any]] = {path: {} for path in taps}
        squares: Squares = {}
        for path, of_layer in taps.items():
            found[path] |= self._forward_sums(self._layers[path], of_layer, squares, weight)
        for path, of_layer in taps.items():
            if "mean_square_input" in self._wanted:
                self._input_sums(self._layers[path], of_layer, squares, found, weight)
            if "input_gram" in self._wanted:
                found[path] |= self._gram(self._layers[path], of_layer, weight)
        if total is not None:
            self._gradient_sums(tape, total, taps, found, weight)
        if self._slow:
            for path, value in self._slow_squares(inputs, y, weight).items():
                found.setdefault(path, {})["kernel_gradient_squared"] = value
        return {path: values for path, values in found.items() if values}

    def _forward_sums(
        self, info: LayerInfo, taps: list[Tap], squares: Squares, weight: Any
    ) -> dict[str, Any]:
        if self._wanted.isdisjoint((*ACTIVATIONS, *MOMENTS)):
            return {}
        tensors = [tap.activation for tap in taps]
        laid = positions(info, tensors)
        found = activation_sums(laid, self._wanted, never_negative(tensors), weight)
        if len(tensors) == 1 and not info.family.by_channel and MOMENTS[1] in found:
            squares[id(tensors[0])] = found[MOMENTS[1]]
        return {name: per_position(name, total, info, tensors) for name, total in found.items()}

    def _input_sums(
        self,
        info: LayerInfo,
        taps: list[Tap],
        squares: Squares,
        found: dict[str, dict[str, Any]],
        weight: Any,
    ) -> None:
        """Sum the squares of what each kernel reads, over rows and positions."""
        read = [tap.input for tap in taps]
        if info.further and info.family.convolves:  # separable: two kernels
            squared = _channel_squares(read, squares, weight)
            found[info.kernels[-1]] = {"mean_square_input": squared}
            read = [between_kernels(self._model.layer(info.path), tensor) for tensor in read]
        if info.family.input_axis is not None:
            found[info.path]["mean_square_input"] = _channel_squares(read, squares, weight)

    def _gram(self, info: LayerInfo, taps: list[Tap], weight: Any) -> dict[str, Any]:
        """Sum the products of what a unit reads, over rows and positions."""
        layer = self._model.layer(info.path)
        if not self._has_gram(info):
            return {}
        inputs = [tap.input for tap in taps]
        if weight is not None:  # √w on both sides of the product
            inputs = [part * beside_rows(tf.sqrt(weight), part) for part in inputs]
        read = [patches_of(layer, part) for part in inputs]
        both = tf.cast(tf.concat(read, axis=0), tf.float64)
        return {"input_gram": tf.matmul(both, both, transpose_a=True)}

    def _has_gram(self, info: LayerInfo) -> bool:
        layer = self._model.layer(info.path)
        if layer is None or not has_patches(layer):
            return False
        return bool(math.prod(layer.kernel.shape[:-1]) <= MOST_ROWS)

    def _gradient_sums(
        self,
        tape: Any,
        total: Any,
        taps: dict[str, list[Tap]],
        found: dict[str, dict[str, Any]],
        weight: Any,
    ) -> None:
        """Ask the tape once for every gradient that is needed, and add what follows from them."""
        flat = [(path, tap) for path, of_layer in taps.items() for tap in of_layer]
        sources = [
            [variable.value for variable in self._gradients.values()],
            [tap.linear for _, tap in flat] if "kernel_gradient_squared" in self._wanted else [],
            [tap.activation for _, tap in flat] if self._wanted & set(SLOPES) else [],
        ]
        by_variable, by_linear, by_activation = tape.gradient(
            total, sources, unconnected_gradients="zero"
        )
        for (path, name), gradient in zip(self._gradients, by_variable, strict=True):
            shape = self._gradients[path, name].shape
            found.setdefault(path, {})[name] = tf.ensure_shape(gradient, shape)
        for (path, tap), slope in zip(flat if by_linear else [], by_linear, strict=True):
            info = self._layers[path]
            if info.kernel not in self._slow:
                layer = self._model.layer(path)
                if weight is not None:  # a row's slope is w ∂L/∂z, its square is to weigh w
                    slope *= beside_rows(tf.math.rsqrt(tf.maximum(weight, 1e-30)), slope)
                found[path]["kernel_gradient_squared"] = squared_gradients(layer, tap, slope)
        if by_activation:
            self._slope_sums(flat, by_activation, found)

    def _slope_sums(
        self, flat: list[tuple[str, Tap]], slopes: list[Any], found: dict[str, dict[str, Any]]
    ) -> None:
        pairs: dict[str, list[tuple[Any, Any]]] = {}
        for (path, tap), slope in zip(flat, slopes, strict=True):
            pairs.setdefault(path, []).append((tap.activation, slope))
        for path, of_layer in pairs.items():
            info = self._layers[path]
            tensors = [a for a, _ in of_layer]
            both = positions(info, tensors), positions(info, [g for _, g in of_layer])
            for name in self._wanted & set(SLOPES):
                total = SLOPES[name](*both)
                found[path][name] = per_position(name, total, info, tensors)

    def _gradient_variables(self) -> dict[tuple[str, str], Any]:
        """Return the variables whose mean gradient is wanted, by (path, statistic)."""
        found = {}
        for path, info in self._layers.items():
            if "kernel_gradient" in self._wanted:
                for kernel in info.kernels:
                    at = path if kernel == info.kernel else kernel
                    found[at, "kernel_gradient"] = self._variables[kernel]
            if "bias_gradient" in self._wanted and info.bias:
                found[path, "bias_gradient"] = self._variables[info.bias]
            scale = self._model.scale(path) if "scale_gradient" in self._wanted else None
            if scale is not None:
                found[path, "scale_gradient"] = scale
        return found

    def _kernels_without_rule(self) -> dict[str, str]:
        """Return the kernels whose squared gradients need a pass per sample: path → where to."""
        if "kernel_gradient_squared" not in self._wanted:
            return {}
        slow = {}
        for path, info in self._layers.items():
            quick = info.calls == 1 and has_rule(self._model.layer(path))
            for kernel in info.kernels:
                if not quick:
                    slow[kernel] = path if kernel == info.kernel else kernel
        return slow

    def _slow_squares(self, inputs: list[Any], y: Any, weight: Any) -> dict[str, Any]:
        """Sum squared gradients sample by sample, each with a pass of its own."""
        kernels = [self._variables[path].value for path in self._slow]

        def add(sums: list[Any], row: Any) -> list[Any]:
            one = [part[row : row + 1] for part in inputs]
            with tf.GradientTape() as tape:
                outputs, _ = self._model.run(one)
                own = None if y is None else keras.tree.map_structure(lambda t: t[row : row + 1], y)
                value = self._loss(own, outputs, None, one)  # type: ignore[misc]
            slopes = tape.gradient(value, kernels, unconnected_gradients="zero")
            share = 1.0 if weight is None else weight[row]
            return [
                total + share * tf.ensure_shape(slope, total.shape) ** 2
                for total, slope in zip(sums, slopes, strict=True)
            ]

        start = [tf.zeros(kernel.shape, kernel.dtype) for kernel in kernels]
        sums = tf.foldl(add, tf.range(tf.shape(inputs[0])[0]), start, parallel_iterations=1)
        return dict(zip(self._slow.values(), sums, strict=True))

    @property
    def rows_at_a_time(self) -> int:
        """How many rows to run at a time: as many as fit, and are fast."""
        return rows_in_cache(self._model.size, self.rows_per_call)

    @property
    def rows_per_call(self) -> int:
        """How many rows fit into one call within the memory bound."""
        numbers = 4 * self._model.size
        if self._wanted & {"kernel_gradient_squared", "input_gram"}:
            for info in self._layers.values():
                if info.family.convolves and info.family.has_units and not info.further:
                    # Patches repeat each input value once for each place in the kernel.
                    numbers += self._model.size * math.prod(
                        self._variables[info.kernels[0]].shape[:-2]
                    )
        return int(min(4096, max(1, self._memory // (4 * numbers))))


def _channel_squares(tensors: list[Any], known: Squares, weight: Any) -> Any:
    """Add up squares over rows and positions, by channel, unless a layer before did already."""
    total: Any = 0.0
    for tensor in tensors:
        if id(tensor) not in known:
            squares = tf.square(wide(tensor))
            if weight is not None:
                squares *= beside_rows(weight, squares)
            known[id(tensor)] = tf.cast(over_places(squares), tf.float64)
        total = total + known[id(tensor)]
    return total


def between_kernels(layer: Any, tensor: Any) -> Any:
    """Return what a separable convolution's pointwise kernel reads."""
    return keras.ops.depthwise_conv(
        tensor,
        layer.depthwise_kernel,
        strides=layer.strides,
        padding=layer.padding,
        data_format=layer.data_format,
        dilation_rate=layer.dilation_rate,
    )
