"""Texts: each token in the colour of what it says for the output, or against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explainprune.reporting.formatting import name, number
from explainprune.types import Sample

MOST = 200
"""Tokens that are shown of one text."""
STEPS = 4


@dataclass(frozen=True)
class Line:
    """A text under one model: its tokens, each with the class of its colour."""

    title: str
    role: str
    tokens: tuple[tuple[str, str], ...]
    more: int


def token_lines(
    sample: Sample, models: Sequence[tuple[str, str, Sequence[float]]], largest: float
) -> tuple[Line, ...]:
    """Colour the tokens of a text by each model's values.

    Tokens are called as the data calls them (raw columns named as the features), else by their
    number. Those at the end that no model reads, such as padding, are left out.

    Parameters
    ----------
    sample : Sample
    models : sequence of (title, role, values)
    largest : float
        Absolute value that gets the strongest colour.
    """
    each = np.stack([np.asarray(values, dtype=np.float64) for _, _, values in models])
    read = np.flatnonzero(each.any(axis=0))
    count, total = (int(read[-1]) + 1 if len(read) else 0), each.shape[1]
    numbers = tuple(number(value) for value in sample.x)
    known = next(
        (t for t in (sample.said, numbers) if len(t) == total), tuple(map(str, range(total)))
    )
    shown = min(count, MOST)
    return tuple(
        Line(
            title,
            role,
            tuple((name(known[i], 28), shade(float(values[i]), largest)) for i in range(shown)),
            count - shown,
        )
        for (title, role, _), values in zip(models, each, strict=True)
    )


def shade(value: float, largest: float) -> str:
    """Return the class of a value's colour: ``up1`` to ``up4``, ``down1`` to ``down4``, or none.

    >>> shade(1.0, 1.0), shade(-0.3, 1.0), shade(0.05, 1.0)
    ('up4', 'down1', '')
    """
    step = min(STEPS, round(STEPS * abs(value) / largest)) if largest > 0 else 0
    return f"{'up' if value > 0 else 'down'}{step}" if step else ""
