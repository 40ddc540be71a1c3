"""The smallest part of a network that was found to do one job, and what it is read against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.types.arrays import Array
from explainprune.types.drawing import Drawing
from explainprune.types.formula import Formula


@dataclass(frozen=True)
class Parts:
    """How much of a network there is, on ways from an input to an output.

    Attributes
    ----------
    connections, units, inputs : int
    """

    connections: int
    units: int
    inputs: int

    def __str__(self) -> str:
        return f"{self.connections:,} connections, {self.units:,} units, {self.inputs:,} inputs"


@dataclass(frozen=True, repr=False)
class Circuit:
    """What of a network suffices for one class, or for one row, at a stated loss.

    Attributes
    ----------
    of : str
        The class; of a trace, the class that the row was given.
    row : int or None
        The row that was traced.
    loss : float
        What was asked for: the balanced log loss of the class against the rest, at best scale and
        offset (log 2 is guessing); of a trace, the share of the log-odds that may be lost, squared.
    reached, whole : float
        The loss of the circuit and of the whole network, on the rows that were searched on.
    held_out, whole_held_out : float or None
        The same on the scored rows, which weren't; None where they are the same rows.
    kept, live : Parts
        What is left, and what the whole network has.
    inputs : tuple of str
        Names of the inputs that are left.
    features : int
        How many inputs there are.
    reads : tuple of tuple of str
        Each unit left of the first layer as the inputs that it reads: ``"+age"`` where more of it
        speaks for the class through this unit, ``"−age"`` where it speaks against.
    drawing : Drawing
        For ``xp.plot.network``.
    formula : Formula or None
        What is left, written out; None where it is too large.
    nonsense, random : tuple of int or None
        Connections that the same search needs for the same loss: of shuffled labels in this
        network, and of the true labels in networks of random weights that are as sparse. None:
        the loss wasn't reached.
    notes : tuple of str
    """

    of: str
    loss: float
    reached: float
    whole: float
    kept: Parts
    live: Parts
    inputs: tuple[str, ...]
    features: int
    reads: tuple[tuple[str, ...], ...]
    drawing: Drawing
    row: int | None = None
    held_out: float | None = None
    whole_held_out: float | None = None
    formula: Formula | None = None
    nonsense: tuple[int | None, ...] = ()
    random: tuple[int | None, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Connections that are left."""
        return self.kept.connections

    @property
    def sentence(self) -> str:
        """The size beside that of the whole network and of the controls."""
        job = f"{self.of!r}" if self.row is None else f"row {self.row} as {self.of!r}"
        text = (
            f"{self.kept} of {self.live} suffice for {job} at a loss of {self.reached:.3g} "
            f"(asked for {self.loss:.3g}; the whole network {self.whole:.3g})."
        )
        if self.held_out is not None:
            text += f" On rows not searched on: {self.held_out:.3g} ({self.whole_held_out:.3g})."
        for name, sizes in (("Shuffled labels", self.nonsense), ("Random weights", self.random)):
            if sizes:
                text += f" {name}: {_needed(sizes)}."
        return text

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"Circuit({self.of!r}, {self.kept})"


def _needed(sizes: Sequence[int | None]) -> str:
    """Say what controls needed.

    >>> _needed([None, 40, None]), _needed([None]), _needed([7, 5])
    ('40 connections in 1 of 3, not reached in the others', 'not reached', '5 to 7 connections')
    """
    found = sorted(size for size in sizes if size is not None)
    if not found:
        return "not reached"
    span = f"{found[0]:,}" if found[0] == found[-1] else f"{found[0]:,} to {found[-1]:,}"
    if len(found) == len(sizes):
        return f"{span} connections"
    return f"{span} connections in {len(found)} of {len(sizes)}, not reached in the others"


def recurring(circuits: Sequence[Circuit]) -> Any:
    """Tell what comes back in circuits of several starts, and what a start's accident may be.

    Parameters
    ----------
    circuits : sequence of Circuit
        Of one class, each of a network trained from another start, on the same features.

    Returns
    -------
    pandas.DataFrame
        A line for each input, and for each pair of inputs that meet in a unit of the first layer:
        ``item``, ``kind``, ``circuits`` (in how many), ``of``, ``expected`` by chance, ``chance``
        of as many or more, and ``comes_back``: whether that is below 5 % divided by the number of
        lines of this kind that could have been. By chance means: each circuit's inputs are drawn
        from all features; its pairs from those of the inputs that it has.

    Raises
    ------
    ValueError
        If there are fewer than two circuits, or their features differ in number.
    """
    import pandas as pd

    if len(circuits) < 2 or len({each.features for each in circuits}) > 1:
        raise ValueError("What comes back is asked of two circuits or more, of the same features.")
    d = circuits[0].features
    rows = []
    sets = [set(each.inputs) for each in circuits]
    for name in sorted(set().union(*sets)):
        shares = np.array([len(own) / d for own in sets])
        rows.append(_row(name, "input", sum(name in own for own in sets), shares, d))
    pairs = [_pairs(each) for each in circuits]
    for pair in sorted(set().union(*pairs)):
        shares = np.array(
            [
                len(found) / (len(own) * (len(own) - 1) / 2) if set(pair) <= own else 0.0
                for found, own in zip(pairs, sets, strict=True)
            ]
        )
        count = sum(pair in found for found in pairs)
        rows.append(_row(" × ".join(pair), "pair", count, shares, d * (d - 1) // 2))
    frame = pd.DataFrame(rows)
    return frame.sort_values(["kind", "chance", "item"], ignore_index=True)


def _pairs(circuit: Circuit) -> set[tuple[str, ...]]:
    """Return the pairs of inputs that meet in a unit of the first layer."""
    found: set[tuple[str, ...]] = set()
    for unit in circuit.reads:
        names = sorted(name[1:] for name in unit)
        found |= {(a, b) for at, a in enumerate(names) for b in names[at + 1 :]}
    return found


def _row(item: str, kind: str, count: int, shares: Array, possible: int) -> dict[str, Any]:
    chance = at_least(count, shares)
    return {
        "item": item,
        "kind": kind,
        "circuits": count,
        "of": len(shares),
        "expected": float(shares.sum()),
        "chance": chance,
        "comes_back": chance * possible < 0.05,
    }


def at_least(count: int, shares: Array) -> float:
    """Return the probability of `count` successes or more in independent trials.

    >>> round(at_least(2, np.array([0.5, 0.5, 0.5])), 6)
    0.5
    """
    law = np.ones(1)
    for share in shares:
        law = np.convolve(law, [1 - share, share])
    return float(np.clip(law[count:].sum(), 0.0, 1.0))
