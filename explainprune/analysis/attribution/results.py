"""From what a method returns to an Attribution in the caller's terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import Explained, rounding
from explainprune.analysis.attribution.reading.players import n_players, per_player_sums
from explainprune.analysis.attribution.reading.views import MethodInput
from explainprune.data.reading import Samples
from explainprune.types import Array, Attribution, Inputs

_NOTABLE_GAP = 1e-3
_MOST_ERRORS = 4  # standard errors that a gap may be
_BROKEN = 100  # times the largest change of the output: no gap is so large but by lost digits


@dataclass(frozen=True)
class Gaps:
    """What of the gaps of some rows must be said.

    Attributes
    ----------
    share : float
        The largest that `beyond` counts, as a share of the output's mean change from the base.
    beyond : int
        Rows whose gap is more than rounding, and more than four of its own standard errors.
    errors : float
        The largest of these, in standard errors; 0 where nothing is drawn.
    rows : int
    """

    share: float
    beyond: int
    errors: float
    rows: int


def per_player(
    explained: Any, name: str, given: MethodInput, joins: bool, n: int, targets: Array | None
) -> Explained:
    """Check what a method returned, and add up features where it didn't join players itself.

    Parameters
    ----------
    explained : Explained
    name : str
        Of the method, for the errors.
    given : MethodInput
    joins : bool
        Whether the method took ``players``, and so returns one value per player.
    n : int
        Samples.
    targets : ndarray of int (n,), optional

    Raises
    ------
    TypeError, ValueError
        If it isn't an Explained, or has the wrong shapes.
    """
    if not isinstance(explained, Explained):
        raise TypeError(
            f"Method {name!r} returns an Explained. Received: {type(explained).__name__}."
        )
    trailing = () if targets is not None else (given.network.n_outputs,)
    width = n_players(given.players) if joins else given.network.n_inputs
    expected = {"values": (n, width, *trailing), "base": (n, *trailing)}
    if explained.std_error is not None:
        expected["std_error"] = expected["values"]
    if explained.ends is not None:
        expected["ends"] = (2, *expected["values"])
    if explained.gap_error is not None:
        expected["gap_error"] = expected["base"]
    if explained.interactions is not None:
        expected["interactions"] = (n, width, width, *trailing)
    for field, shape in expected.items():
        found = np.shape(getattr(explained, field))
        if found != shape:
            raise ValueError(
                f"Method {name!r} returns {field} of shape {shape} for these rows. "
                f"Received: shape={found}."
            )
    if joins:
        return explained
    values, error = per_player_sums(explained.values, given.players), explained.std_error
    if error is not None:
        # Errors of a player's features are correlated: theirs can't be had from them alone.
        merges = n_players(given.players) < width
        error = None if merges else per_player_sums(error, given.players)
    ends = explained.ends
    if ends is not None:
        ends = per_player_sums(ends[0], given.players), per_player_sums(ends[1], given.players)
    return replace(explained, values=values, std_error=error, ends=ends)


def sums_note(explained: Explained) -> tuple[str, ...]:
    """Say what a player's value is, where features were explained one by one."""
    adds_up = explained.complete or explained.gap_error is not None
    still = ": what added up to the output still does" if adds_up else ""
    return (f"A player's value is the sum of its features' values{still}.",)


def raw_of(samples: Samples) -> dict[str, Array] | None:
    """Return the rows as the user knows them, where the `Data` says so."""
    raw = None if samples.data is None else samples.data.scored.raw
    return dict(raw) if raw else None


def gaps_of(attribution: Attribution) -> Gaps:
    """Look at gaps of values that should add up, in every row or but for sampling.

    Raises
    ------
    ValueError
        If values have nothing to do with the output any more.
    """
    gap, error = np.abs(attribution.gap), attribution.gap_error
    if not attribution.complete and error is None:
        return Gaps(0.0, 0, 0.0, len(gap))
    allowed = _rounding(attribution) + (0.0 if error is None else _MOST_ERRORS * error)
    seen = np.where(gap > allowed, gap, 0.0)
    errors = np.zeros_like(gap)
    if error is not None:
        np.divide(seen, error, out=errors, where=error > 0)
    rows = seen.reshape(len(gap), -1).any(axis=1)
    share = float(attribution.relative(seen).max())
    most = _BROKEN * np.abs(attribution.output - attribution.base).max(initial=0.0)
    if error is None and (seen > most).any() and most > 0:
        raise ValueError(
            f"Values of {attribution.method} should add up, and miss the output by up to "
            f"{share:.1e} of its change from the base: somewhere numbers cancel that are too large "
            "for it, such as attention scores of steps that a mask pushes away by 1e38. Use method="
            "'permutation', which only evaluates the model."
        )
    return Gaps(share, int(rows.sum()), float(errors.max()), len(gap))


def _rounding(attribution: Attribution) -> Array:
    """Return what rounding may make of each gap."""
    output, base = attribution.output, attribution.base
    # Outputs come in float64: those of a network that computes in single precision fit into that.
    single = np.array_equal(output, output.astype(np.float32))
    size = np.maximum(np.abs(output), np.abs(base))
    return np.asarray(rounding(output.astype(np.float32) if single else output) * size)


def gap_notes(method: str, parts: Sequence[Gaps]) -> tuple[str, ...]:
    """Say so where values that should add up miss the output by more than rounding and chance."""
    share, errors = max(part.share for part in parts), max(part.errors for part in parts)
    beyond, rows = sum(part.beyond for part in parts), sum(part.rows for part in parts)
    if errors:
        return (
            f"In {beyond} of {rows} rows the gap of {method} exceeds four of its own standard "
            f"errors: it is up to {errors:.3g} of them, {share:.1e} of the output's mean change "
            "from the base. The output changes where its gradient doesn't show it, or too steeply "
            "for so few draws: a method that only runs forward, such as 'permutation', adds up.",
        )
    if share <= _NOTABLE_GAP:
        return ()
    return (
        f"Values of {method} should add up, and miss the output by up to {share:.1e} of its mean "
        "change from the base.",
    )


def with_gap_noted(attribution: Attribution) -> Attribution:
    """Add a note where values that should add up don't."""
    notes = gap_notes(attribution.method, [gaps_of(attribution)])
    return replace(attribution, notes=(*attribution.notes, *notes))


def one_of(parts: Sequence[Attribution]) -> Attribution:
    """Put the attributions of parts, in order, together."""
    first = parts[0]
    if len(parts) == 1:
        return first
    return replace(
        first,
        values=_end_to_end([part.values for part in parts]),
        base=np.concatenate([part.base for part in parts]),
        output=np.concatenate([part.output for part in parts]),
        targets=_maybe([part.targets for part in parts]),
        std_error=_maybe([part.std_error for part in parts]),
        lower=_maybe([part.lower for part in parts]),
        upper=_maybe([part.upper for part in parts]),
        gap_error=_maybe([part.gap_error for part in parts]),
        interactions=_maybe([part.interactions for part in parts]),
        x=_maybe([part.x for part in parts]),
        raw=_maybe([part.raw for part in parts]),
        notes=notes_of(parts),
        options=options_of(parts),
    )


def notes_of(parts: Sequence[Any]) -> tuple[str, ...]:
    """Return each note once, in the order of appearance."""
    return tuple(dict.fromkeys(note for part in parts for note in part.notes))


def options_of(parts: Sequence[Any]) -> dict[str, Any]:
    """Return the options in force; of draws that parts settled for themselves, the fewest."""
    options = dict(parts[0].options)
    if "draws" in options:
        options["draws"] = min(part.options["draws"] for part in parts)
    return options


def _end_to_end(parts: Sequence[Inputs]) -> Inputs:
    first = parts[0]
    if isinstance(first, dict):
        return {name: np.concatenate([part[name] for part in parts]) for name in first}
    together: Array = np.concatenate(parts)  # type: ignore[arg-type]
    return together


def _maybe(parts: Sequence[Any]) -> Any:
    return None if parts[0] is None else _end_to_end(parts)
