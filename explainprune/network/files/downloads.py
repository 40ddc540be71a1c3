"""Data sets that Keras downloads."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from explainprune.network.backend import keras

TIMEOUT = 20.0
"""Seconds without an answer after which a download is given up."""


@contextmanager
def _impatient() -> Iterator[None]:
    """Give up on silent connections: Keras itself waits for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def keras_dataset(name: str) -> Any:
    """Return ``(x_train, y_train), (x_test, y_test)`` of one of Keras' own data sets.

    Downloads it into the Keras cache if need be. What Keras prints goes to stderr.
    """
    with _impatient(), redirect_stdout(sys.stderr):
        return getattr(keras.datasets, name).load_data()
