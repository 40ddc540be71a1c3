"""A term of the loss that holds a model in training to another: in its reasons, or its outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.backend import tf
from explainprune.network.functions.feeding import feed
from explainprune.network.functions.keras_network import KerasNetwork
from explainprune.network.functions.losses import compiled_like, heads_of
from explainprune.network.functions.scores import loss_of, takes_class_scores
from explainprune.network.protocol import Model
from explainprune.network.training.softened import TEMPERATURE, divergence, shares
from explainprune.types import Array, Rows

WEIGHTS = {"attributions": 5.0, "gradients": 5.0, "logits": 1.0}
"""What can be held to the dense model's, and what its term weighs unless a caller says so."""

FLOOR = 1e-3
"""Attributions count as that share of the dense model's mean size at least: below, dividing by
their size would make steps of any length."""


@dataclass(frozen=True, eq=False)
class Preserve:
    """What is held, and to which model's.

    Attributes
    ----------
    what : {"attributions", "gradients", "logits"}
    dense : keras.Model
        Of the architecture that is trained; left as it is.
    weight : float, optional
        Of the term, the loss having 1. None: that of `WEIGHTS`.
    unlabelled : Rows, optional
        Rows to hold it on beside those that are learnt.

    Raises
    ------
    ValueError
        If it is unknown, or weighs less than 0.
    """

    what: str
    dense: Model
    weight: float | None = None
    unlabelled: Rows | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.what, str) or self.what not in WEIGHTS:
            raise unknown("value of preserve", self.what, WEIGHTS)
        if isinstance(self.weight, bool) or not 0 <= self.strength < math.inf:
            raise ValueError(
                f"preserve_weight is a number of at least 0. Received: {self.weight!r}."
            )

    @property
    def strength(self) -> float:
        """What the term weighs."""
        return WEIGHTS[self.what] if self.weight is None else self.weight


class Lesson:
    r"""The rows that a term is held on, what the dense model says of each, and the term.

    With z a row x itself (``"gradients"``) or, for ``"attributions"``, a random point
    :math:`b + t (x - b)` of the path from another row b, and f, g the centred logits of the class
    that the dense model predicts for x (of a regression, its outputs in turn), the term is the mean
    over rows, as they weigh, of

    .. math:: D = \tfrac12 \sum_j \left| \frac{a_j}{\lVert a \rVert_1}
              - \frac{s_j}{\lVert s \rVert_1} \right|, \quad
              a = \nabla f(z), \; s = \nabla g(z)

    or, for ``"attributions"``, of these times :math:`x - b`, whose mean over b and t is what
    expected gradients attribute: the moved weight, point by point. ``"logits"`` is distillation:
    T² times the divergence of the softened shares, or the squared error of numbers.

    Parameters
    ----------
    preserve : Preserve
    model : keras.Model
        In training; compiled.
    rows : Rows
        With labels.
    weight : ndarray (n,), optional
        Of rows.

    Attributes
    ----------
    tensors : tuple
        Flat rows (N, d), what is wanted of each, and what each weighs.
    term : callable
        ``(tensors, drawn) → number``, to be traced.

    Raises
    ------
    ValueError
        If there are several outputs, one of more than one axis, or no gradient reaches an input.

    Notes
    -----
    Attributions held while compressing: Park et al. 2020, arXiv:2010.15054 (maps of a convolution,
    by squared errors). Gradients in a loss: Czarnecki et al. 2017, arXiv:1706.04859; Srinivas &
    Fleuret 2018, arXiv:1803.00443. Distillation: Hinton et al. 2015, arXiv:1503.02531.
    """

    def __init__(
        self, preserve: Preserve, model: Model, rows: Rows, weight: Array | None = None
    ) -> None:
        output = "logit" if preserve.what == "logits" else "centred"
        classes = _classes(model, rows)
        dense = KerasNetwork(compiled_like(preserve.dense, rows), output=output, like=rows.x)
        extra = preserve.unlabelled
        flat = [dense.pack(each.x) for each in (rows, extra) if each is not None]
        weights = [np.ones(len(rows)) if weight is None else weight]
        if extra is not None:
            weights.append(np.ones(len(extra)) if extra.weight is None else extra.weight)
        x = np.concatenate(flat)
        wanted = _wanted(dense.outputs(x), preserve.what, classes)
        if preserve.what != "logits":
            _check_gradients(dense, x, wanted, preserve.what)
        given = (x, wanted, np.concatenate(weights).astype(np.float32))
        self.tensors = tuple(tf.convert_to_tensor(each) for each in given)
        trained = KerasNetwork(model, output=output, like=rows.x)
        apart = _TERMS[preserve.what](dense, trained, classes)
        self.term = _weighed(apart, preserve.strength)

    def drawn(self, rng: np.random.Generator, count: int) -> tuple[Array, ...]:
        """Draw rows for `count` places of an epoch, other rows beside them, and where between."""
        rows = len(self.tensors[2])
        rounds = [rng.permutation(rows) for _ in range(-(-count // rows))]
        pick = np.concatenate(rounds)[:count]
        partner = rng.integers(rows, size=count)
        return pick, partner, rng.random(count).astype(np.float32)


Term = Callable[[Any, Any], Any]


def _weighed(apart: Callable[..., Any], weight: float) -> Term:
    """Return the mean of a distance over the rows that are drawn, as they weigh."""

    def term(tensors: tuple[Any, ...], drawn: tuple[Any, ...]) -> Any:
        x, wanted, weights = tensors
        pick, partner, place = drawn
        each = apart(
            tf.gather(x, pick), tf.gather(wanted, pick), tf.gather(x, partner), place[:, None]
        )
        return weight * tf.reduce_mean(tf.cast(tf.gather(weights, pick), each.dtype) * each)

    return term


def _attributions(dense: KerasNetwork, trained: KerasNetwork, classes: bool) -> Any:
    def apart(x: Any, wanted: Any, other: Any, place: Any) -> Any:
        step = x - other
        z = other + tf.cast(place, x.dtype) * step
        a, s = (step * _slopes(network, z, wanted) for network in (dense, trained))
        return moved(tf.stop_gradient(a), s)

    return apart


def _gradients(dense: KerasNetwork, trained: KerasNetwork, classes: bool) -> Any:
    def apart(x: Any, wanted: Any, other: Any, place: Any) -> Any:
        a, s = (_slopes(network, x, wanted) for network in (dense, trained))
        return moved(tf.stop_gradient(a), s)

    return apart


def _logits(dense: KerasNetwork, trained: KerasNetwork, classes: bool) -> Any:
    def apart(x: Any, wanted: Any, other: Any, place: Any) -> Any:
        z = trained.smooth_forward(x)
        wanted = tf.cast(wanted, z.dtype)
        if not classes:
            return tf.reduce_mean(tf.square(wanted - z), axis=-1)
        return divergence(wanted, z, TEMPERATURE)

    return apart


_TERMS = {"attributions": _attributions, "gradients": _gradients, "logits": _logits}


def moved(a: Any, s: Any) -> Any:
    """Return the moved weight of each row: half the sum of |a/‖a‖₁ − s/‖s‖₁|."""
    sizes = [tf.reduce_sum(tf.abs(each), axis=1, keepdims=True) for each in (a, s)]
    least = FLOOR * tf.reduce_mean(sizes[0])
    ours, theirs = (
        tf.math.divide_no_nan(each, tf.maximum(size, least))
        for each, size in zip((a, s), sizes, strict=True)
    )
    return tf.reduce_sum(tf.abs(ours - theirs), axis=1) / 2


def _slopes(network: KerasNetwork, z: Any, wanted: Any) -> Any:
    """Trace the gradient of one output of each row at z, itself to be differentiated."""
    with tf.GradientTape() as tape:
        tape.watch(z)
        chosen = tf.gather(network.smooth_forward(z), wanted, axis=1, batch_dims=1)
    return tape.gradient(chosen, z, unconnected_gradients=tf.UnconnectedGradients.ZERO)


@contextmanager
def adding(model: Model, term: Callable[[], Any]) -> Iterator[None]:
    """Let a model's loss have a term more while its step is traced.

    Raises
    ------
    ValueError
        If the step goes by a loss of its own.
    """
    own, asked = model.compute_loss, []

    def both(*args: Any, **kwargs: Any) -> Any:
        loss = own(*args, **kwargs)
        asked.append(loss)
        return loss + tf.cast(term(), loss.dtype)

    before = {k: v for k, v in model.__dict__.items() if k == "compute_loss"}
    model.__dict__["compute_loss"] = both  # past all that watches attributes being set
    try:
        yield
    finally:
        del model.__dict__["compute_loss"]
        model.__dict__.update(before)
    if not asked:
        raise ValueError(
            f"preserve= adds to what compute_loss returns, and the train_step of model "
            f"{model.name!r} ({type(model).__name__}) doesn't call it: use a recipe instead."
        )


def _classes(model: Model, rows: Rows) -> bool:
    """Tell whether the one output holds class scores, or those of yes and no."""
    heads = heads_of(model, feed(model, rows.x))
    if len(heads) > 1:
        raise ValueError(
            "preserve= holds a model of one output to another. Received: model "
            f"{model.name!r} with {len(heads)} outputs."
        )
    head, shape = heads[0]
    if len(shape) > 1:
        raise ValueError(
            "preserve= holds one number, or one row of them, for each row. Received: model "
            f"{model.name!r} with outputs of shape {('n', *shape)}."
        )
    if not shape or shape[-1] == 1:
        return head == "sigmoid" or loss_of(model).startswith("binary")
    return head == "softmax" or (head == "raw" and takes_class_scores(model))


def _wanted(outputs: Array, what: str, classes: bool) -> Array:
    """Return what is taught of each row, or the output whose reasons are held."""
    if what == "logits":
        return shares(outputs, TEMPERATURE).astype(np.float32) if classes else outputs
    every = np.arange(len(outputs)) % outputs.shape[1]
    return np.asarray(outputs.argmax(axis=1) if classes else every, np.int32)


def _check_gradients(network: KerasNetwork, x: Array, wanted: Array, what: str) -> None:
    """Raise where the output hangs on an input that no gradient reaches."""
    instead = f"preserve={what!r} follows gradients to the inputs: use preserve='logits' instead."
    if network.embedding() is not None:
        raise ValueError(f"The inputs of {network.model.name!r} are tokens. {instead}")
    try:
        network.gradients(x[:1], wanted[:1])
    except ValueError as error:
        raise ValueError(f"{error} {instead}") from error
    lost, _ = network.reach.of(range(network.n_outputs))
    if lost:
        first, operation = next(iter(lost.items()))
        raise ValueError(
            f"No gradient reaches {len(lost)} of the {network.n_inputs} inputs of "
            f"{network.model.name!r}, though its output hangs on them: number {first} only by "
            f"{operation}. {instead}"
        )
