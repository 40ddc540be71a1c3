"""Which logit of each row is explained."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf


def as_target(target: int | None) -> Any:
    """Write a class, or None for the class that each row is predicted as, as a tensor."""
    return tf.constant(-1 if target is None else target, tf.int64)


def explained(logits: Any, target: Any) -> Any:
    """Return 1 at the logit that is explained of each row (and position), 0 elsewhere.

    Parameters
    ----------
    logits : tensor (n, ..., classes)
        A single one is always the one that is explained.
    target : tensor
        What `as_target` made.
    """
    if logits.shape[-1] == 1:
        return tf.ones_like(logits)
    best = tf.where(target < 0, tf.argmax(logits, axis=-1), target)
    return tf.one_hot(best, logits.shape[-1], dtype=logits.dtype)
