"""Filters of convolutions: what each weighs in the inputs that count most in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.types import Array, DrawnFilters

MOST_LAYERS, MOST_FILTERS, MOST_INPUTS = 3, 12, 3
MOST_VALUES = 2000
"""Numbers of one layer: where kernels are large, fewer filters are kept."""
KINDS = ("Conv1D", "Conv2D", "Conv1DTranspose", "Conv2DTranspose")

Origin = tuple[str, int]
"""A layer's path and one of its units; of an input whose origin isn't known, "" and its place."""
Tile = tuple[int, Origin]
"""A filter, by its unit in the dense model, and one of its inputs."""


@dataclass(frozen=True, eq=False)
class Filters:
    """The kernel of one convolution.

    Attributes
    ----------
    kernel : ndarray (inputs, units, height, width)
    origins : tuple of Origin
        What each input is, in this model.
    alone : bool
        Whether each input has units of its own, those of the second axis, as in a depthwise
        convolution: of input i they are numbered from i times their number.
    """

    kernel: Array
    origins: tuple[Origin, ...]
    alone: bool = False

    @property
    def count(self) -> int:
        """How many filters there are."""
        return int(self.kernel.shape[1]) * (len(self.kernel) if self.alone else 1)

    @property
    def size(self) -> Array:
        """Sum of the |weights| of each filter (inputs, units)."""
        return np.asarray(np.abs(self.kernel).sum(axis=(2, 3)))


def filters_of(
    infos: Iterable[Any],
    weights: Mapping[str, Array],
    sources: Iterable[tuple[str, Any, Array]],
    alone: Mapping[str, Sequence[Origin | None]],
) -> dict[str, Filters]:
    """Return the kernels of the convolutions that see more than a single place, by layer path.

    Parameters
    ----------
    infos : iterable of LayerInfo
    weights : mapping of str to ndarray
    sources : iterable of (str, Readers, ndarray of int)
        Layers, what reads their units, and what each of these is drawn as.
    alone : mapping of str to sequence of Origin or None
        The channels of those that read them one by one, by layer path.
    """
    known: dict[str, dict[int, Origin]] = {}
    for start, readers, names in sources:
        for part in readers.slices:
            found = known.setdefault(part.path, {})
            for place, unit in enumerate(part.units):
                if unit >= 0:
                    found.setdefault(place, (start, int(names[unit])))
    filters = {}
    for info in infos:
        apart = info.path in alone
        if not apart and (info.kind not in KINDS or info.further):
            continue
        kernel = weights[_drawn_kernel(info)]
        if apart:
            kernel = kernel.reshape(*kernel.shape[:-2], len(alone[info.path]), -1)
            origins = {i: each for i, each in enumerate(alone[info.path]) if each is not None}
        else:
            kernel = np.moveaxis(kernel, info.unit_axis, -1)
            origins = known.get(info.kernel, {})
        if kernel.shape[:-2] == (1,) * (kernel.ndim - 2):
            continue
        images = np.moveaxis(kernel, (-2, -1), (0, 1))
        images = images[:, :, None] if images.ndim == 3 else images
        named = tuple(origins.get(i, ("", i)) for i in range(len(images)))
        filters[info.path] = Filters(images, named, apart)
    return dict(list(filters.items())[:MOST_LAYERS])


def _drawn_kernel(info: Any) -> str:
    """Return the path of the kernel that sees places: of a separable convolution its first."""
    apart = [kernel for kernel in info.kernels if kernel.endswith("depthwise_kernel")]
    return str((apart or [info.kernel])[0])


def room_for(filters: Filters) -> int:
    """Return how many filters of a layer are drawn: fewer where kernels are large."""
    inputs, _, height, width = filters.kernel.shape
    numbers = height * width * (1 if filters.alone else min(MOST_INPUTS, inputs))
    return max(1, min(MOST_FILTERS, MOST_VALUES // int(numbers)))


def chosen_tiles(
    filters: Mapping[str, Filters], shown: Mapping[str, Array]
) -> dict[str, list[Tile]]:
    """Choose the inputs that weigh most in each shown filter, and no others.

    Parameters
    ----------
    filters : mapping of str to Filters
        Of the dense model.
    shown : mapping of str to ndarray of int
        Its filters to draw, by layer.
    """
    chosen = {}
    for path, each in filters.items():
        if each.alone:
            units = each.kernel.shape[1]
            chosen[path] = [(int(unit), each.origins[unit // units]) for unit in shown[path]]
            continue
        chosen[path] = [
            (int(unit), each.origins[i])
            for unit in shown[path]
            for i in np.sort(np.argsort(-each.size[:, unit], kind="stable")[:MOST_INPUTS])
        ]
    return chosen


def drawn_filters(
    filters: Mapping[str, Filters],
    tiles: Mapping[str, Sequence[Tile]],
    units: Mapping[str, int],
    position: Mapping[str, Array],
    labels: Mapping[str, tuple[str, ...]],
) -> tuple[DrawnFilters, ...]:
    """Draw one model's filters at the dense model's places; `position` is as in `drawing`."""
    found = []
    for path, chosen in tiles.items():
        each = filters.get(path)
        if each is None or not (each.alone or path in position):
            continue
        places = {origin: place for place, origin in enumerate(each.origins)}
        images = []
        for unit, (start, source) in chosen:
            at = unit % each.kernel.shape[1] if each.alone else int(position[path][unit])
            own = int(position[start][source]) if start in position else source
            place = places.get((start, own))
            gone = at < 0 or own < 0 or place is None or not each.kernel[place, at].any()
            images.append(() if gone else _rounded(each.kernel[place, at]))
        found.append(
            DrawnFilters(
                layer=path,
                shape=(int(each.kernel.shape[2]), int(each.kernel.shape[3])),
                filters=units[path],
                inputs=len(each.origins),
                unit=tuple(unit for unit, _ in chosen),
                source=tuple(_called(origin, labels) for _, origin in chosen),
                values=tuple(images),
            )
        )
    return tuple(found)


def _rounded(image: Array) -> tuple[float, ...]:
    return tuple(float(f"{value:.4g}") for value in image.ravel())


def _called(origin: Origin, labels: Mapping[str, tuple[str, ...]]) -> str:
    """Say what an input is: by its own name, or its layer's and its number."""
    start, unit = origin
    if start in labels:
        return labels[start][unit]
    return f"{start} {unit}" if start else f"input {unit}"
