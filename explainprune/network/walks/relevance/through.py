"""What arrives at an operation, carried back by the operation's own gradient."""

from __future__ import annotations

from functools import wraps
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.tracing.dependence import layer_of
from explainprune.network.tracing.reaching.stops import has_slopes
from explainprune.network.walks.walk import Rule


def through(op: Any, arrived: list[Any], depends: list[bool], context: Any = None) -> list[Any]:
    """Return what comes to each of the inputs that depend; they may be one and the same tensor."""
    reached = [
        (out, grad) for out, grad in zip(op.outputs, arrived, strict=True) if grad is not None
    ]
    asked = {
        t.ref(): t for t, each in zip(op.inputs, depends, strict=True) if each and has_slopes(t)
    }
    found = tf.gradients(
        [out for out, _ in reached],
        list(asked.values()),
        grad_ys=[tf.cast(grad, out.dtype) for out, grad in reached],
        # Of one input another may be made: each counts by itself.
        stop_gradients=list(op.inputs),
    )
    slopes = {ref: slope for ref, slope in zip(asked, found, strict=True) if slope is not None}
    times = [tensor.ref() for tensor in op.inputs]
    return [
        tf.convert_to_tensor(slopes[ref]) / times.count(ref) if depend and ref in slopes else None
        for ref, depend in zip(times, depends, strict=True)
    ]


def naming(rule: Rule) -> Rule:
    """Let a rule name the operation and its layer if it fails."""

    @wraps(rule, updated=())
    def named(op: Any, *given: Any) -> list[Any]:
        try:
            return rule(op, *given)
        except Exception as error:
            # TensorFlow fails in many ways where an operation has no gradient, loops above all.
            reason = str(error).strip().splitlines()[0] if str(error).strip() else ""
            raise ValueError(
                f"nothing can be handed back through operation {op.type!r} of layer "
                f"{layer_of(op)!r} ({type(error).__name__}: {reason})"
            ) from error

    return named
