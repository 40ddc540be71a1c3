"""A small network written out, line by line, as text and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from explainprune.types.arrays import Array

Sum = tuple[tuple[tuple[float, str], ...], float]
"""Factors with the names they stand before, and a constant."""

_FUNCTIONS: dict[str, Callable[..., Array]] = {"maximum": np.maximum, "minimum": np.minimum}
_SPECIAL = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}


@dataclass(frozen=True)
class Line:
    """One line: a name and what it stands for.

    Attributes
    ----------
    name, symbol : str
        In text and in LaTeX.
    sums : tuple of Sum
    function : str
        ``""`` of one sum, ``"relu"`` (the larger of 0 and it), ``"maximum"`` or ``"minimum"`` of
        all.
    """

    name: str
    symbol: str
    sums: tuple[Sum, ...]
    function: str = ""


@dataclass(frozen=True, repr=False)
class Formula:
    """A network as formulas of its inputs.

    Attributes
    ----------
    inputs, outputs : tuple of str
        Names as the text has them, in the model's order.
    lines : tuple of Line
        Units in the order they are computed, then the outputs. Units that take no part are left
        out, constant ones are added to what reads them.
    symbols : dict of str to str
        What each input is in LaTeX.
    digits : int or None
        Significant digits that numbers were rounded to; None: the shortest decimals that give the
        model's own numbers back.
    error : float or None
        Where rows were given: the largest difference that rounding makes to an output on them.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    lines: tuple[Line, ...]
    symbols: dict[str, str] = field(default_factory=dict)
    digits: int | None = None
    error: float | None = None

    @property
    def size(self) -> int:
        """How many numbers are written: factors, and constants that aren't 0."""
        sums = [each for line in self.lines for each in line.sums]
        return sum(len(terms) + (constant != 0) for terms, constant in sums)

    @property
    def text(self) -> str:
        """The lines, as Python reads them."""
        return "\n".join(f"{line.name} = {_called(line)}" for line in self.lines)

    @property
    def latex(self) -> str:
        """The lines in an ``aligned`` environment, without the dollars around it."""
        symbols = self.symbols | {line.name: line.symbol for line in self.lines}
        rows = [rf"{line.symbol} &= {_typeset(line, symbols)}" for line in self.lines]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def __call__(self, x: Array) -> Array:
        """Evaluate the lines in float64: (n, inputs) → (n, outputs)."""
        x = np.asarray(x, np.float64).reshape(len(x), -1)
        if x.shape[1] != len(self.inputs):
            raise ValueError(f"Rows have {len(self.inputs)} numbers. Received: shape={x.shape}.")
        known = dict(zip(self.inputs, x.T, strict=True))
        for line in self.lines:
            sums = [
                constant + sum((factor * known[name] for factor, name in terms), np.zeros(len(x)))
                for terms, constant in line.sums
            ]
            found = sums[0]
            for each in sums[1:]:
                found = _FUNCTIONS[line.function](found, each)
            known[line.name] = np.maximum(found, 0) if line.function == "relu" else found
        return np.stack([known[name] for name in self.outputs], axis=1)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Formula({self.size} numbers, {len(self.lines)} lines)"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


def number(value: float) -> str:
    """Write a number as the shortest decimal that gives it back, in float32 where it is one.

    >>> number(0.1), number(float(np.float32(0.1))), number(-2.0)
    ('0.1', '0.1', '-2')
    """
    single = np.float32(value)
    text = str(single) if float(single) == value else repr(float(value))
    return text.removesuffix(".0")


def identifiers(names: Sequence[str], taken: Sequence[str] = ()) -> tuple[str, ...]:
    """Turn names into different ones that Python can read.

    >>> identifiers(["mean radius", "mean-radius", "2nd"])
    ('mean_radius', 'mean_radius_', '_2nd')
    """
    found: list[str] = []
    for name in names:
        text = re.sub(r"\W+", "_", name).strip("_") or "x"
        text = f"_{text}" if text[0].isdigit() else text
        while text in found or text in taken or text in ("max", "min"):
            text += "_"
        found.append(text)
    return tuple(found)


def symbol(name: str) -> str:
    r"""Return a name as LaTeX sets it.

    >>> print(symbol("loan_amt, %"))
    \text{loan\_amt, \%}
    """
    safe = "".join(_SPECIAL.get(c, f"\\{c}" if c in "_%&#${}" else c) for c in name)
    return rf"\text{{{safe}}}"


def _called(line: Line) -> str:
    """Return a line's right side in Python."""
    sums = [_added(each, number, "*", lambda name: name) for each in line.sums]
    if line.function == "relu":
        return f"max(0, {sums[0]})"
    return f"{line.function[:3]}({', '.join(sums)})" if line.function else sums[0]


def _typeset(line: Line, symbols: dict[str, str]) -> str:
    sums = [_added(each, _power, r"\,", symbols.__getitem__) for each in line.sums]
    if line.function == "relu":
        return rf"\max(0,\; {sums[0]})"
    joined = r",\; ".join(sums)
    return rf"\{line.function[:3]}({joined})" if line.function else sums[0]


def _power(value: float) -> str:
    mantissa, _, exponent = number(value).partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _added(
    each: Sum, written: Callable[[float], str], times: str, named: Callable[[str], str]
) -> str:
    """Write a sum, each sign before its number."""
    terms, constant = each
    parts = [
        (
            factor < 0,
            named(name) if abs(factor) == 1 else written(abs(factor)) + times + named(name),
        )
        for factor, name in terms
    ]
    if constant or not terms:
        parts.append((constant < 0, written(abs(constant))))
    text = " ".join(f"{'-' if minus else '+'} {part}" for minus, part in parts)
    return text.removeprefix("+ ") if not parts[0][0] else text.replace("- ", "-", 1)
