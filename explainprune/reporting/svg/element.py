"""SVG markup from Python: every attribute and text is escaped, every coordinate is short."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

Coordinate = str | float | int


def element(tag: str, *children: str | Markup, **attributes: Coordinate | None) -> Markup:
    """Build one element; attributes that are None are left out.

    Parameters
    ----------
    tag : str
    *children : str or Markup
        Plain strings are escaped.
    **attributes : str or number
        ``class_`` stands for ``class``; underscores become hyphens; numbers are rounded.

    Examples
    --------
    >>> print(element("text", "a<b", x=1.0049, class_="tick"))
    <text x="1" class="tick">a&lt;b</text>
    >>> print(element("circle", cx="3%", r=2.5))
    <circle cx="3%" r="2.5"/>
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(str(escape(child)) for child in children)
    return Markup(f"<{tag}{written}>{inner}</{tag}>" if inner else f"<{tag}{written}/>")


def join(parts: Iterable[Markup]) -> Markup:
    """Put elements one after another."""
    return Markup("").join(parts)


def coordinate(value: float, decimals: int = 2) -> str:
    """Write a coordinate without trailing zeros.

    >>> coordinate(2.0), coordinate(-0.001), coordinate(12.345)
    ('2', '0', '12.35')
    """
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def share(value: float) -> str:
    """Write a coordinate in per cent of the figure's width.

    >>> share(25.2)
    '25.2%'
    """
    return f"{coordinate(value)}%"


def _value(value: Coordinate) -> Markup:
    return escape(value if isinstance(value, str) else coordinate(float(value)))


def size_of(chart: Markup) -> tuple[float, float]:
    """Return the width and height that a chart says it has."""
    found = re.search(r' viewBox="0 0 ([\d.]+) ([\d.]+)"', chart)
    if found is None:
        raise ValueError("Only a chart with a viewBox has a size of its own.")
    return float(found[1]), float(found[2])
