"""TensorFlow and Keras, imported quietly and once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Drop what native code writes to stderr: TensorFlow logs there before it can be told."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def _refusal(received: str, why: str = "") -> ImportError:
    """Say which backend is needed, and which is there."""
    if received == "tensorflow":
        return ImportError(
            f"explainprune needs TensorFlow and Keras 3, which can't be imported here{why}."
        )
    return ImportError(
        "explainprune needs Keras on its TensorFlow backend. "
        f"Received: KERAS_BACKEND={received!r}{why}. Set KERAS_BACKEND=tensorflow."
    )


try:
    with silent_stderr():
        import keras
        import tensorflow as tf
except Exception as error:  # a backend that isn't installed, or that nobody knows
    reason = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else ""
    raise _refusal(os.environ["KERAS_BACKEND"], f" ({reason})") from error

if keras.backend.backend() != "tensorflow":
    raise _refusal(keras.backend.backend())

__all__ = ["keras", "silent_stderr", "tf"]
