"""The verb `circuit`: the smallest part of a network that does for one class, or for one row."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune import network as networks
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.understanding.case import Case, case_of, index_of, predicted
from explainprune.analysis.understanding.drawn import drawing_of, reads_of
from explainprune.analysis.understanding.edges import Loss, Wired, wired
from explainprune.analysis.understanding.formula import written
from explainprune.analysis.understanding.searching import (
    balanced,
    class_loss,
    fitted,
    log_odds,
    smallest,
    trace_loss,
)
from explainprune.network import Model
from explainprune.network.failing import in_words
from explainprune.network.scalars.affine import INPUTS
from explainprune.types import Array
from explainprune.types.circuit import Circuit, Parts
from explainprune.types.formula import Formula

KEEPS = 0.9
"""Share of what the network gains over guessing that a circuit keeps, where no loss is given."""
LOST = 0.05
"""Share of a row's log-odds, squared, that its trace may lose, where no loss is given."""
NEIGHBOURS, NOISE = 64, 0.1
"""Rows around a traced one, and their noise in standard deviations of each input."""


@in_words
def circuit(
    model: Model,
    data: Any,
    target: int | str | None = None,
    *,
    row: int | None = None,
    loss: float | None = None,
    controls: int = 3,
    background: Any = None,
    rows: int = 500,
    seed: int = 0,
) -> Circuit:
    r"""Find the smallest part of a network that does for one class, or for one row.

    A connection that is cut carries its source's mean over the background (mean ablation), so that
    nothing is trained and nothing else changes. Of a class, what is kept must tell it from the
    rest at a balanced log loss of at most `loss`, at the scale and offset of its log-odds that
    suit it best. Of a row (a trace, in the manner of SPADE), the log-odds of the class that it is
    given must stay on the row and on 64 noisy copies of it.

    The search is greedy (`explainprune.analysis.understanding.searching`): no unit and no single
    connection of the result can go; that no smaller set exists isn't known. A search through so
    many sets finds something for nonsense, too, and in networks that learned nothing: the same
    search on shuffled labels, and on random weights, says what a size is worth.

    Parameters
    ----------
    model : keras.Model
        A classifier of element-wise units: dense layers, convolutions, averages.
    data : Data, (x, y), or whatever `load_data` takes
        Searched on rows that may be learned from; scored rows, where they are others, check it.
        Without labels the model's own predictions are the classes, which a note says.
    target : int or str, optional
        The class. None: the only one there is to ask for, of a single output; of a trace, the
        prediction.
    row : int, optional
        The scored row to trace instead.
    loss : float, optional
        None: what keeps 90 % of the network's gain over guessing; of a trace 0.05.
    controls : int
        How many searches on shuffled labels, and as many on random weights; none for a trace.
    background : as `attribute` takes it, optional
        Whose means stand for what is cut. None: the data's own, else 100 rows of those that may
        be learned from.
    rows : int
        Rows that are searched on, at most.
    seed : int

    Returns
    -------
    Circuit

    Raises
    ------
    ValueError
        If the class isn't known or has no rows, a unit isn't element-wise, or even the whole
        network has a higher loss (it is named).

    References
    ----------
    Circuits at a fixed loss by mean ablation: Gao et al. (2025), arXiv:2511.13653; that such
    searches find circuits for nonsense: Drori (2026), "Weight-sparse circuits may be interpretable
    yet unfaithful". Traces of a sample by pruning: SPADE (Moakhar et al. 2024, arXiv:2310.04519),
    which prunes layer by layer to stated sparsities.
    """
    case = case_of(model, data, background, rows, seed)
    if row is None:
        return _of_class(case, index_of(case, target), loss, controls, seed)
    return _of_row(case, row, target, loss, seed)


def _of_class(case: Case, target: int, loss: float | None, controls: int, seed: int) -> Circuit:
    is_class = case.y == target
    if not is_class.any() or is_class.all():
        raise ValueError(
            f"A circuit tells a class from the rest, and needs rows of both. Of the {len(case.y)} "
            f"rows {int(is_class.sum())} are of {case.classes[target]!r}."
        )
    own = class_loss(target, is_class)
    every = case.wired.on_a_way(np.ones(case.wired.size, bool))
    whole = own(case.wired.outputs(case.x, every))[0]
    most = allowed_loss(whole) if loss is None else float(loss)
    keep = _found(case.wired, case.x, own, most, whole)
    rng = stream(seed, "nonsense")
    shuffled = [class_loss(target, rng.permutation(is_class)) for _ in range(controls)]
    nonsense = tuple(_size(smallest(case.wired, case.x, each, most)) for each in shuffled)
    chance = tuple(
        _size(smallest(redrawn(case.model, case.rows, seed + 1 + k), case.x, own, most))
        for k in range(controls)
    )
    return _circuit(
        case, target, keep, own, most, whole, every,
        held=_held_out(case, target, keep, every), nonsense=nonsense, random=chance,
    )  # fmt: skip


def allowed_loss(whole: float) -> float:
    """Return the loss that keeps most of what a network of loss `whole` gains over guessing."""
    return float(whole + (1 - KEEPS) * (np.log(2) - whole))


def _of_row(
    case: Case, row: int, target: int | str | None, loss: float | None, seed: int
) -> Circuit:
    if not 0 <= row < len(case.scored):
        raise ValueError(f"There are {len(case.scored)} scored rows. Received: row={row}.")
    x = case.scored[row]
    noise = stream(seed, "trace").normal(size=(NEIGHBOURS, len(x))) * case.rows.std(axis=0)
    around = np.vstack([x, x + NOISE * noise])
    every = case.wired.on_a_way(np.ones(case.wired.size, bool))
    outputs = case.wired.outputs(around, every)
    index = predicted(outputs)[0] if target is None else index_of(case, target)
    own = trace_loss(int(index), outputs, case.wired.outputs(around, np.zeros_like(every)))
    most = LOST if loss is None else float(loss)
    keep = _found(case.wired, around, own, most, 0.0)
    return _circuit(case, int(index), keep, own, most, 0.0, every, x=around, row=row)


def _found(wired: Wired, x: Array, loss: Loss, most: float, whole: float) -> Array:
    keep = smallest(wired, x, loss, most)
    if keep is None:
        raise ValueError(
            f"No part that was tried has a loss of {most:.3g} or less; the whole network has "
            f"{whole:.3g}."
        )
    return keep


def _circuit(
    case: Case, target: int, keep: Array, loss: Loss, most: float, whole: float, every: Array,
    *, x: Array | None = None, held: tuple[float, float] | None = None, **more: Any,
) -> Circuit:  # fmt: skip
    x = case.x if x is None else x
    left = case.wired.elements(keep)
    inputs = tuple(case.names[i] for i in np.flatnonzero(left[INPUTS]))
    return Circuit(
        of=case.classes[target],
        loss=most,
        reached=loss(case.wired.outputs(x, keep))[0],
        whole=whole,
        kept=_parts(case.wired, keep),
        live=_parts(case.wired, every),
        inputs=inputs,
        features=len(case.names),
        reads=reads_of(case.wired, keep, x, target, case.names),
        drawing=drawing_of(case.wired, keep, case.names, case.outputs),
        formula=_formula(case, keep),
        held_out=None if held is None else held[0],
        whole_held_out=None if held is None else held[1],
        notes=case.notes,
        **more,
    )


def _parts(wired: Wired, keep: Array) -> Parts:
    left = wired.elements(keep)
    units = sum(int(alive.sum()) for source, alive in left.items() if source != INPUTS)
    return Parts(int(keep.sum()), units, int(left[INPUTS].sum()))


def _formula(case: Case, keep: Array) -> Formula | None:
    try:
        return written(case.wired.cut(keep), case.names, case.outputs)
    except ValueError:
        return None


def _size(keep: Array | None) -> int | None:
    return None if keep is None else int(keep.sum())


def _held_out(case: Case, target: int, keep: Array, every: Array) -> tuple[float, float] | None:
    """Return the loss on scored rows, at the line fitted where it was searched."""
    if case.y_scored is None:
        return None
    is_class, seen = case.y == target, case.y_scored == target
    if not seen.any() or seen.all():
        return None
    weights = [np.where(each, 0.5 / each.sum(), 0.5 / (~each).sum()) for each in (is_class, seen)]
    found = []
    for kept in (keep, every):
        line = fitted(log_odds(case.wired.outputs(case.x, kept), target)[0], is_class, weights[0])
        odds = log_odds(case.wired.outputs(case.scored, kept), target)[0]
        found.append(balanced(line.scale * odds + line.shift, seen, weights[1]))
    return found[0], found[1]


def redrawn(model: Model, background: Array, seed: int) -> Wired:
    """Return a network of random weights with the same connections."""
    weights = networks.weights_of(model)
    drawn = networks.weights_of(networks.randomised(model, seed))
    sparse = {path: np.where(weights[path] != 0, drawn[path], 0) for path in weights if
              weights[path].ndim > 1}  # fmt: skip
    copy = networks.with_weights(model, {**drawn, **sparse})
    return wired(networks.unroll(copy), background)
