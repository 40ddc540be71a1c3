"""What verdicts promise (how many more rows decide), and what must never be said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

import explainprune as xp
from calibrated.planted import FEATURES, Linear, standard
from calibrated.rule import MARGIN, data_of, judged
from calibrated.store import Cell, Run
from explainprune.network import FormulaNetwork

MOST_ROWS = 20_000
"""Promises of more rows than so many are counted, not tried."""


def promised(kind: str, rows: int, within: float) -> Run:
    """Draw the margin around the truth; where rows can't decide, add as many as were asked for.

    The first rows and backgrounds stay: the verdict promises what happens to these, grown.
    """

    def run(number: int) -> dict[str, float]:
        rng = np.random.default_rng([number, rows])
        pair, margin = standard(kind, MARGIN), MARGIN + within * float(rng.uniform(-1, 1))
        x = pair.rows(rng, rows)
        first = judged(pair, data_of(x, pair.pool), margin=margin, seed=number)
        if first.label != "inconclusive":
            return {"open": 0.0}
        more, draws = first.verdict.more, first.verdict.more_backgrounds
        if more is None or rows + more > MOST_ROWS or draws > 100:
            return {"open": 1.0, "tried": 0.0}
        grown = np.concatenate([x, pair.rows(rng, more)])
        data = data_of(grown, pair.pool)
        again = judged(
            pair, data, margin=margin, backgrounds=first.backgrounds + draws, seed=number
        )
        return {
            "open": 1.0,
            "tried": 1.0,
            "decided": float(again.label != "inconclusive"),
            "wrongly": float(again.label == ("changed" if pair.truth <= margin else "preserved")),
            "more": float(more),
        }

    return run


def always_no(number: int) -> dict[str, float]:
    """1 % positives; the other model says no to every row, from one useless feature."""
    weights, useless = np.linspace(1, 0.3, 12), np.zeros(12)
    useless[7] = 0.01
    cut = _quantile()
    x = np.random.default_rng(number).normal(size=(2000, 12))
    found = xp.compare(
        _two_classes(weights, cut, 4.0), _two_classes(useless, 3.0, 1.0),
        (x, (x @ weights > cut).astype(int)), metrics=[], detail=False, seed=number,
    )  # fmt: skip
    return {
        "clearer": float(found.clarity.label == "clearer"),
        "preserved": float(found.verdict.label == "preserved"),
        "changed": float(found.verdict.label == "changed"),
    }


@lru_cache(maxsize=1)
def _quantile() -> float:
    x = np.random.default_rng(0).normal(size=(400_000, 12))
    return float(np.quantile(x @ np.linspace(1, 0.3, 12), 0.99))


def _two_classes(weights: Any, shift: float, gain: float) -> FormulaNetwork:
    both = np.stack([-weights / 2, weights / 2], axis=1) * gain
    return FormulaNetwork(
        lambda x: gain * np.stack([-(x @ weights - shift) / 2, (x @ weights - shift) / 2], axis=1),
        len(weights),
        n_outputs=2,
        gradient=lambda x: np.broadcast_to(both, (len(x), *both.shape)),
    )


def blind(network: Any, x: Any, background: Any, targets: Any) -> Any:
    """Explain every model alike: by the row less the mean background row."""
    found = xp.METHODS["gradient_input"](network, x, background, targets)
    return replace(found, values=x - background.mean(axis=0))


def ignoring(number: int) -> dict[str, float]:
    """Judge two unrelated networks by an explainer that doesn't look at them."""
    rng = np.random.default_rng(number)
    first, second = (Linear(rng.normal(size=FEATURES)) for _ in range(2))
    nets = [FormulaNetwork(f.outputs, FEATURES, gradient=f.gradient) for f in (first, second)]
    found = xp.compare(
        *nets, rng.normal(size=(300, FEATURES)), methods=[blind], metrics=[], detail=False,
        seed=number,
    )  # fmt: skip
    return {"preserved": float(found.verdict.label == "preserved"), "moved": _moved(found)}


def gauge(number: int) -> dict[str, float]:
    """Add one function to all logits of a network: no probability changes, nothing has moved."""
    import keras

    keras.utils.set_random_seed(number)
    rows = keras.Input((FEATURES,))
    hidden = keras.layers.Dense(16, "relu")(rows)
    logits = keras.layers.Dense(3)(hidden)
    shared = keras.layers.Dense(1)(keras.layers.Dense(8, "relu")(rows))
    plain = keras.Model(rows, keras.layers.Softmax()(logits))
    other = keras.Model(rows, keras.layers.Softmax()(keras.layers.Add()([logits, 5 * shared])))
    x = np.random.default_rng(number).normal(size=(300, FEATURES)).astype(np.float32)
    found = xp.compare(plain, other, x, metrics=[], detail=False, seed=number)
    return {"preserved": float(found.verdict.label == "preserved"), "moved": _moved(found)}


def _moved(found: Any) -> float:
    return float(found.verdict.evidence["moved_weight"].value)


def rare_group(number: int) -> dict[str, float]:
    """Three groups of one truth, one of them small: does the worst one's interval hold it?"""
    pair = standard("relu", 0.15)
    rng = np.random.default_rng(number)
    x = pair.rows(rng, 1000)
    groups = np.repeat(["common", "seldom", "rare"], [660, 300, 40])
    found = judged(pair, data_of(x, pair.pool, group=groups), seed=number).verdict
    worst = found.evidence["worst_group"]
    return {
        "held": float(worst.low <= pair.truth <= worst.high),
        "rare is named": float(found.worst["group"] == "group rare"),
    }


def cells() -> Iterator[Cell]:
    """Yield promises, then refusals."""
    for kind, rows, within in (
        ("linear", 50, 0.013), ("linear", 100, 0.009), ("linear", 300, 0.005), ("relu", 100, 0.04)
    ):  # fmt: skip
        yield Cell("more rows", f"{kind}, {rows} rows", promised(kind, rows, within))
    yield Cell("worst group", "40 of 1,000 rows in the rarest group", rare_group)
    yield Cell("refusals", "always no, 1 % positives", always_no, 25)
    yield Cell("refusals", "an explainer that ignores the model", ignoring, 50)
    yield Cell("refusals", "one function added to all logits", gauge, 10)
