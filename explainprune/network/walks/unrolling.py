"""Recurrent layers step by step: a loop in the graph has no rule, its steps do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from explainprune.network.backend import keras


@contextmanager
def unrolled(layers: Iterable[Any]) -> Iterator[None]:
    """Let recurrent layers among `layers` trace all their steps, while this lasts.

    The layers themselves are asked, not copies of them: subclassed models call them by
    themselves. Whatever happens, they are as before afterwards.
    """
    rolled = [each for each in layers if isinstance(each, keras.layers.RNN) and not each.unroll]
    backward = [each for each in rolled if each.go_backwards]
    try:
        for each in rolled:
            each.unroll = True
        for each in backward:
            # In the instance, past Keras' own __setattr__, which keeps track of what is set.
            vars(each)["inner_loop"] = _turned(each, each.inner_loop)
            each.go_backwards = False
        yield
    finally:
        for each in rolled:
            each.unroll = False
        for each in backward:
            vars(each).pop("inner_loop", None)
            each.go_backwards = True


def _turned(layer: Any, loop: Callable[..., Any]) -> Callable[..., Any]:
    """Read a sequence and its mask from the end, and go through both forwards.

    Keras' unrolled steps go backwards through the inputs, but where outputs of masked steps are
    zero they are zeroed by the mask as it stands, not by the reversed one.
    """

    def inner_loop(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        return loop(_flipped(sequences), initial_state, _flipped(mask), training)

    return inner_loop


def _flipped(sequences: Any) -> Any:
    """Reverse the steps of nested sequences; None stays None."""
    return keras.tree.map_structure(
        lambda part: keras.ops.flip(part, axis=1), sequences, none_is_leaf=False
    )
