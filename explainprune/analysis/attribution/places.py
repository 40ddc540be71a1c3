"""The shape of an image or a sequence that a flat row stands for."""

from __future__ import annotations

import math
from typing import Any

from explainprune.network import Network


def places_of(network: Network, shape: Any, method: str) -> tuple[int, ...]:
    """Return the shape of one row.

    Parameters
    ----------
    network : Network
    shape : tuple of int, optional
        What the caller says of flat rows. None: the shape of the model's one input.
    method : str
        For the errors.

    Raises
    ------
    ValueError
        If the model doesn't have one input with places, and the caller gives no shape that fits.
    """
    signature = getattr(network, "signature", None)
    parts: tuple[Any, ...] = () if signature is None else signature.parts
    if shape is None:
        if len(parts) != 1 or len(parts[0].shape) < 2:
            seen = ", ".join(f"{part.name}: {part.shape}" for part in parts) or "flat rows"
            raise ValueError(
                f"{method} needs rows with places, an image or a sequence. Received: {seen}. Pass "
                f"shape= the shape that the {network.n_inputs} features of a row have."
            )
        return tuple(int(size) for size in parts[0].sizes)
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    whole = all(isinstance(size, int) and size > 0 for size in sizes)
    if not whole or math.prod(sizes) != network.n_inputs:
        raise ValueError(
            f"shape holds sizes whose product is the {network.n_inputs} features of a row. "
            f"Received: {shape!r}."
        )
    return sizes
