"""From what a caller gives to flat rows, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from explainprune.network import Network
from explainprune.types import Array, Inputs


def pack(network: Network, x: Any, what: str) -> Array:
    """Lay the rows of `x` flat: (n, n_inputs), floats.

    Raises
    ------
    ValueError
        If names, rank or feature count don't fit the network; it begins with `what`.
    """
    if hasattr(network, "pack"):
        try:
            packed: Array = network.pack(x)
        except ValueError as error:
            raise ValueError(f"{what} does not fit the model. {error}") from None
        return packed
    if isinstance(x, (dict, list)):
        raise ValueError(f"{what} is one array for a network of one input. Received: {len(x)}.")
    width = math.prod(x.shape[1:])
    if x.ndim < 2 or width != network.n_inputs:
        raise ValueError(
            f"{what} does not fit the network. Expected shape (n, {network.n_inputs}), or rows of "
            f"as many features. Received: shape={x.shape}."
        )
    if x.dtype.kind == "U":
        raise ValueError(
            f"{what} is text, which a formula doesn't read. Received: dtype={x.dtype}."
        )
    flat: Array = x.reshape(len(x), width)
    return flat if flat.dtype.kind == "f" else flat.astype(np.float64)


def unpack(network: Network, values: Array, like: Any) -> Inputs:
    """Give values (n, n_inputs[, K]) the shape of the caller's `like`."""
    if hasattr(network, "unpack"):
        unpacked: Inputs = network.unpack(values, like)
        return unpacked
    return values.reshape(*np.shape(like), *values.shape[2:])


def by_name(network: Network, x: Inputs | list[Array]) -> Inputs:
    """Turn a list of inputs, which has no names, into a dict."""
    if not isinstance(x, list):
        return x
    return unpack(network, pack(network, x, "x"), x)
