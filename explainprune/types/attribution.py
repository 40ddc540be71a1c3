"""Feature attributions of one output for each sample, with what they fail to add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.types.archives import read_arrays, readable
from explainprune.types.arrays import Array, Inputs, checksum, frozen, frozen_inputs, n_rows
from explainprune.types.explanation import explanation
from explainprune.types.filed import BY_NAME, OPTIONAL, arrays_of, fields_of
from explainprune.types.framed import framed
from explainprune.types.frames import long_frame, reasons_frame


@dataclass(frozen=True, eq=False, repr=False)
class Attribution:
    """Values that say how much each feature moved the explained output away from the base.

    Attributes
    ----------
    values : ndarray (n, ...) or dict of str to ndarray
        Shaped like the inputs (one value per token for inputs that feed an Embedding; one per
        player when players were given); with ``target="all"`` a last axis of outputs more.
    base : ndarray (n,) or (n, outputs)
        Mean explained output over the background.
    output : ndarray (n,) or (n, outputs)
        Explained output of each sample.
    method : str
    targets : ndarray of int (n,), optional
        Flat index of the explained output of each sample; None for all outputs or a callable.
    output_kind : str
        ``"logit"``, ``"centred"`` (logit minus the mean logit) or ``"probability"``.
    std_error : ndarray or dict, optional
        Standard error of each value, conditional on the background; None if deterministic.
    lower, upper : ndarray or dict, optional
        Ends of each value that hold by proof, of methods that give them.
    gap_error : ndarray (n,) or (n, outputs), optional
        Standard error of `gap`, where values add up but for sampling; None where they needn't, or
        must.
    complete : bool
        Whether the method makes values add up by construction, so that `gap` measures an error.
    interactions : ndarray (n, d, d) or (n, d, d, outputs), optional
        How the values split up over pairs of features, laid flat, or of players: entries (i, j)
        and (j, i) each hold half the Shapley interaction index of the pair, and the diagonal what
        is left of each value, its main effect. Rows sum to the values, as in
        ``shap.TreeExplainer.shap_interaction_values``.
    x : ndarray or dict, optional
        The rows explained.
    raw : dict of str to ndarray (n,), optional
        The rows as the user knows them, by feature: see `Rows`.
    feature_names : tuple of str, optional
        Names along the values' feature axis (player names when players were given).
    notes : tuple of str
        What the reader must know: an output that couldn't be looked through, a fallback.
    options : dict
        The method's own options, the seed and the number of background rows: JSON values only.
    """

    values: Inputs
    base: Array
    output: Array
    method: str
    targets: Array | None = None
    output_kind: str = "logit"
    std_error: Inputs | None = None
    lower: Inputs | None = None
    upper: Inputs | None = None
    gap_error: Array | None = None
    complete: bool = False
    interactions: Array | None = None
    x: Inputs | None = None
    raw: dict[str, Array] | None = None
    feature_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in BY_NAME:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen_inputs(getattr(self, name)))
        for name in ("base", "output", *OPTIONAL):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen(getattr(self, name)))
        count = n_rows(self.values, "values")
        if self.base.shape != self.output.shape or len(self.base) != count:
            raise ValueError(
                f"base and output need one entry for each of the {count} samples. Received: "
                f"base.shape={self.base.shape}, output.shape={self.output.shape}."
            )

    @property
    def gap(self) -> Array:
        """``output − base − Σ values``: what the values fail to add up to, per sample."""
        trailing = self.base.ndim - 1
        parts = self.values.values() if isinstance(self.values, dict) else [self.values]
        total = sum(
            part.sum(axis=tuple(range(1, part.ndim - trailing)), dtype=np.float64) for part in parts
        )
        return np.asarray(self.output - self.base - total)

    @property
    def relative_gap(self) -> float:
        """The largest gap, as a share of the mean change from the base; of all outputs the worst.

        ``max |gap| / mean |output − base|``, over rows; a share of ``mean |output|`` where nothing
        changes at all.
        """
        return float(self.relative(np.abs(self.gap)).max())

    def relative(self, amounts: Array) -> Array:
        """Divide amounts of output, shaped like `output`, by the mean change from the base."""
        change = np.abs(self.output - self.base).mean(axis=0)
        scale = np.where(change > 0, change, np.abs(self.output).mean(axis=0))
        return np.asarray(amounts / np.where(scale > 0, scale, 1.0))

    def interval(self, level: float = 0.95) -> tuple[Inputs, Inputs]:
        """Return both ends of each value: those that hold by proof, or Student's interval.

        Both are conditional on the background.

        ``value ± t_{draws − 1} · std_error``, with the fewest draws that any sample got: few
        draws need wider intervals than the normal distribution's.

        Parameters
        ----------
        level : float
            Between 0 and 1; what is proved holds at any.

        Returns
        -------
        low, high : ndarray or dict
            Shaped like `values`.

        Raises
        ------
        ValueError
            If there are no standard errors, or `level` isn't between 0 and 1.
        """
        from scipy.stats import t

        if not 0 < level < 1:
            raise ValueError(f"level lies between 0 and 1. Received: {level!r}.")
        if self.lower is not None and self.upper is not None:
            return self.lower, self.upper
        draws = self.options.get("draws", 1)
        if self.std_error is None or draws < 2:
            raise ValueError(
                f"There are no standard errors: {self.method} drew nothing, or only once. Pass "
                "draws=2 or more, or tolerance=, to a method that samples."
            )
        wide = float(t.ppf((1 + level) / 2, draws - 1))
        if isinstance(self.values, dict):
            errors: Any = self.std_error
            both = {name: _around(part, wide * errors[name]) for name, part in self.values.items()}
            return {name: low for name, (low, _) in both.items()}, {
                name: high for name, (_, high) in both.items()
            }
        return _around(self.values, wide * np.asarray(self.std_error))

    def __len__(self) -> int:
        return n_rows(self.values, "values")

    @property
    def sha256(self) -> str:
        """Checksum of all that is stored."""
        return checksum(sorted(arrays_of(self).items()))

    def to_frame(
        self, *, top: int | None = None, values: str | None = None, wide: bool = False
    ) -> Any:
        """Return a DataFrame with one line for each sample and feature: long form.

        Columns: ``sample, feature, value, std_error`` (and ``input`` with several inputs,
        ``output`` with all outputs), in the order of the features. With any of the options the
        features of each sample come by their size instead, with what they were: ``sample, place,
        feature, was, value``.

        Parameters
        ----------
        top : int, optional
            Only so many leading features of each sample, by absolute value.
        values : {"raw", "x"}, optional
            What they were: as the user knows it where `raw` says so (the default), or as the
            model read it.
        wide : bool
            One line for each sample: ``feature 1, was 1, value 1, feature 2, …``.

        Raises
        ------
        ValueError
            For other values of `values`, fewer than one feature, or values of all outputs.
        """
        import pandas as pd

        outputs = self.base.shape[1] if self.base.ndim == 2 else 0
        if top is not None or values is not None or wide:
            self._check_frame(top, values, outputs)
            return reasons_frame(
                self.values,
                self.x,
                self.feature_names,
                self.raw,
                top=top,
                known=values or "raw",
                wide=wide,
            )
        parts = self.values if isinstance(self.values, dict) else {"": self.values}
        errors = self.std_error if isinstance(self.std_error, dict) else {"": self.std_error}
        return pd.concat(
            [
                long_frame(part, errors.get(name), self.feature_names, outputs, name)
                for name, part in parts.items()
            ],
            ignore_index=True,
        )

    def _check_frame(self, top: int | None, values: str | None, outputs: int) -> None:
        if top is not None and (isinstance(top, bool) or not isinstance(top, int) or top < 1):
            raise ValueError(f"top counts leading features: at least 1. Received: {top!r}.")
        if values not in (None, "raw", "x"):
            raise unknown("values", values, ("raw", "x"))
        if outputs:
            raise ValueError(
                f"Leading features are those of one output; there are {outputs}. Explain one, or "
                "take to_frame() as it is."
            )

    def to_shap(self, *, flat: bool = False) -> Any:
        """Return a ``shap.Explanation``, for the plots of the shap package.

        Parameters
        ----------
        flat : bool
            Lay each row's features side by side, whatever axes they have: rows × features, as
            shap's plots of tables take them, named by their places (``x[3, 1]``: step 3, channel
            1). Several inputs always are laid so (``a[0]``, ``a[1]``, …, ``b[0]``, …). False: in
            the shape of the rows, each place with its name.

        Returns
        -------
        shap.Explanation
            With players, and with all outputs, as the values have them; without `data` where there
            isn't one number of `x` for each value.
        """
        fields = (self.values, self.base, self.std_error, self.x, self.feature_names)
        return explanation(*fields, flat=flat)

    def save(self, path: str | Path) -> None:
        """Write to `path` as ``.npz``, without pickle."""
        with Path(path).open("wb") as file:
            np.savez_compressed(file, **arrays_of(self))  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | Path) -> Attribution:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            In one sentence, if it holds no attributions or is damaged.
        """
        found = read_arrays(Path(path))
        with readable(Path(path), Exception, "file of attributions"):
            return cls(**fields_of(found))

    _repr_html_ = framed

    def __repr__(self) -> str:
        shapes = (
            {name: part.shape for name, part in self.values.items()}
            if isinstance(self.values, dict)
            else self.values.shape
        )
        return (
            f"Attribution({self.method!r} of the {self.output_kind}, values {shapes}, "
            f"relative gap {self.relative_gap:.1e})"
        )


def _around(values: Array, half: Array) -> tuple[Array, Array]:
    """Return both ends of intervals of this half-width."""
    return np.asarray(values - half), np.asarray(values + half)
