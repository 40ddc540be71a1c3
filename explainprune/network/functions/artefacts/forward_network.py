"""An artefact as a `Network`: outputs of flat rows, and no gradients."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.functions import inputs as packing
from explainprune.network.functions.artefacts.artefact import Artefact, OutputSpec, are_shares
from explainprune.network.functions.targets import flat_index
from explainprune.types import OUTPUTS, Array, Inputs

TRIED = 1000
"""Most rows that tell what an artefact outputs."""


class ForwardNetwork:
    """Outputs of an artefact as a function of flat rows.

    Behind what a file outputs no logits are seen: of one that outputs probabilities,
    probabilities are explained, whatever is asked for. Of one that outputs class scores these are
    the logits.

    Parameters
    ----------
    artefact : Artefact
    output : {"logit", "centred", "probability"}
        As a `KerasNetwork` takes it.
    like : ndarray, dict or list of ndarray, optional
        Rows, for sizes that the artefact leaves open, the order of several inputs, and to see
        whether outputs are probabilities where the file doesn't say.
    task : {"classification", "regression", "unknown"}, optional
        An output of one number for two classes then counts as both: 0 is no, 1 is yes.

    Attributes
    ----------
    artefact : Artefact
    output_kind : str
        ``"probability"`` where there is nothing else.
    step : float
        How far apart the numbers are that the file can output; 0 where it isn't quantised.
    n_inputs, n_outputs, rows_per_call, output_names, output_shapes, notes, yes_or_no
        As a `KerasNetwork` has them.

    Raises
    ------
    ValueError
        If `output` isn't known, or sizes are open and there are no rows.

    Examples
    --------
    >>> network = ForwardNetwork(Artefact("sum", lambda x: x.sum(axis=1)), like=np.ones((2, 3)))
    >>> network.outputs(np.ones((2, 3)))
    array([[3.],
           [3.]])
    """

    forward_only = True
    looked_through = False

    def __init__(
        self,
        artefact: Artefact,
        *,
        output: Any = "logit",
        like: Any = None,
        task: str | None = None,
    ) -> None:
        if callable(output):
            raise ValueError(
                "A callable target reads a model's raw output tensors, and "
                f"{artefact.name} has none to read. Pass target= an index or a class."
            )
        if output not in OUTPUTS:
            raise unknown("output", output, OUTPUTS)
        self.artefact = artefact
        self.rows_per_call = artefact.rows_per_call
        self._running = artefact.on(like)
        self._parts = self._running.parts
        self.n_inputs = sum(part.size for part in self._parts)
        self._clipped = 0.0
        tried = self._running.arrays(self._tried(like))
        self.output_shapes = tuple(array.shape[1:] for array in tried)
        specs = artefact.outputs or tuple(OutputSpec(f"output_{i}") for i in range(len(tried)))
        self.output_names = tuple(spec.name for spec in specs)
        self.step = max((spec.step for spec in specs), default=0.0)
        shares = [
            bool(spec.end) or are_shares(array.reshape(-1, array.shape[-1]))
            for spec, array in zip(specs, map(_wide, tried), strict=True)
            if _counts(spec, array, task)
        ]
        self._shares = len(shares) == len(specs) and all(shares)
        self.output_kind = "probability" if self._shares else str(output)
        single = self.output_shapes in (((),), ((1,),))
        sure = any(spec.end for spec in specs) and task != "regression"
        self.yes_or_no = bool(task and single and (sure or task == "classification"))
        self._task, self._asked = task, str(output)
        if self.yes_or_no:
            self.output_shapes = ((2,),)
        self.n_outputs = sum(int(np.prod(shape)) for shape in self.output_shapes)

    def _tried(self, like: Any) -> Array:
        """Return some rows, flat; zeros where there are none."""
        if like is None:
            return np.zeros((1, self.n_inputs), self._running.dtype)
        known = self.artefact.outputs is not None and all(s.end for s in self.artefact.outputs)
        try:
            return self.pack(like)[: 1 if known else TRIED]
        except ValueError as error:
            raise ValueError(f"Rows don't fit {self.artefact.name}. {error}") from None

    @property
    def signature(self) -> Any:
        """What it reads: ``.parts`` and ``.texts``, as a Keras model's signature has them."""
        return SimpleNamespace(parts=self._parts, texts=())

    @property
    def whole_numbers(self) -> bool:
        """Whether an input takes whole numbers only, which can't be moved a little."""
        return any("int" in part.dtype for part in self._parts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the results must know."""
        name, found = self.artefact.name, list(self.artefact.notes)
        if self._shares and self._asked != "probability":
            found.append(f"{name} outputs probabilities and shows no logits: they are explained")
        elif self._asked == "probability" and not self._shares and self._squashed:
            found.append(f"{name} outputs class scores: their {self._squashed} is its probability")
        if self._clipped:
            found.append(
                f"{self._clipped:.1%} of the values given to {name} lie beyond what its quantised "
                "input can hold, and count as the nearest that it can"
            )
        return tuple(note if note.endswith(".") else f"{note}." for note in found)

    @property
    def _squashed(self) -> str:
        """Name what turns scores into probabilities, where that is known."""
        if self._task == "regression":
            return ""
        if all(shape and shape[-1] > 1 for shape in self.output_shapes) and not self.yes_or_no:
            return "softmax"
        return "sigmoid" if self.yes_or_no else ""

    def pack(self, x: Any) -> Array:
        """Check the caller's inputs and lay each row flat: see `KerasNetwork.pack`."""
        flat = self._running.pack(x)
        self._clipped = max(self._clipped, self._beyond(flat))
        return flat

    def unpack(self, values: Array, like: Any = None) -> Inputs:
        """Give flat values the shape of the caller's inputs `like`."""
        return packing.unpack(np.asarray(values), self._parts, like)

    def flat_target(self, target: Any) -> int:
        """Return the index of an output in the flat row of all outputs."""
        return flat_index(target, self.output_names, self.output_shapes)

    def outputs(self, x: Array) -> Array:
        """Return what is explained of each row: (n, n_inputs) → (n, n_outputs)."""
        raw = self.raw(x)
        if self.yes_or_no:
            return self._both(raw)
        numbers = self._asked == "probability" and self._task == "regression"
        if self._shares or self._asked == "logit" or numbers:
            return raw
        ends = np.cumsum([int(np.prod(shape)) for shape in self.output_shapes])[:-1]
        pieces = [
            _as_asked(piece.reshape(len(raw), *shape), self._asked).reshape(len(raw), -1)
            for piece, shape in zip(np.split(raw, ends, axis=1), self.output_shapes, strict=True)
        ]
        return np.concatenate(pieces, axis=1)

    def raw(self, x: Array) -> Array:
        """Return what the artefact itself outputs, all outputs laid flat."""
        arrays = self._running.arrays(x)
        return np.concatenate([array.reshape(len(x), -1) for array in arrays], axis=1)

    def gradients(self, x: Array, targets: Array) -> NoReturn:
        """Raise: there are none."""
        raise ValueError(no_gradients("This method", self.artefact.name))

    def jacobian(self, x: Array) -> NoReturn:
        """Raise: there is none."""
        raise ValueError(no_gradients("This method", self.artefact.name))

    def _both(self, raw: Array) -> Array:
        """Set "no" beside "yes": (n, 1) → (n, 2)."""
        if not self._shares and self._asked == "probability":
            raw = np.exp(-np.logaddexp(0, -raw))  # the sigmoid, without overflow
        if self.output_kind == "probability":
            return np.concatenate([1 - raw, raw], axis=1)
        both = np.concatenate([-raw, raw], axis=1)
        return both / 2 if self._asked == "centred" else both

    def _beyond(self, flat: Array) -> float:
        """Return which share of values lies beyond what quantised inputs can hold."""
        start, beyond = 0, 0
        for part in self._parts:
            piece, start = flat[:, start : start + part.size], start + part.size
            low, high = self.artefact.ranges.get(part.name, (-np.inf, np.inf))
            beyond += int(((piece < low) | (piece > high)).sum())
        return beyond / max(1, flat.size)


def no_gradients(method: str, name: str) -> str:
    """Say that a method needs gradients, and which don't."""
    return (
        f"{method} needs gradients, and {name} only runs forward. Use method='permutation', "
        "'kernel', 'leverage' or 'occlusion', or 'exact' for few features."
    )


def _counts(spec: OutputSpec, array: Array, task: str | None) -> bool:
    """Whether an output can be read as probabilities: one number says so itself, or is a class."""
    return bool(spec.end) or _wide(array).shape[-1] > 1 or task == "classification"


def _wide(array: Array) -> Array:
    """Give an output of one number for each row an axis of its own."""
    return array[:, None] if array.ndim == 1 else array


def _as_asked(scores: Array, output: str) -> Array:
    """Centre class scores (n, ..., K), or turn them into probabilities."""
    if scores.ndim < 2 or scores.shape[-1] == 1:
        return scores
    if output == "centred":
        return np.asarray(scores - scores.mean(axis=-1, keepdims=True))
    return np.asarray(np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)))
