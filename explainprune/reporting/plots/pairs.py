"""Figures of a comparison or a study: features, neurons, levels, confidence."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.reporting.formatting import name
from explainprune.reporting.plots.axes import axes_of, down
from explainprune.reporting.subject import Subject, subject_of
from explainprune.reporting.svg.sheet import COLOURS
from explainprune.types import Comparison, Study

Results = Comparison | Study
MOST = 12


def paired_bars(results: Results, *, top: int = MOST, ax: Any = None) -> Any:
    """Draw each feature's share of all attribution in both models, with 95 % intervals.

    Parameters
    ----------
    results : Comparison or Study
        Of a study, its first seed.
    top : int
        Features that lead in either model.
    ax : matplotlib.axes.Axes, optional

    Raises
    ------
    ValueError
        If the results were made without detail.
    """
    subject = subject_of(results)
    rows = sorted(subject.pair.detail.features, key=lambda row: -max(row.dense, row.other))[:top]
    needed(rows, "features")
    with axes_of(ax, 6.4, 0.9 + 0.34 * len(rows)) as axes:
        for role, part, shift in (("dense", "dense", -0.19), ("other", "other", 0.19)):
            shares = np.array([getattr(row, part) for row in rows])
            ends = np.array([getattr(row, f"{part}_interval") for row in rows])
            axes.barh(
                np.arange(len(rows)) + shift, 100 * shares, height=0.36, color=COLOURS[role],
                xerr=100 * np.abs(ends.T - shares), error_kw={"linewidth": 0.8},
                label=_label(subject, role),
            )  # fmt: skip
        down(axes, [row.name for row in rows])
        axes.set_xlabel("share of all attribution, %")
        _legend(axes)
    return axes


def slopegraph(
    results: Results, *, layer: str | None = None, top: int = MOST, ax: Any = None
) -> Any:
    """Draw the ranks of a layer's leading neurons before and after, joined by lines.

    Parameters
    ----------
    results : Comparison or Study
    layer : str, optional
        By default the first that has neurons.
    top : int
        Neurons that rank first before; those that are gone after end in the middle.
    ax : matplotlib.axes.Axes, optional

    Raises
    ------
    ValueError
        If there is no such layer, or the results were made without detail.
    """
    from explainprune.lookup import unknown

    subject = subject_of(results)
    units = subject.pair.detail.units
    needed(units, "neurons")
    layers = list(dict.fromkeys(unit.layer for unit in units))
    chosen = layers[0] if layer is None else layer
    if chosen not in layers:
        raise unknown("layer", chosen, layers)
    ranked = [u for u in units if u.layer == chosen and u.rank_before is not None]
    shown = sorted(ranked, key=lambda unit: unit.rank_before or np.inf)[:top]
    with axes_of(ax, 3.6, 1.0 + 0.28 * len(shown)) as axes:
        for unit in shown:
            gone = unit.rank_after is None or not unit.kept
            after = None if gone else unit.rank_after
            axes.plot(
                [0, 0.5 if after is None else 1], [unit.rank_before, after or unit.rank_before],
                color=COLOURS["mark" if gone else "dense"], marker="o", markersize=3.5,
                linewidth=1.2, linestyle=":" if gone else "-",
            )  # fmt: skip
            axes.annotate(
                f"unit {unit.unit}", (0, unit.rank_before), xytext=(-6, 0), ha="right",
                va="center", textcoords="offset points",
            )  # fmt: skip
        axes.invert_yaxis()
        axes.set_xlim(-0.5, 1.15)
        axes.set_xticks([0, 1], [_label(subject, role) for role in ("dense", "other")])
        axes.set_ylabel("rank")
        axes.set_title(name(chosen, 40), parse_math=False)
    return axes


def frontier(results: Study, *, ax: Any = None) -> Any:
    """Draw the moved weight of every level and arm of a study against its score.

    Parameters
    ----------
    results : Study
        With levels.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Crosses are 95 % intervals; numbers are sparsities in per cent.

    Raises
    ------
    ValueError
        If there are no levels.
    """
    levels = results.levels if isinstance(results, Study) else ()
    needed(levels, "levels")
    score = next(s for s in ("accuracy", "r2") if any(s in level.measures for level in levels))
    looks = dict(zip(dict.fromkeys(level.arm for level in levels), "osD^vPX*", strict=False))
    with axes_of(ax, 5.2, 3.6) as axes:
        for arm, marker in looks.items():
            own = [level for level in levels if level.arm == arm]
            colour = COLOURS["other" if arm == list(results.models)[1] else "mark"]
            for place, level in enumerate(own):
                at = [level.measures[score], level.measures["moved_weight"]]
                if any(measure.value is None for measure in at):
                    continue
                x, y = (100 * m.value for m in at)  # type: ignore[operator]
                ends = [m.interval or (m.value, m.value) for m in at]
                spread = [
                    np.abs(100 * np.array(pair, dtype=float)[:, None] - value)
                    for pair, value in zip(ends, (x, y), strict=True)
                ]
                axes.errorbar(
                    x, y, xerr=spread[0], yerr=spread[1], color=colour, marker=marker,
                    markersize=4, linewidth=0.8, label=None if place else name(arm, 30),
                )  # fmt: skip
                axes.annotate(
                    f"{100 * level.sparsity:.4g}", (x, y), xytext=(4, 3),
                    textcoords="offset points", color=colour,
                )  # fmt: skip
        axes.set_xlabel(f"{'R²' if score == 'r2' else score}, %")
        axes.set_ylabel("moved weight, %")
        axes.grid(True)
        _legend(axes)
    return axes


def reliability(results: Results, *, ax: Any = None) -> Any:
    """Draw the share that is right over confidence, both models, with 95 % intervals.

    Parameters
    ----------
    results : Comparison or Study
        Of a study, its first seed.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Where confidence holds, dots lie on the diagonal.

    Raises
    ------
    ValueError
        If the rows had no labels, or labels are numbers.
    """
    subject = subject_of(results)
    curves = subject.pair.answers.reliability
    needed(curves, "labelled classes")
    with axes_of(ax, 3.8, 3.6) as axes:
        axes.plot([0, 100], [0, 100], color=COLOURS["muted"], linewidth=0.8, linestyle=":")
        for role, bins in zip(("dense", "other"), curves.values(), strict=False):
            known = [each for each in bins if each.right.value is not None]
            right = np.array([each.right.value for each in known])
            ends = np.array(
                [each.right.interval or (v, v) for each, v in zip(known, right, strict=True)]
            )
            axes.errorbar(
                [100 * each.confidence for each in known], 100 * right,
                yerr=100 * np.abs(ends.T - right), color=COLOURS[role], marker="o",
                markersize=3.5, linewidth=1.0, label=_label(subject, role),
            )  # fmt: skip
        axes.set_xlabel("confidence, %")
        axes.set_ylabel("right, %")
        _legend(axes)
    return axes


def needed(found: Any, what: str) -> None:
    """Raise where results lack what a figure is of."""
    if not found:
        raise ValueError(
            f"These results hold no {what}: compare with detail=True, or labels, or a study with "
            "levels brings them."
        )


def _label(subject: Subject, role: str) -> str:
    return name(subject.dense if role == "dense" else subject.other, 30)


def _legend(axes: Any) -> None:
    for text in axes.legend().get_texts():
        text.set_parse_math(False)  # a model called "$x$" is not a formula
