"""Rows to explain, rows to learn from, and what is known about both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.types.arrays import (
    Array,
    Inputs,
    check_finite,
    check_known,
    frozen,
    frozen_inputs,
    n_rows,
    rows,
)
from explainprune.types.known import as_known
from explainprune.types.tables import as_array, plain

PER_ROW = ("y", "group", "weight", "clusters", "truth")
"""What may come with rows, an entry for each."""


@dataclass(frozen=True, eq=False, repr=False)
class Rows:
    """Inputs with, where they are known, labels, a group and a weight for each row.

    Attributes
    ----------
    x : ndarray (n, ...) or dict of str to ndarray
        Inputs; a dict by input name for networks with several.
    y : ndarray (n,) or (n, ...), optional
        Labels: class indices for classification, numbers for regression.
    group : ndarray (n,), optional
        The group each row belongs to, for subgroup analysis.
    weight : ndarray (n,), optional
        How much each row counts, 0 or more: in losses, scores and metrics. None: all the same.
    clusters : ndarray (n,), optional
        Rows of one value aren't independent of each other (one patient, one video).
    truth : ndarray of bool, of x's shape, optional
        Which features each row's answer is known to rest on: what metrics such as
        ``"pointing_game"`` hold explanations against.
    by_output : dict of str to ndarray (n, ...), optional
        Labels of each output, for networks with several; `y` is then None. What is given as `y` by
        name is found here.
    raw : dict of str to ndarray (n,), or DataFrame, optional
        The rows as their readers know them, by column: in the user's units, with missing values
        and categories by name. Shown beside reasons, never computed with. A column named as a
        feature (or player) says that one's values.
    """

    x: Inputs
    y: Array | None = None
    group: Array | None = None
    weight: Array | None = None
    clusters: Array | None = None
    truth: Array | None = None
    by_output: dict[str, Array] | None = None
    raw: dict[str, Array] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", frozen_inputs(plain(self.x, "x")))
        labels: Any = self.y
        if isinstance(labels, Mapping):
            object.__setattr__(self, "by_output", labels)
            object.__setattr__(self, "y", None)
        count = n_rows(self.x)
        if count == 0:
            raise ValueError(f"Data needs at least one row. Received: x with {self.describe()}.")
        check_finite(self.x, "x", text=True)
        for name in PER_ROW:
            values = getattr(self, name)
            if values is None:
                continue
            values = frozen(as_array(values, name, text=True))
            object.__setattr__(self, name, values)
            if values.ndim == 0 or len(values) != count:
                raise ValueError(
                    f"{name} needs one entry for each of the {count} rows of x. "
                    f"Received: {name}.shape={values.shape}."
                )
        for name in ("group", "clusters"):
            check_known(getattr(self, name), name)
        if self.y is not None:
            check_finite(self.y, "y")
        if self.weight is not None:
            _check_weight(self.weight)
        if self.truth is not None:
            _check_truth(self.truth, self.x)
        if self.by_output is not None:
            self._check_outputs(count)
        if self.raw is not None:
            object.__setattr__(self, "raw", as_known(self.raw, count))

    def _check_outputs(self, count: int) -> None:
        """Freeze the labels of each output, and check them."""
        labels = frozen_inputs(self.by_output)
        object.__setattr__(self, "by_output", labels)
        check_finite(labels, "y")
        lengths = {name: len(part) for name, part in dict(labels).items() if part.ndim}
        if lengths != dict.fromkeys(dict(labels), count):
            raise ValueError(
                f"y needs one entry for each of the {count} rows of x, for every output. "
                f"Received: {lengths}."
            )

    @property
    def labelled(self) -> bool:
        """Whether there are labels, of one output or of several."""
        return self.y is not None or self.by_output is not None

    def __len__(self) -> int:
        return n_rows(self.x)

    def take(self, index: Any) -> Rows:
        """Return the rows at `index` (ints, a slice or a boolean mask)."""
        given = {name: getattr(self, name) for name in PER_ROW}
        taken: dict[str, Any] = {n: part[index] for n, part in given.items() if part is not None}
        if self.by_output is not None:
            taken["by_output"] = {name: part[index] for name, part in self.by_output.items()}
        if self.raw is not None:
            taken["raw"] = {name: part[index] for name, part in self.raw.items()}
        return Rows(x=rows(self.x, index), **taken)

    def describe(self) -> str:
        """Say the shape of each input."""
        if isinstance(self.x, dict):
            return ", ".join(f"{name}: shape={part.shape}" for name, part in self.x.items())
        return f"shape={self.x.shape}"

    def __repr__(self) -> str:
        labels = "unlabelled" if self.y is None else f"y {self.y.shape}"
        if self.by_output is not None:
            labels = f"y of {', '.join(self.by_output)}"
        return f"Rows({self.describe()}, {labels}{'' if self.weight is None else ', weighted'})"


def _check_weight(weight: Array) -> None:
    """Raise unless there is one finite number of at least 0 for each row."""
    if weight.ndim != 1:
        raise ValueError(
            f"weight needs one number for each row, shape=(n,). Received: shape={weight.shape}."
        )
    check_finite(weight, "weight")
    if (weight < 0).any():
        row = int(np.argmax(weight < 0))
        raise ValueError(f"A weight of a row is 0 or more. Received: {weight[row]} in row {row}.")


def _check_truth(truth: Array, x: Inputs) -> None:
    """Raise unless there is yes or no for each value of a single input."""
    if isinstance(x, dict):
        raise ValueError(f"truth needs a single input. Received inputs {sorted(x)}.")
    if truth.size != x.size or truth.ndim < 2:
        raise ValueError(
            f"truth says yes or no of each value of x, shape={x.shape}. "
            f"Received: truth.shape={truth.shape}."
        )
    if truth.dtype != bool and not np.isin(truth, (0, 1)).all():
        raise ValueError(f"truth is boolean, or 0 and 1. Received: {truth.dtype} with others.")


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """A data set: the rows that are scored and explained, and those that may be learned from.

    Attributes
    ----------
    scored : Rows
        The rows that verbs score and explain: the test split where there is one, else all rows.
    train : Rows, optional
        Rows for training, calibration and backgrounds. None: the scored rows serve.
    validation : Rows, optional
        Rows on which choices are made (an accuracy budget, whether a refit is kept).
    background : ndarray or dict, optional
        Reference inputs that stand for "feature absent", where the user brought their own.
    feature_names, class_names : tuple of str, optional
    image_shape : tuple of int, optional
        ``(height, width)`` or ``(height, width, channels)`` of a row that is an image laid flat.
    players : tuple of int, optional
        For each input feature, the player it belongs to (0, 1, …): one-hot columns of a category,
        the pixels of a patch. None: every feature is a player of its own.
    player_names : tuple of str, optional
    task : str
        ``"classification"``, ``"regression"`` or ``"unknown"`` (no labels).
    name : str
        What the set is called in reports.

    Notes
    -----
    `x`, `y`, `group` and `weight` are those of the scored rows; ``len(data)`` counts them.
    """

    scored: Rows
    train: Rows | None = None
    validation: Rows | None = None
    background: Inputs | None = None
    feature_names: tuple[str, ...] | None = None
    class_names: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None
    players: tuple[int, ...] | None = None
    player_names: tuple[str, ...] | None = None
    task: str = "unknown"
    name: str = "data"

    def __post_init__(self) -> None:
        if self.task not in ("classification", "regression", "unknown"):
            raise ValueError(
                f"task is 'classification', 'regression' or 'unknown'. Received: {self.task!r}."
            )
        for name in ("feature_names", "class_names", "player_names"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(str(part) for part in getattr(self, name)))
        for name in ("image_shape", "players"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(int(part) for part in getattr(self, name)))
        if self.background is not None:
            background = frozen_inputs(plain(self.background, "background"))
            object.__setattr__(self, "background", background)
            check_finite(background, "background", text=True)
            if n_rows(self.background, "background") == 0:
                raise ValueError("background needs at least one row. Received: 0 rows.")
        self._check_widths()

    def _check_widths(self) -> None:
        if isinstance(self.x, dict):
            return
        width = int(np.prod(self.x.shape[1:]))
        for name in ("feature_names", "players"):
            values = getattr(self, name)
            if values is not None and len(values) != width:
                raise ValueError(
                    f"{name} needs one entry for each of the {width} features of a row. "
                    f"Received: {len(values)}."
                )
        if self.image_shape is not None and int(np.prod(self.image_shape)) != width:
            raise ValueError(
                f"image_shape {self.image_shape} does not hold the {width} features of a row."
            )
        if self.players is not None:
            used = sorted(set(self.players))
            if used != list(range(len(used))):
                raise ValueError(f"players are numbered 0, 1, … without gaps. Received: {used}.")
            if self.player_names is not None and len(self.player_names) != len(used):
                raise ValueError(
                    f"player_names needs {len(used)} names. Received: {len(self.player_names)}."
                )

    @property
    def x(self) -> Inputs:
        """Inputs of the scored rows."""
        return self.scored.x

    @property
    def y(self) -> Array | None:
        """Labels of the scored rows."""
        return self.scored.y

    @property
    def group(self) -> Array | None:
        """Group of each scored row."""
        return self.scored.group

    @property
    def clusters(self) -> Array | None:
        """Cluster of each scored row."""
        return self.scored.clusters

    @property
    def weight(self) -> Array | None:
        """Weight of each scored row."""
        return self.scored.weight

    @property
    def truth(self) -> Array | None:
        """Mask of what each scored row's answer is known to rest on."""
        return self.scored.truth

    @property
    def learnable(self) -> Rows:
        """Rows for training, calibration and backgrounds: `train`, else the scored rows."""
        return self.scored if self.train is None else self.train

    def __len__(self) -> int:
        return len(self.scored)

    def with_(self, **changes: Any) -> Data:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)

    def __repr__(self) -> str:
        parts = [f"{self.name!r}", f"{len(self)} rows scored", self.scored.describe(), self.task]
        if self.train is not None:
            parts.append(f"{len(self.train)} to learn from")
        return f"Data({', '.join(parts)})"
