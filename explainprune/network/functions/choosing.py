"""What is explained of each output: its logits, its centred logits, or its probability."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.functions.logits import SLICE, Head, find_head
from explainprune.network.functions.scores import is_yes_or_no, loss_of, takes_class_scores
from explainprune.network.protocol import Model
from explainprune.network.reasons import reason_of

# An output that ends in one of these is a sum of what a layer put together: a logit, or a number.
_LINEAR = {"BiasAdd", "MatMul", "BatchMatMulV2", "Einsum", "Add", "AddV2", "AddN", "Conv2D",
           "Conv2DBackpropInput", "LogSoftmax", "Sub"}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """The outputs of a network.

    Attributes
    ----------
    names : tuple of str
    shapes : tuple of tuple of int
        Without the row axis.
    looked_through : bool
        Whether a final softmax or sigmoid was found in any of them.
    notes : tuple of str
        What the reader must know of them.
    yes_or_no : bool
        Whether both classes of an output of one unit stand side by side.
    ends : tuple of str
        What each output ends in: ``"softmax"``, ``"sigmoid"`` or ``"raw"``.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    looked_through: bool = False
    notes: tuple[str, ...] = ()
    yes_or_no: bool = False
    ends: tuple[str, ...] = ()


def explained(
    raw: list[Any],
    names: tuple[str, ...],
    output: str | Callable[..., Any],
    model: Model,
    task: str | None = None,
) -> tuple[Any, Layout]:
    """Trace what is explained of a model's raw outputs: → (n, outputs), laid flat.

    Parameters
    ----------
    raw : list of tensor
        The model's outputs, in the graph being traced.
    names : tuple of str
    output : {"logit", "centred", "probability"} or callable
    model : keras.Model
        Its loss tells class scores from other numbers.
    task : {"classification", "regression", "unknown"}, optional
        An output of one unit for two classes is then explained as both: of a logit z they are −z
        and z (centred, as of a softmax with the same probabilities: −z/2 and z/2), of a
        probability p they are 1 − p and p. None: it stays one output.

    Raises
    ------
    ValueError
        If a size is not known, or a callable fails or returns more than one number for each row.
    """
    if callable(output):
        return _of_callable(output, raw), Layout(("callable",), ((),))
    shapes = tuple(tuple(tensor.shape[1:]) for tensor in raw)
    if any(tensor.shape.rank is None or None in tensor.shape[1:] for tensor in raw):
        raise ValueError(
            f"The sizes of the model's outputs are not known: {[str(t.shape) for t in raw]}. Fix "
            "the shapes of its inputs."
        )
    flat, notes, ends = [], [], list[str]()
    for index, (tensor, name) in enumerate(zip(raw, names, strict=True)):
        head = find_head(tensor)
        ends.append(head.kind)
        pick = _probability if output == "probability" else _logit
        scores = takes_class_scores(model, index, name) and _width(tensor) > 1
        chosen, note = pick(head, tensor, output, scores, loss_of(model, index, name))
        flat.append(tf.reshape(chosen, (-1, math.prod(shapes[index]))))
        notes += [f"Output {name!r} {note}."] if note else []
    wide = tf.float64 if any(tensor.dtype == tf.float64 for tensor in flat) else tf.float32
    joined = tf.concat([tf.cast(tensor, wide) for tensor in flat], axis=1)
    layout = Layout(names, shapes, set(ends) != {"raw"}, tuple(notes), ends=tuple(ends))
    if task is not None and shapes in (((),), ((1,),)):
        linear = _end(raw[0]) in _LINEAR
        if is_yes_or_no(loss_of(model, 0, names[0]), ends[0], linear, task):
            return _both(joined, output), replace(layout, shapes=((2,),), yes_or_no=True)
    return joined, layout


def _both(yes: Any, output: str) -> Any:
    """Set "no" beside "yes": (n, 1) → (n, 2)."""
    if output == "probability":
        return tf.concat([1.0 - yes, yes], axis=1)
    # A difference, not a negative: shap has no rule for those.
    both = tf.concat([0.0 - yes, yes], axis=1)
    return 0.5 * both if output == "centred" else both


def _of_callable(function: Callable[..., Any], raw: list[Any]) -> Any:
    """Apply a user's function of raw outputs, and insist on one number for each row."""
    try:
        value = tf.convert_to_tensor(function(raw[0] if len(raw) == 1 else raw))
    except Exception as error:
        raise ValueError(
            f"The callable that picks the output failed: {type(error).__name__}: {reason_of(error)}"
        ) from error
    # The row axis is the one whose size no graph knows.
    if value.shape.rank is None or value.shape.as_list() not in ([None], [None, 1]):
        raise ValueError(
            "The callable that picks the output returns one number for each row, shape (n,). "
            f"Received: shape={tuple(value.shape)}."
        )
    value = tf.reshape(value, (-1, 1))
    return value if value.dtype == tf.float64 else tf.cast(value, tf.float32)


def _logit(head: Head, raw: Any, kind: str, scores: bool, loss: str) -> tuple[Any, str]:
    if head.kind != "raw":
        return (head.centred if kind == "centred" else head.logits), ""
    end = _end(raw)
    note = ""
    if end not in _LINEAR:
        note = f"ends in no softmax or sigmoid ({end}): its raw values are explained"
    if kind == "centred" and scores:
        if not loss and not note:
            note = "ends in no softmax and has no loss: its values are centred as class scores"
        return head.centred, note
    return raw, note


def _probability(head: Head, raw: Any, kind: str, scores: bool, loss: str) -> tuple[Any, str]:
    if head.kind != "raw":
        return raw, ""
    if _end(raw) in _LINEAR and scores:
        return tf.nn.softmax(raw), "ends in class scores: their softmax is its probability"
    if _end(raw) in _LINEAR and loss.startswith("binary"):
        return tf.nn.sigmoid(raw), "ends in logits: their sigmoid is its probability"
    return raw, f"ends in no softmax or sigmoid ({_end(raw)}): its raw values are explained"


def _end(tensor: Any) -> str:
    """Name the last operation that computes something."""
    while tensor.op.type in ("Identity", "Reshape", "Squeeze", "ExpandDims", "Cast", SLICE):
        tensor = tensor.op.inputs[0]
    return str(tensor.op.type)


def _width(tensor: Any) -> int:
    return int(tensor.shape[-1] or 1) if tensor.shape.rank > 1 else 1
