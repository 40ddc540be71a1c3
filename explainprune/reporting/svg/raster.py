"""Colour images within an SVG: one ``<image>`` that holds a PNG, made here."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode

import numpy as np
from markupsafe import Markup

from explainprune.reporting.svg.element import element
from explainprune.reporting.svg.heat import blocks
from explainprune.types import Array


def raster(values: Array, *, label: str) -> Markup:
    """Draw an image of three channels in its own colours; large ones as `blocks` averages them.

    Parameters
    ----------
    values : ndarray (height, width, 3)
        As the model reads it: see `colours`.
    label : str
        What a reader who can't see it is told.
    """
    channels = [blocks(values[..., channel]) for channel in range(3)]
    pixels = colours(np.stack(channels, axis=-1))
    height, width = pixels.shape[:2]
    image = element(
        "image",
        href=f"data:image/png;base64,{b64encode(png(pixels)).decode()}",
        width=width,
        height=height,
        image_rendering="pixelated",
    )
    return element(
        "svg", image, viewBox=f"0 0 {width} {height}", class_="heat", role="img", aria_label=label
    )


def colours(values: Array) -> Array:
    """Turn what a model reads into bytes: shares of 1, bytes, or stretched from least to most.

    >>> colours(np.array([0.0, 1.0])), colours(np.array([0.0, 255.0])), colours(np.array([-1., 1]))
    (array([  0, 255], dtype=uint8), array([  0, 255], dtype=uint8), array([  0, 255], dtype=uint8))
    """
    values = np.asarray(values, dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 255:
        values = (values - low) / (high - low or 1.0)
        high = 1.0
    return np.rint(values * (255 if high <= 1 else 1)).astype(np.uint8)


def png(pixels: Array) -> bytes:
    """Write pixels (height, width, 3) of bytes as a PNG, without a date or a name."""
    height, width = pixels.shape[:2]
    # Each line begins with its filter: 0, none.
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
