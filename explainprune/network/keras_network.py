"""A Keras model as a `Network`: a function of flat rows, with its logits and its gradients."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from explainprune.lookup import unknown
from explainprune.network import inputs as packing
from explainprune.network.backend import keras, tf
from explainprune.network.compiled import CompiledFunction
from explainprune.network.graph import has_graph, run_graph, run_node
from explainprune.network.logits import find_head
from explainprune.network.protocol import Model, Network
from explainprune.network.signature import Signature, signature_of
from explainprune.network.targets import flat_index
from explainprune.types import OUTPUTS, Array, Inputs

Output = str | Callable[..., Any]


class KerasNetwork:
    """Outputs and gradients of a Keras model as functions of flat rows.

    Nothing of the model changes, and its variables are shared: after a weight update the network
    computes with the new weights. Rows go in as numpy and come out as numpy, in the dtype that the
    model computes with (float32 as a rule), in inference mode.

    Parameters
    ----------
    model : keras.Model
        Sequential, Functional, nested, or a subclassed model that was built.
    output : {"logit", "centred", "probability"} or callable
        What is explained. ``"logit"`` looks through a final softmax or sigmoid; ``"centred"`` is
        the logit minus the mean logit; ``"probability"`` is what the model puts
        out. A callable takes the model's raw output tensor (a list of them for several outputs)
        and returns one number for each row.
    memory_bytes : int
        Bound on the memory of one call's activations.
    like : ndarray or dict, optional
        Rows that fix the sizes which the model leaves open.

    Attributes
    ----------
    model : keras.Model
    output_kind : str
    output_names : tuple of str
    output_shapes : tuple of tuple of int
        Without the row axis; empty shape for one number.
    looked_through : bool
        Whether a final softmax or sigmoid was found in every output.
    notes : tuple of str
        What a reader of the results must know.
    n_inputs, n_outputs, rows_per_call : int

    Raises
    ------
    ValueError
        If the model was never built, or `output` is unknown.
    """

    def __init__(
        self,
        model: Model,
        *,
        output: Output = "logit",
        memory_bytes: int = 2**28,
        like: Any = None,
    ) -> None:
        if isinstance(output, str) and output not in OUTPUTS:
            raise unknown("output", output, OUTPUTS)
        self.model = model
        self.output_kind = output if isinstance(output, str) else "callable"
        self._output = output
        self._memory_bytes = memory_bytes
        self._signature: Signature = signature_of(model, like)
        self.notes: tuple[str, ...] = ()
        self._compiled = CompiledFunction(
            self._forward,
            self._signature.n_inputs,
            dtype=self._signature.dtype,
            memory_bytes=memory_bytes,
        )
        self.n_inputs = self._compiled.n_inputs
        self.n_outputs = self._compiled.n_outputs
        self.rows_per_call = self._compiled.rows_per_call

    def outputs(self, x: Array) -> Array:
        """Return all outputs of each row: (n, n_inputs) → (n, n_outputs)."""
        return self._compiled.outputs(x)

    def gradients(self, x: Array, targets: Array) -> Array:
        """Return the gradient of output ``targets[i]`` at row i: (n, n_inputs)."""
        return self._compiled.gradients(x, targets)

    def jacobian(self, x: Array) -> Array:
        """Return the gradients of all outputs: (n, n_inputs) → (n, n_inputs, n_outputs)."""
        return self._compiled.jacobian(x)

    def pack(self, x: Any) -> Array:
        """Check the caller's inputs against the model and lay each row flat."""
        return packing.pack(x, self._signature.parts, self._signature.dtype)

    def unpack(self, values: Array, like: Any = None) -> Inputs:
        """Give flat values (n, n_inputs[, n_outputs]) the shape of the caller's inputs."""
        return packing.unpack(values, self._signature.parts, like)

    def flat_target(self, target: Any) -> int:
        """Return the index of an output in the flat row of all outputs."""
        return flat_index(target, self.output_names, self.output_shapes)

    output_shapes: tuple[tuple[int, ...], ...]

    def _forward(self, x: Any) -> Any:
        """Trace the model: flat rows → flat outputs."""
        raw = self._run(self._signature.split(x))
        self.output_names = self._signature.output_names or tuple(
            f"output_{i}" for i in range(len(raw))
        )
        if callable(self._output):
            value = self._output(raw[0] if len(raw) == 1 else raw)
            self.output_names = ("callable",)
            self.output_shapes = ((),)
            self.looked_through = False
            return tf.reshape(value, (-1, 1))
        heads = [find_head(tensor) for tensor in raw]
        self.output_shapes = tuple(tuple(tensor.shape[1:]) for tensor in raw)
        self.looked_through = all(head.kind != "raw" for head in heads)
        chosen = {
            "logit": [head.logits for head in heads],
            "centred": [head.centred for head in heads],
            "probability": raw,
        }[self.output_kind]
        width = [int(tf.TensorShape(shape).num_elements()) for shape in self.output_shapes]
        flat = [tf.reshape(t, (-1, w)) for t, w in zip(chosen, width, strict=True)]
        return tf.cast(tf.concat(flat, axis=1), self._signature.compute_dtype)

    def _run(self, tensors: list[Any]) -> list[Any]:
        """Call the model on one tensor for each input; return its outputs in order."""
        if has_graph(self.model):
            given = {id(k): v for k, v in zip(self.model.inputs, tensors, strict=True)}
            return run_graph(self.model.outputs, given, run_node)
        given = self._signature.structured(tensors)
        return list(keras.tree.flatten(self.model(given, training=False)))


_CACHE: OrderedDict[Any, KerasNetwork] = OrderedDict()
_CACHE_SIZE = 16


def as_network(model: Any, output: Output = "logit", *, like: Any = None) -> Any:
    """Return the `Network` of a Keras model, the same one for the same model and output.

    A `Network` is returned as it is.
    """
    if not isinstance(model, keras.Model):
        if isinstance(model, Network):
            return model
        raise TypeError(
            "Expected a keras.Model or a Network. "
            f"Received: {model!r} of type {type(model).__name__}."
        )
    key = (id(model), output)
    if key in _CACHE:
        _CACHE.move_to_end(key)
        return _CACHE[key]
    network = _CACHE[key] = KerasNetwork(model, output=output, like=like)
    while len(_CACHE) > _CACHE_SIZE:
        _CACHE.popitem(last=False)
    return network
