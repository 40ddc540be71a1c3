"""MNIST and Fashion-MNIST, from the Keras cache or through Keras' own download."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np

from explainprune.data.archives import read_npz
from explainprune.types import Array
from explainprune.types.archives import readable

Splits = tuple[tuple[Array, Array], tuple[Array, Array]]

FASHION_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def cache_folder() -> Path:
    """Return the folder where Keras keeps data sets (``KERAS_HOME`` moves it)."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".keras") / "datasets"


def images(name: str) -> Splits:
    """Return ``(x, y)`` of the training and the test images, uint8, (n, 28, 28).

    Raises
    ------
    ValueError
        If they are neither cached nor to be had, saying what to do.
    """
    splits = _cached(name) or _downloaded(name)
    for x, y in splits:
        if x.ndim != 3 or x.dtype != np.uint8 or len(x) != len(y):
            raise ValueError(
                f"The cached {name} isn't what Keras stores: x {x.shape} {x.dtype}, y {y.shape}."
            )
    return splits


def _cached(name: str) -> Splits | None:
    """Read the Keras cache; None where it has nothing."""
    if name == "mnist":
        path = cache_folder() / "mnist.npz"
        if not path.exists():
            return None
        raw = read_npz(path)
        if raw.train is None:
            raise ValueError(f"{path.name!r} in the Keras cache has no x_train.")
        return (raw.train.x, raw.train.y), (raw.scored.x, raw.scored.y)
    paths = [cache_folder() / "fashion-mnist" / file for file in FASHION_FILES]
    if not all(path.exists() for path in paths):
        return None
    x_train, y_train, x_test, y_test = (_idx(path) for path in paths)
    return (x_train, y_train), (x_test, y_test)


def _idx(path: Path) -> Array:
    """Read an IDX file of bytes: magic with the rank, the sides, then the values."""
    with readable(path), gzip.open(path) as file:
        rank = file.read(4)[3]
        shape = np.frombuffer(file.read(4 * rank), ">u4")
        return np.frombuffer(file.read(int(np.prod(shape))), np.uint8).reshape(shape)


def _downloaded(name: str) -> Splits:
    """Let Keras download the set into its cache."""
    from explainprune.network.files.downloads import keras_dataset

    try:
        splits: Splits = keras_dataset(name)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        file = "mnist.npz" if name == "mnist" else f"fashion-mnist/ with {', '.join(FASHION_FILES)}"
        raise ValueError(
            f"{name!r} is not in the Keras cache and could not be downloaded ({reason}). "
            f"Without a connection, put {file} into ~/.keras/datasets."
        ) from None
    return splits
