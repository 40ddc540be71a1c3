"""Objective ``"clear"``: within margins, the fewest inputs, then connections, then exact cost.

First whole inputs go, then what the granularity says, of the model that is left: each time the
highest sparsity within the margins is found by bisection, every trial pruned and fine-tuned. What
was tried is the frontier. Trials are few and training isn't monotone: the best of them is chosen,
not the best there is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from explainprune.lookup import check_keys, unknown
from explainprune.network.functions.inputs import pack
from explainprune.network.functions.networks import as_network
from explainprune.network.functions.signature import signature_of
from explainprune.network.integrals import path_integrals
from explainprune.network.protocol import Model, Network
from explainprune.network.quadrature import gauss_legendre
from explainprune.network.ways.paths import liveness
from explainprune.pruning.allocation import OutOfReach
from explainprune.pruning.budget import measured
from explainprune.pruning.pairing import Pairing, exact_cost, pairing
from explainprune.pruning.rows import Given, at_most
from explainprune.types import Array
from explainprune.types.moved import moved_weights

OBJECTIVES = ("clear",)
MARGINS = {"accuracy": 0.02, "moved_weight": 0.15}
"""By how much accuracy (R² for numbers) may fall, and how much of the reasons' weight may move."""
TRIALS = 6
"""Sparsities tried for inputs, and as many for what comes after."""
PRUNINGS = 2 * (1 + TRIALS)
"""All prunings: each part begins with one that removes nothing more."""
ROWS, BACKGROUND, NODES = 200, 20, 8
"""Rows whose reasons are compared, background rows, nodes of each integral."""

Again = Callable[..., Any]
"""``prune`` with everything said but the model, the granularity, the sparsity and the masks."""


@dataclass(frozen=True, eq=False)
class Judge:
    """The model before, and the rows on which others are held against it.

    Attributes
    ----------
    dense : keras.Model
    x, background : ndarray (n, inputs), (b, inputs)
    targets : ndarray of int (n,)
        The dense model's predictions.
    reasons : ndarray (n, inputs)
        Its expected gradients of the centred logit of that output.
    pairs : Pairing
    """

    dense: Model
    x: Array
    background: Array
    targets: Array
    reasons: Array
    pairs: Pairing

    def figures(self, model: Model) -> dict[str, Any]:
        """Measure a pruned model: what moved, with its upper end, and what is left."""
        network = as_network(model, "centred")
        moved = moved_weights(
            self.reasons, explained(network, self.x, self.background, self.targets)
        )
        found = liveness(model)
        return {
            "moved_weight": float(np.nanmean(moved)),
            "moved_weight_high": upper(moved),
            "inputs": int(found.inputs.sum()),
            "connections": found.connections,
            "exact_cost": _cost(model, self.pairs),
        }


def read_margins(margins: Mapping[str, float] | None, objective: str) -> dict[str, float]:
    """Return every margin, given or by default.

    Raises
    ------
    ValueError
        If a name or the objective is unknown, or a margin isn't a number of at least 0.
    """
    if objective not in OBJECTIVES:
        raise unknown("objective", objective, OBJECTIVES)
    check_keys(margins or {}, list(MARGINS), "margins")
    found = MARGINS | dict(margins or {})
    for name, value in found.items():
        if not (isinstance(value, int | float) and math.isfinite(value) and value >= 0):
            raise ValueError(f"margins[{name!r}] is a number of at least 0. Received: {value!r}.")
    return found


def check_alone(granularity: str, sparsity: Any, budget: Any, allocation: Any, masks: Any) -> None:
    """Raise where something else says how much goes, or what is gone.

    Raises
    ------
    ValueError
    """
    said = {"sparsity": sparsity, "budget": budget, "masks": masks}
    said |= {"allocation": None if isinstance(allocation, str) else allocation}
    given = [f"{name}={value!r}" for name, value in said.items() if value is not None]
    if re.fullmatch(r"\d+:\d+|fan_in:.*|input", granularity):
        given.append(f"granularity={granularity!r}")
    if given:
        raise ValueError(
            "objective='clear' itself says how much goes, of inputs first. Received: "
            f"{', '.join(given)} as well."
        )


def clearest(
    again: Again, model: Model, learned: Given, granularity: str, margins: Mapping[str, float]
) -> Any:
    """Search for the clearest network within margins.

    Returns
    -------
    Pruned
        With its ``frontier``, a table with a line for each trial.

    Raises
    ------
    ValueError
        If there are no labelled rows, or nothing that was tried stays within the margins.
    """
    if learned.learn is None or not learned.labelled:
        raise ValueError("objective='clear' needs labelled rows: accuracy has a margin.")
    judge = _judge(model, learned)
    tried: list[tuple[dict[str, Any], Any]] = []

    def trial(stage: str, start: Model, sparsity: float, masks: Any) -> bool:
        kind = "input" if stage == "inputs" else granularity
        pruned = again(start, granularity=kind, sparsity=sparsity, masks=masks)
        first = tried[0][1] if tried else pruned
        lost = _lost(first.history, pruned.history)
        line = {"stage": stage, "sparsity": sparsity, "lost": lost, **judge.figures(pruned.model)}
        line["within"] = (
            lost <= margins["accuracy"] + 1e-12
            and line["moved_weight_high"] <= margins["moved_weight"]
        )
        tried.append((line, pruned))
        return bool(line["within"])

    start, masks, stages = model, None, ["inputs"] if _has_inputs(model) else []
    for stage in [*stages, granularity]:
        trial(stage, start, 0.0, masks)  # trained as long with nothing more gone: where it begins
        begun = float(tried[-1][1].history["achieved"].iloc[-1])
        _bisect(partial(trial, stage, start, masks=masks), begun)
        best = _best(tried)
        if best is not None:
            start, masks = best[1].model, best[1].masks
    chosen = _best(tried)
    if chosen is None:
        closest = min(tried, key=lambda each: (each[0]["lost"], each[0]["moved_weight_high"]))[0]
        raise ValueError(
            f"No pruning that was tried stays within margins={dict(margins)}: the closest loses "
            f"{closest['lost']:.3g} and moves up to {closest['moved_weight_high']:.3g} of the "
            f"weight, at {closest['stage']} sparsity {closest['sparsity']:.3g}. More "
            "finetune_epochs may help."
        )
    import pandas as pd

    frontier = pd.DataFrame([line | {"chosen": line is chosen[0]} for line, _ in tried])
    return replace(chosen[1], frontier=frontier)


def _best(tried: list[tuple[dict[str, Any], Any]]) -> tuple[dict[str, Any], Any] | None:
    """Return the trial within margins of the fewest inputs, then connections, then exact cost."""
    within = [each for each in tried if each[0]["within"]]
    order = ("inputs", "connections", "exact_cost")
    return min(within, key=lambda each: [each[0][name] for name in order], default=None)


def _bisect(within: Callable[[float], bool], low: float) -> None:
    """Try sparsities, halving the stretch between what is within the margins and what isn't."""
    high = 1.0
    for _ in range(TRIALS):
        middle = (low + high) / 2
        try:
            good = within(middle)
        except OutOfReach:
            good = False
        low, high = (middle, high) if good else (low, middle)


def _judge(model: Model, learned: Given) -> Judge:
    assert learned.learn is not None  # labelled rows were asked for
    rows = at_most(learned.learn if learned.validation is None else learned.validation, ROWS)
    network = as_network(model, "centred")
    parts = signature_of(model, rows.x).parts
    pairs = pairing(model, learned)
    x = pack(rows.x, parts, "float64")
    background = pack(at_most(learned.learn, BACKGROUND).x, parts, "float64")
    targets = np.asarray(network.outputs(x)).argmax(axis=1)
    return Judge(model, x, background, targets, explained(network, x, background, targets), pairs)


def explained(network: Network, x: Array, background: Array, targets: Array) -> Array:
    """Return expected gradients, each integral by Gauss–Legendre: (n, inputs)."""
    nodes, weights = gauss_legendre(NODES)
    places = np.broadcast_to(nodes, (len(x), len(background), NODES))
    return path_integrals(network, x, background, places, weights, targets)[0]


def upper(values: Array) -> float:
    """Return the upper end of the mean's 95 % interval over rows."""
    from scipy.stats import t

    known = values[~np.isnan(values)]
    if len(known) < 2:
        return 1.0
    spread = float(known.std(ddof=1) / np.sqrt(len(known)))
    return float(known.mean() + t.ppf(0.975, len(known) - 1) * spread)


def _lost(first: Any, last: Any) -> float:
    """Return how much of the dense model's accuracy is gone: of several outputs, the most."""
    names = measured(first)
    return float((first[names].iloc[0] - last[names].iloc[-1]).max())


def _cost(model: Model, pairs: Pairing) -> float:
    """Return the exact cost; infinite where the network can't be taken apart."""
    try:
        return exact_cost(model, {}, pairs)
    except ValueError:
        return math.inf


def _has_inputs(model: Model) -> bool:
    """Whether whole inputs can go."""
    from explainprune.network.shrinking.readers import readers_of_inputs

    found = readers_of_inputs(model)
    return any(not readers.ends and readers.slices for readers in found.values())
