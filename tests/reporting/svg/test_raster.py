import re
import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest

from explainprune.reporting.svg.heat import LARGEST
from explainprune.reporting.svg.raster import colours, raster


def read_png(markup):
    """Decode the image that is drawn, chunk by chunk, each with its checksum."""
    data = b64decode(re.search(r'href="data:image/png;base64,([^"]+)"', str(markup))[1])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, found = 8, {}
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + body
        )
        found[kind] = body
        at += 12 + length
    width, height, *rest = struct.unpack(">IIBBBBB", found[b"IHDR"])
    assert rest == [8, 2, 0, 0, 0] and list(found)[-1] == b"IEND"
    lines = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3)


@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_pixels_are_drawn_as_they_are(scale):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3))
    pixels[0, 0, 0] = 255
    drawn = read_png(raster(pixels / 255 * scale, label="x"))
    assert (drawn == pixels).all()


def test_standardised_pixels_are_stretched():
    values = np.array([[[-2.0, 0.0, 2.0]]])
    assert read_png(raster(values, label="x")).tolist() == [[[0, 128, 255]]]
    assert colours(np.full(3, -1.0)).tolist() == [0, 0, 0]


def test_large_images_are_averaged():
    drawn = read_png(raster(np.ones((2 * LARGEST, LARGEST, 3)), label="x"))
    assert drawn.shape == (LARGEST, LARGEST // 2, 3) and (drawn == 255).all()
