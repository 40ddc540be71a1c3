"""What a model weighs: parameters, operations, bytes."""

from __future__ import annotations

import gzip as gzip_package
from collections.abc import Iterable, Mapping

import numpy as np

from explainprune.network.graph.graph import read_graph
from explainprune.network.graph.nodes import has_graph
from explainprune.network.listing import layers
from explainprune.network.protocol import Model
from explainprune.network.variables import variables, weights_of
from explainprune.network.ways.flops import flops_of
from explainprune.types import Array, Size


def size_of(model: Model, *, gzip: bool = True, masks: Mapping[str, Array] | None = None) -> Size:
    """Weigh a model.

    ``flops`` are two for each multiply-add of one row, zeros included: dense, convolution,
    recurrent and attention layers' products and one multiply-add for each number that is
    normalised. Biases, activation functions and pooling don't count. A subclassed model has no
    graph to read shapes from: each entry of its kernels counts as one multiply-add.

    Parameters
    ----------
    model : keras.Model
    gzip : bool
        Whether to compress the weights; ``bytes_gzip`` is 0 without.
    masks : mapping of str to ndarray of bool, optional
        By variable path: entries that are not kept count as zeros.

    Returns
    -------
    Size
        ``bytes`` are those of all weights as float32; ``bytes_gzip`` the same through gzip,
        without a date, so that equal weights give equal sizes.

    Examples
    --------
    >>> from explainprune.network.building import perceptron
    >>> size = size_of(perceptron(64, 10, hidden=(32,)))
    >>> size.params, size.flops, size.bytes
    (2410, 4736, 9640)
    """
    kept: Mapping[str, Array | bool] = masks or {}
    arrays = [
        np.where(kept.get(path, True), np.asarray(values, np.float32), np.float32(0))
        for path, values in weights_of(model).items()
    ]
    return Size(
        params=sum(array.size for array in arrays),
        nonzero=sum(int(np.count_nonzero(array)) for array in arrays),
        flops=_flops(model),
        bytes=sum(array.nbytes for array in arrays),
        bytes_gzip=bytes_gzip(arrays) if gzip else 0,
    )


def bytes_gzip(arrays: Iterable[Array]) -> int:
    """Count the bytes of arrays as float32 through gzip, at its own default level.

    The highest level takes nine times as long on pruned weights and saves two per cent.
    """
    raw = b"".join(np.asarray(values, np.float32).tobytes() for values in arrays)
    return len(gzip_package.compress(raw, compresslevel=6, mtime=0))


def _flops(model: Model) -> int:
    if has_graph(model):
        return sum(flops_of(call) for call in read_graph(model).calls)
    held = variables(model)
    return sum(2 * int(np.prod(held[k].shape)) for info in layers(model) for k in info.kernels)
