"""Grad-CAM."""

from __future__ import annotations

import math

import numpy as np

from explainprune.analysis.attribution.explained import Explained, base_output, for_each_output
from explainprune.analysis.attribution.places import places_of
from explainprune.analysis.attribution.reading.batches import unwrapped
from explainprune.network import FeatureMaps, Network, chunks, feature_maps_of
from explainprune.types import Array


def gradcam(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    layer: str | None = None,
) -> Explained:
    r"""Weight a convolution's feature maps by the output's mean gradient, stretched to the input.

    .. math:: \phi(x) = \text{stretched} \max\Big(0, \sum_k \alpha_k A^k\Big), \qquad
              \alpha_k = \operatorname{mean}_{\text{places}} \partial f(x) / \partial A^k

    Shows where, not what: each channel of a pixel gets the same part of the pixel's value.

    Parameters
    ----------
    network, x, background, targets
        As all methods have them: see `METHODS`. The network is of a Sequential or Functional Keras
        model with one image or sequence for its input, the background only for the base.
    layer : str, optional
        Whose output is read. None: the last convolution, behind its normalisation and activation.

    Returns
    -------
    Explained
        Values ≥ 0, in units of the output; they don't add up to anything.

    Raises
    ------
    ValueError
        If the model has no convolution or no such layer, or the layer's places aren't those of
        the input.

    References
    ----------
    Selvaraju et al. 2017, arXiv:1610.02391.
    """
    maps = feature_maps_of(unwrapped(network), layer)
    shape = places_of(network, None, "gradcam")
    heat = for_each_output(
        lambda each: heat_maps(maps, network, x, each, shape[:-1]),
        targets,
        len(x),
        network.n_outputs,
    )
    values = heat.reshape(len(x), math.prod(shape[:-1]), 1, *heat.shape[len(shape) :]) / shape[-1]
    values = np.repeat(values, shape[-1], axis=2).reshape(*x.shape, *heat.shape[len(shape) :])
    return Explained(
        values, base_output(network, background, targets, len(x)), settled={"layer": maps.layer}
    )


def heat_maps(
    maps: FeatureMaps, network: Network, x: Array, targets: Array, places: tuple[int, ...]
) -> Array:
    """Return the map of each row's target, stretched to the input's places: (n, *places)."""
    heat = np.empty((len(x), *places))
    for part in chunks(len(x), 1, min(maps.rows_per_call, network.rows_per_call)):
        seen, grads = maps(x[part], targets[part])
        if seen.ndim - 2 != len(places):
            raise ValueError(
                f"The maps of layer {maps.layer!r} have {seen.ndim - 2} axes of places, the "
                f"model's input {len(places)}: gradcam can't lay them over each other."
            )
        weights = grads.mean(axis=tuple(range(1, grads.ndim - 1)), dtype=np.float64)
        heat[part] = upsampled(np.maximum(np.einsum("n...k,nk->n...", seen, weights), 0), places)
    return heat


def upsampled(maps: Array, sizes: tuple[int, ...]) -> Array:
    """Stretch maps (n, *places) to (n, *sizes), linearly along each axis.

    Cell i of m covers the share [i/m, (i+1)/m) of its axis and holds the value of its middle;
    beyond the middles of the outermost cells their values stay.

    >>> upsampled(np.array([[0.0, 1.0]]), (4,))
    array([[0.  , 0.25, 0.75, 1.  ]])
    """
    for axis, size in enumerate(sizes, start=1):
        weights = _interpolation(maps.shape[axis], size)
        maps = np.moveaxis(np.tensordot(maps, weights, axes=(axis, 1)), -1, axis)
    return maps


def _interpolation(before: int, after: int) -> Array:
    """Return the weight of each cell in each new one: (after, before)."""
    at = np.clip((np.arange(after) + 0.5) * before / after - 0.5, 0, before - 1)
    low = np.minimum(at.astype(int), max(before - 2, 0))
    weights = np.zeros((after, before))
    weights[np.arange(after), low] = 1 - (at - low)
    weights[np.arange(after), np.minimum(low + 1, before - 1)] += at - low
    return weights
