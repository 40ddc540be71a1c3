"""A Keras model as a `Network`: a function of flat rows, with its logits and its gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.backend import keras
from explainprune.network.failing import failing
from explainprune.network.functions import inputs as packing
from explainprune.network.functions.choosing import explained
from explainprune.network.functions.compiled import CompiledFunction
from explainprune.network.functions.embedding import EmbeddedNetwork
from explainprune.network.functions.forward import run_model
from explainprune.network.functions.lookups import find_lookups, token_check
from explainprune.network.functions.signature import Signature, signature_of
from explainprune.network.functions.smooth import Smooth
from explainprune.network.functions.targets import flat_index
from explainprune.network.functions.text import refuse_text
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.protocol import Model
from explainprune.network.soundness import check_stateless, check_weights
from explainprune.network.tracing.reaching import Reach
from explainprune.network.tracing.same import precision_of
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
    task : {"classification", "regression", "unknown"}, optional
        An output of one unit for two classes then counts as both: 0 is no, 1 is yes. What is no
        such output stays as it is. None: it stays one output.

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
    yes_or_no : bool
        Whether the two outputs are both classes of one unit.
    ends : tuple of str
        What each output ends in: "softmax", "sigmoid" or "raw".
    n_inputs, n_outputs, rows_per_call : int

    Raises
    ------
    ValueError
        If the model was never built, or `output` is unknown.
    """

    n_inputs: int
    n_outputs: int
    rows_per_call: int
    output_names: tuple[str, ...]
    output_shapes: tuple[tuple[int, ...], ...]
    looked_through: bool
    notes: tuple[str, ...]
    yes_or_no: bool
    ends: tuple[str, ...]

    def __init__(
        self,
        model: Model,
        *,
        output: Output = "logit",
        memory_bytes: int = 2**28,
        like: Any = None,
        task: str | None = None,
    ) -> None:
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"Expected a keras.Model. Received: {model!r} of type {type(model).__name__}."
            )
        if not callable(output) and output not in OUTPUTS:
            raise unknown("output", output, OUTPUTS)
        self.model = model
        self.output_kind = "callable" if callable(output) else output
        self._output, self._task = output, task
        self._memory_bytes = memory_bytes
        check_stateless(model)
        self._signature = signature_of(model, like)
        if self._signature.known:
            self._compile()

    def __getattr__(self, name: str) -> Any:
        """Say why a network whose model leaves sizes open knows little before it sees rows."""
        if name != "_signature" and not self._signature.known:
            open_parts = [part for part in self._signature.parts if not part.known]
            raise AttributeError(
                f"{name} is not known yet: the model leaves the shape of input "
                f"{', '.join(f'{part.name!r} {part.shape}' for part in open_parts)} open. Pack "
                "rows first, or pass like=, a few of them."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _compile(self) -> None:
        """Trace the model: from here on all sizes are known."""
        shapes = ", ".join(f"(n, {', '.join(map(str, p.shape))})" for p in self._signature.parts)
        with failing(f"Model {self.model.name!r} can't be run on rows of shape {shapes}"):
            self._traced()

    def _traced(self) -> None:
        self._lookups = find_lookups(self.model, self._signature, self.trace)
        self._embedded: EmbeddedNetwork | None = None
        found = self._lookups
        self._check_tokens = None if found is None else token_check(found, self.trace)
        self._compiled = self._compiled_with(frozenset())
        precision = precision_of(layers_inside(self.model))
        self._smooth = Smooth(self._signature, self._compiled, self._compiled_with, precision)
        self.n_inputs = self._compiled.n_inputs
        self.n_outputs = self._compiled.n_outputs
        self.rows_per_call = self._compiled.rows_per_call

    def _compiled_with(self, numbers: frozenset[str]) -> CompiledFunction:
        return CompiledFunction(
            lambda x: self.trace(self._signature.split(x, numbers)),
            self._signature.n_inputs,
            dtype=self._signature.dtype,
            memory_bytes=self._memory_bytes,
        )

    def outputs(self, x: Array) -> Array:
        """Return all outputs of each row: (n, n_inputs) → (n, n_outputs)."""
        try:
            return self._smooth.at(x).outputs(x)
        except ValueError:
            check_weights(self.model)  # that may have changed since the network was made
            raise

    def gradients(self, x: Array, targets: Array) -> Array:
        """Return the gradient of output ``targets[i]`` at row i: (n, n_inputs)."""
        self._check_differentiable()
        return self._smooth.compiled.gradients(x, targets)

    def jacobian(self, x: Array) -> Array:
        """Return the gradients of all outputs: (n, n_inputs) → (n, n_inputs, n_outputs)."""
        self._check_differentiable()
        return self._smooth.compiled.jacobian(x)

    def pack(self, x: Any) -> Array:
        """Check the caller's inputs against the model and lay each row flat.

        Parameters
        ----------
        x : ndarray, dict of str to ndarray, or list of ndarray
            In the model's own shape, or flat (n, features); a list in the order of its inputs.

        Returns
        -------
        ndarray (n, n_inputs)
            Of float32; of float64 where the model reads integers or float64.

        Raises
        ------
        ValueError
            If names, ranks, feature counts, dtypes, row counts or tokens don't fit the model.
        """
        if not self._signature.known:
            self._signature = self._signature.like(x)
            if not self._signature.known:
                asked = ", ".join(f"{part.name!r} {part.shape}" for part in self._signature.parts)
                raise ValueError(
                    f"The model leaves the shape of its inputs open ({asked}): rows need all axes, "
                    f"not flat ones. Received: {_shapes(x)}."
                )
            self._compile()
        flat = self._signature.pack(x)
        if self._check_tokens is not None:
            self._check_tokens(flat)
        self._smooth.see(flat)
        return flat

    def unpack(self, values: Array, like: Any = None) -> Inputs:
        """Give flat values (n, n_inputs[, n_outputs]) the shape of the caller's inputs `like`."""
        return packing.unpack(np.asarray(values), self._signature.parts, like)

    def flat_target(self, target: Any) -> int:
        """Return the index of an output in the flat row of all outputs.

        Parameters
        ----------
        target : int, str or tuple
            A flat index; a tuple of indices into an output of higher rank; for several outputs it
            begins with the output's name or position.

        Raises
        ------
        ValueError
            If there is no such output.
        """
        return flat_index(target, self.output_names, self.output_shapes)

    def embedding(self) -> EmbeddedNetwork | None:
        """Cut the network at the outputs of the Embeddings that its inputs feed.

        Returns
        -------
        EmbeddedNetwork or None
            None if no input feeds an Embedding.
        """
        if self._embedded is None and self._lookups is not None:
            self._embedded = EmbeddedNetwork(
                self._lookups, self.trace, self._smooth.numbers, memory_bytes=self._memory_bytes
            )
            cut = self._embedded
            self._smooth.check(
                lambda rows: cut.outputs(cut.embed(rows)), "The network cut at its embeddings"
            )
        return self._embedded

    def _check_differentiable(self) -> None:
        if self._lookups is not None:
            raise ValueError(
                f"The inputs of {self.model.name!r} feed an Embedding: tokens have no gradient. "
                "Use the network that embedding() returns."
            )
        refuse_text(self)
        lost, start = self.reach.of(range(self.n_outputs))[0], 0
        for part in self._signature.parts:
            own, start = range(start, start + part.size), start + part.size
            if "float" not in part.dtype and all(feature in lost for feature in own):
                raise ValueError(
                    f"Input {part.name!r} of the model has dtype {part.dtype} and feeds no "
                    "Embedding that is known: it has no gradient. Use a method that only "
                    "evaluates the model, such as occlusion or permutation."
                )

    @property
    def reach(self) -> Reach:
        """Which features gradients don't reach, though outputs hang on them."""
        return self._smooth.compiled.reach

    def smooth_forward(self, x: Any) -> Any:
        """Trace the model, integers read as numbers where they may be: flat rows → outputs."""
        return self.trace(self._signature.split(x, self._smooth.numbers))

    @property
    def signature(self) -> Signature:
        """What the model reads: names, shapes and dtypes."""
        return self._signature

    def trace(self, tensors: list[Any]) -> Any:
        """Trace what is explained of one symbolic tensor for each input, in a ``tf.function``."""
        return self._head(*run_model(self.model, self._signature, tensors))

    def _forward(self, x: Any) -> Any:
        """Trace the model: flat rows → flat outputs."""
        raw, names = run_model(self.model, self._signature, self._signature.split(x))
        fixed = [int(each.shape[0]) for each in raw if each.shape.rank and each.shape[0]]
        if fixed:
            raise ValueError(
                f"The model outputs {fixed[0]} rows whatever it is given: a batch size is built "
                "into it (an Input with a batch_shape, a reshape). Expected a row for each row."
            )
        return self._head(raw, names)

    def _head(self, raw: list[Any], names: tuple[str, ...]) -> Any:
        """Trace what is explained of the model's raw outputs, and learn their names and shapes."""
        flat, layout = explained(raw, names, self._output, self.model, self._task)
        self.output_names, self.output_shapes = layout.names, layout.shapes
        self.looked_through, self.notes = layout.looked_through, layout.notes
        self.yes_or_no, self.ends = layout.yes_or_no, layout.ends
        return flat


def _shapes(x: Any) -> str:
    parts = x.items() if isinstance(x, Mapping) else [("shape", x)]
    return ", ".join(f"{name}={np.shape(part)}" for name, part in parts)
