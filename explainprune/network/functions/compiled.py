"""A TensorFlow function of flat rows, traced once, called in chunks, numpy in and numpy out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.protocol import chunks
from explainprune.network.reasons import reason_of
from explainprune.network.tracing.dependence import needed
from explainprune.network.tracing.guard import forgotten_gradients
from explainprune.network.tracing.memory import bytes_per_row, rows_within
from explainprune.network.tracing.reaching import Reach, of_gradients, reach_of
from explainprune.types import Array

_DRAWS = ("Random", "Multinomial", "TruncatedNormal", "StandardNormal", "StatefulUniform")
"""Parts of the names of operations that draw random numbers."""

NEAR_BYTES, FEWEST_ROWS = 2**26, 64
"""Activations of one call that caches still help with, and rows below which calls cost more: on a
convolutional network of 32 × 32 × 3 inputs gradients of 194 rows take a fifth less than of 778."""


class _LazilyTraced:
    """A graph that is traced at its first use, for any number of rows, and never again."""

    def __init__(self, function: Callable[..., Any], *signature: Any) -> None:
        self.function = tf.function(function, input_signature=signature, autograph=False)

    @cached_property
    def concrete(self) -> Any:
        with forgotten_gradients():
            return self.function.get_concrete_function()


class CompiledFunction:
    """Outputs, gradients and Jacobian of ``forward``: (n, n_inputs) → (n, n_outputs).

    Parameters
    ----------
    forward : callable
        From a symbolic (n, n_inputs) tensor to a symbolic (n, n_outputs) tensor.
    n_inputs : int
    dtype : str
        Of the rows that go in. What comes out has the dtype that the model computes with.
    memory_bytes : int
        Bound on the memory of one call's activations, forward and backward.
    """

    def __init__(
        self,
        forward: Callable[[Any], Any],
        n_inputs: int,
        *,
        dtype: str = "float32",
        memory_bytes: int = 2**28,
    ) -> None:
        self._forward = forward
        self._dtype = dtype
        self.n_inputs = n_inputs
        self._reach: Reach | None = None
        rows = tf.TensorSpec((None, n_inputs), dtype)
        index = tf.TensorSpec((None,), tf.int32)
        self._outputs = _LazilyTraced(forward, rows)
        self._gradients = _LazilyTraced(self._trace_gradients, rows, index)
        self._jacobian = _LazilyTraced(self._trace_jacobian, rows)
        graph = self._outputs.concrete.graph
        _check_certain(graph)
        self.n_outputs = int(graph.outputs[0].shape[1])
        row = bytes_per_row(graph)
        near = max(FEWEST_ROWS, rows_within(NEAR_BYTES, row))
        self.rows_per_call = min(rows_within(memory_bytes, row), near)
        # The loop keeps activations longer, and holds the Jacobian twice: gathered, and in order.
        jacobian = 2 * n_inputs * self.n_outputs * tf.as_dtype(dtype).size
        self._jacobian_rows = rows_within(memory_bytes, 1.5 * row + jacobian)

    def outputs(self, x: Array) -> Array:
        """Return all outputs: (n, n_inputs) → (n, n_outputs)."""
        return self._run(self._outputs, "outputs", (self.n_outputs,), x)

    def gradients(self, x: Array, targets: Array) -> Array:
        """Return the gradient of output ``targets[i]`` at row i: (n, n_inputs)."""
        x = self._rows(x)
        targets = np.broadcast_to(np.asarray(targets), (len(x),))
        if ((targets < 0) | (targets >= self.n_outputs)).any():
            raise ValueError(
                f"Targets are indices of the network's {self.n_outputs} outputs. Received: "
                f"{targets.min()} to {targets.max()}."
            )
        return self._run(
            self._gradients, "gradients", (self.n_inputs,), x, targets.astype(np.int32)
        )

    def jacobian(self, x: Array) -> Array:
        """Return the gradients of all outputs: (n, n_inputs, n_outputs)."""
        shape = (self.n_inputs, self.n_outputs)
        return self._run(self._jacobian, "gradients", shape, x, rows=self._jacobian_rows)

    @property
    def reach(self) -> Reach:
        """Which inputs gradients don't reach, though outputs hang on them."""
        if self._reach is None:
            _ = self._gradients.concrete
        assert self._reach is not None
        return self._reach

    def _followed(self, x: Any) -> Any:
        """Trace forward, and learn which ways gradients can't follow."""
        outputs = self._forward(x)
        if self._reach is None:
            self._reach = reach_of(x, outputs, of_gradients())
        return outputs

    def _trace_gradients(self, x: Any, targets: Any) -> Any:
        outputs = self._followed(x)
        return _gradient(outputs, x, tf.one_hot(targets, outputs.shape[1], dtype=outputs.dtype))

    def _trace_jacobian(self, x: Any) -> Any:
        """One forward pass; then a backward pass for each output."""
        outputs = self._followed(x)
        # A loop in the graph: as fast as passes laid side by side, in the memory of one of them.
        each = tf.map_fn(
            lambda one: _gradient(outputs, x, tf.broadcast_to(one, tf.shape(outputs))),
            tf.eye(outputs.shape[1], dtype=outputs.dtype),
            fn_output_signature=x.dtype,
            parallel_iterations=1,
        )
        return tf.transpose(each, (1, 2, 0))

    def _rows(self, x: Any) -> Array:
        rows: Array = np.asarray(x)
        if rows.ndim != 2 or rows.shape[1] != self.n_inputs:
            raise ValueError(
                f"Expected flat rows of shape (n, {self.n_inputs}). Received: shape={rows.shape}."
            )
        return rows

    def _run(
        self,
        traced: _LazilyTraced,
        what: str,
        shape: tuple[int, ...],
        x: Any,
        *more: Array,
        rows: int | None = None,
    ) -> Array:
        """Call the graph on one chunk of rows after the other and join what it returns."""
        arrays = (self._rows(x), *more)
        pieces = []
        for part in chunks(len(arrays[0]), 1, rows or self.rows_per_call):
            given = [tf.constant(arrays[0][part], dtype=self._dtype)]
            given += [tf.constant(array[part]) for array in more]
            pieces.append(_called(traced.concrete, given))
        if not pieces:
            return np.zeros((0, *shape), dtype=self._dtype)
        result = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        return _finite(result, what)


def _check_certain(graph: Any) -> None:
    """Raise if an output hangs on random numbers: no explanation would be of the model itself.

    Recurrent layers draw dropout masks in inference, too, and don't use them: what no output is
    computed from doesn't count.
    """
    operations = {ref.deref().op for ref in needed(graph.outputs)}
    drawn = sorted(op.name for op in operations if any(word in op.type for word in _DRAWS))
    if drawn:
        raise ValueError(
            f"The model draws random numbers in inference (at {drawn[0]!r}): a dropout or noise "
            "layer that was left in training mode? Expected the same outputs for the same rows."
        )


def _gradient(outputs: Any, x: Any, weights: Any) -> Any:
    """Return the gradient, at x, of the sum of outputs × weights in each row."""
    return tf.gradients(outputs, x, grad_ys=weights, unconnected_gradients="zero")[0]


def _called(function: Any, given: list[Any]) -> Array:
    """Call, and turn TensorFlow's errors into one sentence."""
    try:
        result: Array = function(*given).numpy()
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError(
            f"The model ran out of memory on {given[0].shape[0]} rows: pass a smaller "
            "memory_bytes=."
        ) from error
    except tf.errors.OpError as error:
        raise ValueError(
            f"The model failed on rows of shape {tuple(given[0].shape)}: {reason_of(error)}"
        ) from error
    return result


def _finite(result: Array, what: str) -> Array:
    """Raise if any row has a NaN or an infinity."""
    if not np.isfinite(result).all():
        bad = ~np.isfinite(result).reshape(len(result), -1).all(axis=1)
        raise ValueError(
            f"The model's {what} are NaN or infinite in {int(bad.sum())} of {len(result)} rows; "
            f"the first is row {int(bad.argmax())}. Expected finite numbers."
        )
    return result
