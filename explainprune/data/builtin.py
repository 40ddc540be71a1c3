"""The built-in sets: float32, images in [0, 1], tables standardised, split and stratified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explainprune.data.mnist import images
from explainprune.data.splits import SHARES, split, strata_of
from explainprune.types import Array, Data, Rows

CLOTHES = (
    *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)


def digits(seed: int = 0) -> Data:
    """1,797 handwritten digits of 8×8 pixels (UCI; Alpaydin & Kaynak 1998), in [0, 1]."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    data = _split(bunch.data / 16.0, bunch.target, seed, name="digits", task="classification")
    return _as_images(data, (8, 8), tuple("0123456789"))


def breast_cancer(seed: int = 0) -> Data:
    """569 tumours, 30 measurements, benign or malignant (UCI; Wolberg et al. 1995)."""
    from sklearn.datasets import load_breast_cancer

    return _table("breast_cancer", load_breast_cancer(), seed)


def wine(seed: int = 0) -> Data:
    """178 wines of three cultivars, 13 measurements (UCI; Aeberhard & Forina 1991)."""
    from sklearn.datasets import load_wine

    return _table("wine", load_wine(), seed)


def diabetes(seed: int = 0) -> Data:
    """442 patients, 10 measurements, disease progression a year later (Efron et al. 2004).

    A regression; its target is standardised like the features, so that its unit is one standard
    deviation of the training rows.
    """
    from sklearn.datasets import load_diabetes

    return _table("diabetes", load_diabetes(scaled=False), seed)


def mnist(seed: int = 0) -> Data:
    """70,000 handwritten digits of 28×28 pixels (LeCun et al. 1998), from the Keras cache."""
    return _big_images("mnist", tuple("0123456789"), seed)


def fashion_mnist(seed: int = 0) -> Data:
    """70,000 articles of clothing, 28×28 pixels (Xiao et al. 2017, arXiv:1708.07747)."""
    return _big_images("fashion_mnist", CLOTHES, seed)


DATASETS: dict[str, Callable[[int], Data]] = {
    "digits": digits,
    "breast_cancer": breast_cancer,
    "wine": wine,
    "diabetes": diabetes,
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
}


def _split(x: Array, y: Array, seed: int, *, name: str, task: str) -> Data:
    """Cut a set that comes unsplit into train, validation and test rows."""
    rows = Rows(x.astype(np.float32), y)
    train, validation, test = (
        rows.take(index) for index in split(strata_of(rows, task), SHARES, seed)
    )
    return Data(test, train, validation, task=task, name=name)


def _table(name: str, bunch: Any, seed: int) -> Data:
    """Split a table and standardise it by its training rows."""
    regression = not hasattr(bunch, "target_names")
    task = "regression" if regression else "classification"
    y = bunch.target.astype(np.float64 if regression else np.int64)
    data = _split(np.asarray(bunch.data, dtype=np.float64), y, seed, name=name, task=task)
    assert data.train is not None and data.validation is not None
    x_scale, y_scale = _scale(data.train.x), _scale(data.train.y) if regression else (0, 1)
    return data.with_(
        scored=_standardised(data.scored, x_scale, y_scale),
        train=_standardised(data.train, x_scale, y_scale),
        validation=_standardised(data.validation, x_scale, y_scale),
        feature_names=tuple(bunch.feature_names),
        class_names=None if regression else tuple(bunch.target_names),
    )


def _scale(values: Any) -> tuple[Any, Any]:
    """Return means and standard deviations, 1 where a column is constant."""
    deviation = np.std(values, axis=0, dtype=np.float64)
    return np.mean(values, axis=0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0)


def _standardised(rows: Rows, x_scale: tuple[Any, Any], y_scale: tuple[Any, Any]) -> Rows:
    """Shift and scale rows by given statistics."""
    x = ((rows.x - x_scale[0]) / x_scale[1]).astype(np.float32)
    if y_scale == (0, 1):
        return Rows(x, rows.y)
    return Rows(x, ((rows.y - y_scale[0]) / y_scale[1]).astype(np.float32))


def _as_images(data: Data, shape: tuple[int, int], class_names: Sequence[str]) -> Data:
    """Name pixels by row and column."""
    pixels = tuple(f"r{row}c{column}" for row in range(shape[0]) for column in range(shape[1]))
    return data.with_(feature_names=pixels, class_names=tuple(class_names), image_shape=shape)


def _big_images(name: str, class_names: Sequence[str], seed: int) -> Data:
    """Scale images that come split; a twelfth of the training images becomes validation."""
    (x, y), (x_test, y_test) = images(name)
    shape = (x.shape[1], x.shape[2])
    rows = Rows(_flat(x), y.astype(np.int64))
    train, validation = split(y, (11 / 12, 1 / 12), seed)
    data = Data(
        Rows(_flat(x_test), y_test.astype(np.int64)),
        rows.take(train),
        rows.take(validation),
        task="classification",
        name=name,
    )
    return _as_images(data, shape, class_names)


def _flat(x: Array) -> Array:
    """Lay images flat and scale bytes to [0, 1]."""
    return x.reshape(len(x), -1).astype(np.float32) / np.float32(255)
