"""Recurrent layers step by step: a loop in the graph has no rule, its steps do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    try:
        for each in rolled:
            each.unroll = True
        yield
    finally:
        for each in rolled:
            each.unroll = False
