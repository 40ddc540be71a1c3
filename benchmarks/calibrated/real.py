"""Real data: what training without a mask, another start and pruning move, data set by data set.

From this table the default margin follows: above what the same training moves without a mask,
below what another start moves. Sets come with scikit-learn and with statsmodels, whose sets are
left out where it isn't installed; MNIST is one where the environment variable MNIST names its
file (``mnist.npz``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np

import explainprune as xp
from calibrated.rule import MARGIN
from calibrated.store import Cell
from explainprune.data.builtin import _table

SEEDS = 3
EPOCHS, BATCH, HIDDEN = 30, 64, (64, 64)
SPARSITIES = (0.5, 0.8, 0.9)


def iris() -> Any:
    from sklearn.datasets import load_iris

    return _table("iris", load_iris(), 0)


def photographs() -> Any:
    """Of which of two photographs is this patch of 8×8 grey pixels, one in four of the grid?"""
    from sklearn.datasets import load_sample_images

    parts, labels = [], []
    for label, image in enumerate(load_sample_images().images):
        grey = image[: image.shape[0] // 8 * 8, : image.shape[1] // 8 * 8].mean(axis=2) / 255
        rows, columns = grey.shape[0] // 8, grey.shape[1] // 8
        patches = grey.reshape(rows, 8, columns, 8).swapaxes(1, 2).reshape(-1, 64)[::4]
        parts.append(patches - patches.mean(axis=1, keepdims=True))
        labels.append(np.full(len(patches), label))
    names = tuple(f"r{row}c{column}" for row in range(8) for column in range(8))
    return _bunched("photographs", np.concatenate(parts), np.concatenate(labels), names)


def affairs() -> Any:
    """Fair 1978: 6,366 women, of whom a third had an affair; one in three rows."""
    table = _statsmodels("fair").iloc[::3]
    return _of_table("affairs", table.drop(columns="affairs"), table["affairs"] > 0)


def election() -> Any:
    """The American election study of 1996: 944 voters, Clinton or Dole."""
    table = _statsmodels("anes96")
    return _of_table("election", table.drop(columns=["vote", "popul"]), table["vote"])


def schools() -> Any:
    """California's STAR test of 1998: 303 districts, the share above the median (a regression)."""
    table = _statsmodels("star98").iloc[:, :14]
    share = table["NABOVE"] / (table["NABOVE"] + table["NBELOW"])
    return _of_table("schools", table.drop(columns=["NABOVE", "NBELOW"]), share, regression=True)


def doctors() -> Any:
    """The RAND health insurance experiment: one row in ten of 20,190; any visit to a doctor?"""
    table = _statsmodels("randhie").iloc[::10]
    return _of_table("doctors", table.drop(columns="mdvis"), table["mdvis"] > 0)


def mnist() -> Any:
    """3,000 images to train on, 500 to test."""
    with np.load(os.environ["MNIST"]) as file:
        x = np.concatenate([file["x_train"][:3000], file["x_test"][:500]]) / np.float32(255)
        y = np.concatenate([file["y_train"][:3000], file["y_test"][:500]]).astype(int)
    train, test = xp.load_data((x[:3000].reshape(-1, 784), y[:3000])).scored, slice(3000, None)
    return xp.load_data((x[test].reshape(-1, 784), y[test])).with_(train=train)


def _statsmodels(name: str) -> Any:
    from importlib import import_module

    return import_module(f"statsmodels.datasets.{name}").load_pandas().data


def _of_table(name: str, x: Any, y: Any, *, regression: bool = False) -> Any:
    columns = tuple(str(column) for column in x.columns)
    return _bunched(name, x.to_numpy(float), np.asarray(y), columns, regression=regression)


def _bunched(name: str, x: Any, y: Any, columns: Any, *, regression: bool = False) -> Any:
    bunch = SimpleNamespace(data=x, target=y, feature_names=columns)
    if not regression:
        bunch.target_names = tuple(str(value) for value in np.unique(y.astype(int)))
    return _table(name, bunch, 0)


BUILT_IN = ("digits", "breast_cancer", "wine", "diabetes")
SETS: dict[str, Callable[[], Any]] = {
    **{name: (lambda name=name: xp.load_data(name)) for name in BUILT_IN},
    "iris": iris,
    "photographs": photographs,
    "affairs": affairs,
    "election": election,
    "schools": schools,
    "doctors": doctors,
    "mnist": mnist,
}
OF_STATSMODELS = ("affairs", "election", "schools", "doctors")


@lru_cache(maxsize=1)
def data_of(name: str) -> Any:
    return SETS[name]()


def trained(data: Any, seed: int) -> Any:
    """Build and train a small perceptron, as a study does without settings."""
    from explainprune import network

    outputs = 1 if data.task == "regression" else int(data.learnable.y.max()) + 1
    start = network.perceptron(data.x.shape[1], outputs, hidden=HIDDEN, seed=seed)
    model, _ = network.fit(
        start, data.learnable, epochs=EPOCHS, seed=seed, batch_size=BATCH, learning_rate=1e-3
    )
    return model


def run_of(name: str) -> Callable[[int], dict[str, float]]:
    """Train a seed's arms and read the moved weight of each."""

    def run(seed: int) -> dict[str, float]:
        data = data_of(name)
        dense, twin = trained(data, seed), trained(data, seed + 1000)
        arms = {
            "placebo": xp.prune(dense, data, sparsity=0.0, seed=seed).model,
            **{
                f"pruned {100 * s:.0f} %": xp.prune(dense, data, sparsity=s, seed=seed).model
                for s in SPARSITIES
            },
        }
        twin = xp.prune(twin, data, sparsity=0.0, seed=seed + 1000).model
        found = xp.compare(
            dense, twin, data, arms=arms, metrics=["accuracy", "r2"], detail=False,
            names=("dense", "retrained"), seed=seed,
        )  # fmt: skip
        return _figures(found)

    return run


def _figures(found: Any) -> dict[str, float]:
    evidence = found.verdict.evidence
    moved = {"retrained": evidence["moved_weight"]} | {
        name: measure
        for name, measure in evidence.items()
        if name == "placebo" or name.startswith("pruned") or name == "random_weights"
    }
    lines = {name: float(measure.value) for name, measure in moved.items()}
    for name, measure in moved.items():
        lines[f"{name}: within"] = float(measure.high <= MARGIN)
        lines[f"{name}: beyond"] = float(measure.low > MARGIN)
    score = found.models["dense"]
    lines["score"] = float(score.r2 if score.accuracy is None else score.accuracy)
    lines["rows"] = float(evidence["moved_weight"].n)
    lines["twins clearer"] = float(found.clarity.label == "clearer")
    lines["twins less clear"] = float(found.clarity.label == "less clear")
    return lines


def cells() -> Iterator[Cell]:
    """Yield a cell for each set; its runs are seeds, none where the set isn't there."""
    for name in SETS:
        there = name not in OF_STATSMODELS or find_spec("statsmodels") is not None
        if name == "mnist":
            there = "MNIST" in os.environ
        yield Cell("real data", name, run_of(name), SEEDS if there else 0)
