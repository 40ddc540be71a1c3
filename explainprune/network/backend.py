"""TensorFlow and Keras, imported quietly and once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Drop what native code writes to stderr: TensorFlow logs there before it can be told."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


with _silent_stderr():
    import keras
    import tensorflow as tf

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "explainprune needs Keras on its TensorFlow backend. "
        f"Received: KERAS_BACKEND={keras.backend.backend()!r}. Set KERAS_BACKEND=tensorflow."
    )

__all__ = ["keras", "tf"]
