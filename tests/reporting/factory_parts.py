"""Pieces of synthetic results that look like real ones: verdicts, models, drawings, samples."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from explainprune.types import (
    Answers,
    Bin,
    Drawing,
    DrawnEdges,
    DrawnFilters,
    DrawnLayer,
    FeatureRow,
    Measure,
    ModelRow,
    Power,
    Rewired,
    UnitRow,
    Verdict,
)
from explainprune.types.answers import AtCutOff, CutOffs, Fall


def measure(value, half, *, n=360, unit="samples", note=""):
    """An interval around a value, cut at nothing."""
    return Measure(float(value), (float(value - half), float(value + half)), n, unit, note)


def layers_of(sizes, names, rng, dead=0.0, labels=((), ())):
    return tuple(
        DrawnLayer(
            name,
            "inputs" if index == 0 else "Dense",
            size,
            tuple(range(size)),
            tuple(float(v) for v in rng.beta(1.2, 3, size)),
            tuple(bool(v) for v in (rng.random(size) >= (dead if index < len(sizes) - 1 else 0))),
            labels[0] if index == 0 else labels[1] if index == len(sizes) - 1 else (),
        )
        for index, (name, size) in enumerate(zip(names, sizes, strict=True))
    )


def drawing_of(sizes, names, rng, *, density=1.0, dead=0.0, labels=((), ()), most=1500):
    layers = layers_of(sizes, names, rng, dead, labels)
    edges = []
    for start, (fan_in, units) in enumerate(pairwise(sizes)):
        source, target = (part.ravel() for part in np.meshgrid(range(fan_in), range(units)))
        alive = np.array(layers[start].alive)[source] & np.array(layers[start + 1].alive)[target]
        keep = np.flatnonzero(alive & (rng.random(source.size) < density))
        weight = rng.normal(0, 1 / np.sqrt(fan_in), keep.size)
        drawn = np.sort(np.argsort(-np.abs(weight))[:most])
        edges.append(
            DrawnEdges(
                start,
                start + 1,
                tuple(int(i) for i in source[keep][drawn]),
                tuple(int(i) for i in target[keep][drawn]),
                tuple(float(w) for w in weight[drawn]),
                int(keep.size),
            )
        )
    return Drawing(layers, tuple(edges), "the strongest connections of each layer are drawn")


def rewired_of(drawings):
    """What became of connections: of those that are left, a tenth each turned, weaker, stronger."""
    dense, other = drawings
    found = []
    for before, after in zip(dense.edges, other.edges, strict=True):
        part = after.total // 10
        names = (dense.layers[at].name for at in (before.start, before.end))
        gone = before.total - after.total
        found.append(Rewired(*names, gone, part, part, after.total - 3 * part, part, 0))
    return tuple(found)


def filters_of(rng, *, gone=0.0, filters=8, layer="hidden"):
    """Filters of 3 × 3 that read two inputs each; some of them are gone."""
    unit = tuple(i for i in range(filters) for _ in range(2))
    image = lambda: tuple(float(v) for v in rng.normal(size=9).round(4))  # noqa: E731
    values = tuple(image() if rng.random() >= gone else () for _ in unit)
    source = tuple(f"inputs {i % 5}" for i in range(len(unit)))
    return DrawnFilters(layer, (3, 3), 48, 5, unit, source, values)


def units_of(layers, rng):
    rows = []
    for layer, count in layers:
        before = rng.gamma(1.2, 0.3, count)
        kept = before > np.quantile(before, 0.55)
        after = np.where(kept, before * rng.uniform(0.7, 1.4, count), 0)
        ranks, later = (np.argsort(np.argsort(-v)) + 1 for v in (before, after))
        rows += [
            UnitRow(
                layer,
                unit,
                float(before[unit]),
                float(after[unit]) if kept[unit] else None,
                float(ranks[unit]),
                float(later[unit]) if kept[unit] else None,
                bool(kept[unit]),
            )
            for unit in range(count)
        ]
    return tuple(rows)


def at_cut_off(chance, high, n=360):
    """One cut-off of a model whose shares begin at `high`; nothing is decided at the end."""
    share = max(0.0, high - chance)
    return AtCutOff(
        chance,
        measure(share, 0.04, n=n),
        measure(min(1.0, 1.1 * share), 0.06, n=n // 3),
        measure(0.5 * share, 0.03, n=2 * n // 3),
        measure(0.9, 0.05, n=n)
        if share
        else Measure(None, None, 0, "samples", "decided for no row"),
    )


def cut_offs():
    """Both models over cut-offs, and within two groups at the stated one."""
    highs = {"dense": 0.97, "pruned": 0.81}
    return CutOffs(
        "1",
        0.3,
        {
            name: tuple(at_cut_off(0.1 * step, high) for step in range(1, 10))
            for name, high in highs.items()
        },
        {
            part: {name: at_cut_off(0.3, high, n) for name, high in highs.items()}
            for part, n in (("all rows", 360), ("group east", 90), ("group west", 270))
        },
    )


def answers(n=360):
    """Ten classes, a few flips, four bins of confidence for each model, a class that falls."""
    wrong = {"dense": ((1, 7, 4), (8, 9, 6)), "pruned": ((1, 7, 8), (3, 5, 6))}
    right = tuple((k, k, 35) for k in range(10))
    return Answers(
        tuple("0123456789"),
        n,
        {name: (*right, *cells) for name, cells in wrong.items()},
        ((1, 7, 4), (3, 5, 6), (9, 8, 2)),
        ((1, 7, 4), (3, 5, 5)),
        2,
        {
            name: tuple(
                Bin(sure, measure(min(0.99, sure - off), 0.05, n=90))
                for sure in (0.6, 0.8, 0.95, 0.995)
            )
            for name, off in (("dense", 0.02), ("pruned", 0.08))
        },
        Fall("class 3", 0.9444, 0.7778, measure(0.1667, 0.1543, n=36), 11),
        cut_offs(),
    )


def feature_rows(names, dense, other):
    dense, other = dense / dense.sum(), other / other.sum()
    return tuple(
        FeatureRow(
            name,
            float(a),
            (float(a * 0.85), float(a * 1.15)),
            float(b),
            (float(b * 0.8), float(b * 1.2)),
            float(abs(a - b)),
            (float(abs(a - b) * 0.7), float(abs(a - b) * 1.4)),
        )
        for name, a, b in zip(names, dense, other, strict=True)
    )


def reasons(scope="pair", label="inconclusive", n=360, unit="samples", illustrative=False):
    worst = {"class": "class 9", "group": "group east"} if scope == "pair" else {}
    return Verdict(
        label,
        "For this pair, on 360 rows, 14.3 % of the reasons' weight moved, more than further "
        "training without pruning moves and less than training from another start moves (interval "
        "13.1–15.5 %; margin 15 %): inconclusive; about 920 more rows and six more backgrounds "
        "would most likely decide.",
        "moved weight: half of the summed differences between both models' shares of the reasons",
        0.15,
        scope,
        {
            "moved_weight": measure(0.1434, 0.0121, n=n, unit=unit),
            "floor": measure(0.0123, 0.0042, n=n, unit=unit),
            "stability": measure(0.0611, 0.0051, n=n, unit=unit),
            **{f"worst_{what}": measure(0.203, 0.0415, n=36) for what in worst},
            "signed_top_k_settled": measure(0.9123, 0.0133, n=n, unit=unit),
            "random_weights": measure(0.8588, 0.0121, n=n, unit=unit),
        },
        (
            "Random weights move more than the margin: explanations could have shown a change.",
            "Both models explain the dense prediction, with the same background and draws.",
        ),
        912 if label == "inconclusive" else None,
        6 if label == "inconclusive" else 0,
        worst,
        tuple(
            Power(round(0.025 * step, 6), preserved=held, changed=moved)
            for step, (held, moved) in enumerate(POWER)
        ),
        illustrative,
    )


POWER = (
    *((1.0, 0.0),) * 3, (0.999812, 0.0), (0.96214, 0.000002), (0.51, 0.00121), (0.024998, 0.02),
    (0.000114, 0.49), (0.0, 0.951873), *((0.0, 1.0),) * 4,
)  # fmt: skip
"""Chances of *preserved* and *changed* by the true moved weight."""


def circuits(role):
    size, chance = {"dense": (11.7, (0.17, 0.004, 0.64)), "other": (9.3, (0.0, 0.0, 0.46))}[role]
    return {
        "circuit": Measure(size, None, 3, "classes", "a search has no interval"),
        "circuit_by_chance": Measure(chance[0], chance[1:], 6, "searches"),
    }


def clearer(scope="pair", n=360, unit="samples", illustrative=False):
    return Verdict(
        "clearer",
        "The pruned model's explanations are clearer: 11.2 effective features instead of 26.4, "
        "214 live connections instead of 4,464, exact Shapley values for 3,712 coalitions.",
        "effective features per explanation",
        0.05,
        scope,
        {
            "effective_features_ratio": Measure(0.424, (0.391, 0.463), n, unit),
            "effective_features_dense": measure(26.4, 0.8, n=n, unit=unit),
            "effective_features_other": measure(11.2, 0.6, n=n, unit=unit),
            "accuracy_drop": measure(0.0112, 0.0081, n=n, unit=unit),
            "naopc_drop": Measure(None, None, 0, unit, "U = L for all rows"),
            **{f"{k}_{role}": m for role in ("dense", "other") for k, m in circuits(role).items()},
        },
        ("Accuracy fell by 1.1 points, within its margin of 2.", "NAOPC could not be computed."),
        illustrative=illustrative,
    )


def model_rows(n=360, unit="samples", classes=10, score="accuracy"):
    rng = np.random.default_rng(3)
    table = {
        "dense": (0.9722, 8906, 8906, 17520, 82, 64, 4464, 2.0**64, ""),
        "pruned": (0.9611, 8906, 402, 1804, 31, 37, 214, 3712.0, ""),
        "placebo": (0.9750, 8906, 8906, 17520, 82, 64, 4464, 2.0**64, "same epochs, no mask"),
        "retrained": (0.9694, 8906, 8906, 17520, 82, 64, 4464, 2.0**64, "seed 101"),
        "random_pruned": (0.8556, 8906, 402, 1804, 40, 51, 214, 90112.0, ""),
        "random_weights": (0.1028, 8906, 8906, 17520, 82, 64, 4464, 2.0**64, "5 copies"),
    }
    rows = {}
    for arm, (value, params, nonzero, flops, units, inputs, live, cost, note) in table.items():
        slices = {}
        if arm in ("dense", "pruned"):
            for k in range(classes):
                p = min(1.0, value + rng.normal(0, 0.02))
                interval = (p - 0.06, min(1.0, p + 0.05))
                slices[f"class {k}"] = {score: Measure(p, interval, max(3, n // classes), unit)}
            slices["group east"] = {score: Measure(1.0, None, 2, "samples", "only two rows")}
        slices["all rows"] = {
            "effective_features": measure(26.4 if units == 82 else 11.2, 0.7, n=n, unit=unit),
            "gini": measure(0.61, 0.02, n=n, unit=unit, note=f"bootstrap over {n} {unit}"),
        }
        if arm in ("dense", "pruned"):
            slices["all rows"] |= circuits("other" if arm == "pruned" else arm)
        rows[arm] = ModelRow(
            arm,
            **{score: value},
            auc=None if score == "r2" else min(0.9999, value + 0.02),
            log_loss=None if score == "r2" else round(3 * (1.005 - value), 4),
            params=params,
            nonzero=nonzero,
            flops=flops,
            units=units,
            live_inputs=inputs,
            live_connections=live,
            exact_cost=cost,
            intervals={score: (value - 0.017, value + 0.013)}
            | (
                {}
                if score == "r2"
                else {"log_loss": (2.8 * (1.005 - value), 3.3 * (1.005 - value))}
            ),
            n=n,
            unit=unit,
            slices=slices,
            note=note,
        )
    return rows
