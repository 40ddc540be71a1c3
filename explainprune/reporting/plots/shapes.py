"""Figures of an additive network: each feature's curve, each pair's surface."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.reporting.formatting import name
from explainprune.reporting.plots.attributions import two_hues
from explainprune.reporting.plots.axes import axes_of, new_figure, styled
from explainprune.reporting.svg.sheet import COLOURS
from explainprune.types.shapes import Curve, Shapes, Surface

ACROSS = 3


def shape(
    found: Shapes, term: str | tuple[str, str], *, target: int | str = -1, ax: Any = None
) -> Any:
    """Draw one term of an additive network: a feature's curve, or a pair's surface.

    Parameters
    ----------
    found : Shapes
    term : str or (str, str)
        A feature, or the two of a pair.
    target : int or str
        Which output.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        The band, and the thin line of the model before with its own, is what the background
        spreads; ticks below are background rows. Dots: nothing is said between them.

    Raises
    ------
    ValueError
        If there is no such term or output.
    """
    output = _output(found, target)
    with axes_of(ax, 3.0, 2.4) as axes:
        if isinstance(term, tuple):
            _surface(axes, _pair(found, term), output)
        else:
            _curve(axes, found, found.curve(term), output)
    return axes


def shapes(found: Shapes, *, target: int | str = -1, top: int = 6, axes: Any = None) -> Any:
    """Draw the weightiest terms of an additive network side by side, on one scale of values.

    Parameters
    ----------
    found : Shapes
    target : int or str
        Which output.
    top : int
        Features first, then pairs, by their mean absolute value.
    axes : array of matplotlib.axes.Axes, optional
        Where to draw, one for each term; by default those of a figure of their own.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
    """
    output = _output(found, target)
    curves: list[Any] = [(curve.weight[output], curve.name) for curve in found.curves]
    pairs: list[Any] = [(each.weight[output], each.names) for each in found.surfaces]
    ranked = sorted(curves + pairs, key=lambda each: -float(each[0]))[:top]
    terms = [term for _, term in ranked]
    with styled():
        if axes is None:
            down = -(-max(1, len(terms)) // ACROSS)
            figure = new_figure(2.3 * ACROSS, 1.9 * down)
            axes = figure.subplots(down, ACROSS, squeeze=False).ravel()
        for term, ax in zip(terms, np.ravel(axes), strict=False):
            shape(found, term, target=target, ax=ax)
        for ax in np.ravel(axes)[len(terms) :]:
            ax.set_visible(False)
    drawn = zip(terms, np.ravel(axes), strict=False)
    _same_scale([ax for term, ax in drawn if isinstance(term, str)])
    return axes


def _curve(axes: Any, found: Shapes, curve: Curve, output: int) -> None:
    before = {each.name: each for each in found.before}.get(curve.name)
    if before is not None:
        _line(axes, before, output, COLOURS["mark"], width=0.9)
    _line(axes, curve, output, COLOURS["other"], width=1.6)
    if not curve.everywhere:
        axes.plot(curve.points, curve.values[:, output], ".", ms=2, color=COLOURS["other"])
    axes.axhline(0, color=COLOURS["muted"], linewidth=0.6, linestyle=":")
    axes.plot(
        curve.rows, np.full(len(curve.rows), 0.02), "|", color=COLOURS["muted"], markersize=4,
        transform=axes.get_xaxis_transform(), alpha=0.5,
    )  # fmt: skip
    axes.set_title(name(curve.name, 28), parse_math=False)


def _line(axes: Any, curve: Curve, output: int, colour: str, width: float) -> None:
    low, high = curve.low[:, output], curve.high[:, output]
    axes.fill_between(curve.points, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(curve.points, curve.values[:, output], color=colour, linewidth=width)


def _surface(axes: Any, pair: Surface, output: int) -> None:
    values = pair.values[:, :, output].T
    most = float(np.abs(values).max()) or 1.0
    axes.pcolormesh(
        *pair.points, values, cmap=two_hues(), vmin=-most, vmax=most, shading="nearest",
        rasterized=True,
    )  # fmt: skip
    axes.set_xlabel(name(pair.names[0], 28), parse_math=False)
    axes.set_ylabel(name(pair.names[1], 28), parse_math=False)
    axes.set_title(f"together: ± {most:.2g}")


def _same_scale(axes: list[Any]) -> None:
    """Give all curves the widest of their scales."""
    if axes:
        low, high = zip(*(ax.get_ylim() for ax in axes), strict=True)
        for ax in axes:
            ax.set_ylim(min(low), max(high))


def _pair(found: Shapes, names: tuple[str, str]) -> Surface:
    from explainprune.lookup import unknown

    for surface in found.surfaces:
        if set(surface.names) == set(names):
            return surface
    known = [" × ".join(surface.names) for surface in found.surfaces]
    raise unknown("pair", " × ".join(names), known)


def _output(found: Shapes, target: int | str) -> int:
    from explainprune.lookup import unknown

    if isinstance(target, str):
        if target not in found.outputs:
            raise unknown("target", target, found.outputs)
        return found.outputs.index(target)
    if not -len(found.outputs) <= target < len(found.outputs):
        raise ValueError(f"There are {len(found.outputs)} outputs. Received: target={target}.")
    return target % len(found.outputs)
