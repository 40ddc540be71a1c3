"""Results as large as anybody's: many arms, seeds and slices, large images, 10,000 units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from reporting_factory import METRICS, comparison, study
from reporting_factory_parts import (
    answers,
    drawing_of,
    feature_rows,
    filters_of,
    measure,
    model_rows,
    rewired_of,
    units_of,
)
from reporting_factory_where import codes, exemplars

from explainprune.types import Detail, Measure, Metric

ARMS = (
    "redrawn_background", "placebo", "retrained", "random_pruned", "repruned", "small_dense",
    "distilled", "l1", "dropout", "matched_churn", "shrunk", "shuffled_samples", "random_weights",
)  # fmt: skip
SECONDARY = {f"metric_{i}": Metric("share", f"Secondary metric {i}") for i in range(18)}
SIZES = (64, 64, 64, 64, 10)


def figures(rng, n, unit):
    """Every metric of one pair, or of one slice."""
    named = ("moved_weight", "signed_top_k", "cosine", "churn", *SECONDARY)
    found = {name: measure(rng.uniform(0.1, 0.9), 0.03, n=n, unit=unit) for name in named}
    return found | {"metric_17": Measure(0.5, None, n, unit, "all gave the same")}


def models(rng, n, unit):
    """A row for each arm; the two models have figures in a hundred slices."""
    pattern = model_rows(n=n, unit=unit, classes=10)
    slices = [f"class {k}" for k in range(50)] + [f"group {k}" for k in range(50)]
    rows = {}
    for arm in ("dense", "pruned", *ARMS[1:]):
        own = {"all rows": figures(rng, n, unit)}
        if arm in ("dense", "pruned"):
            own |= {
                part: {"accuracy": measure(rng.uniform(0.6, 0.9), 0.1, n=30, unit=unit),
                       "precision": measure(rng.uniform(0.6, 0.9), 0.1, n=30, unit=unit)}
                for part in slices
            }  # fmt: skip
        rows[arm] = replace(pattern.get(arm, pattern["placebo"]), arm=arm, slices=own)
    return rows


def big_comparison(n=4000, unit="samples"):
    """Ten classes, a hundred slices, colour images of 32 × 32, 10,000 units in five layers."""
    rng = np.random.default_rng(0)
    names = tuple(f"pixel {i // 96},{i // 3 % 32},{i % 3}" for i in range(3072))
    pattern = comparison().detail.samples
    samples = tuple(
        replace(
            each,
            **{part: tuple(rng.normal(size=3072).tolist()) for part in ("x", "dense", "other")},
        )
        for each in pattern
    )
    layers, labels = ("inputs", "a", "b", "c", "logits"), ((), tuple(map(str, range(10))))
    drawings = {
        name: drawing_of(SIZES, layers, rng, dead=dead, labels=labels, most=2000)
        for name, dead in (("dense", 0.0), ("pruned", 0.4))
    }
    counts = (3072, 4000, 3500, 2490, 10)
    whole = {
        name: replace(
            drawing,
            filters=tuple(
                filters_of(np.random.default_rng(3), filters=12, layer=f"conv_{i}")
                for i in range(3)
            ),
            layers=tuple(
                replace(layer, units=count)
                for layer, count in zip(drawing.layers, counts, strict=True)
            ),
        )
        for name, drawing in drawings.items()
    }
    share = rng.gamma(0.5, size=3072)
    return comparison(
        models=models(rng, n, unit),
        comparisons={f"dense|{arm}": figures(rng, n, unit) for arm in ("pruned", *ARMS)},
        metrics=METRICS | SECONDARY,
        answers=many_answers(rng, n),
        slices={
            "dense|pruned": {
                f"{kind} {k}": figures(rng, 40, unit)
                for kind in ("class", "group")
                for k in range(50)
            }
        },
        exemplars=exemplars(samples * 2),
        codes=big_codes(),
        detail=Detail(
            whole,
            units_of(tuple(zip(layers[1:], counts[1:], strict=True)), rng),
            "taylor",
            feature_rows(names, share, rng.permutation(share)),
            samples,
            names,
            (32, 32, 3),
            comparison().detail.rescaling,
            rewired=rewired_of([*drawings.values()]) * 4,
        ),
    )


def many_answers(rng, n):
    """Every class is taken for every other, before and after."""
    cells = tuple((a, b, int(c)) for a in range(10) for b, c in enumerate(rng.integers(1, 99, 10)))
    flips = tuple(cell for cell in cells if cell[0] != cell[1])
    few = answers()
    bins = {name: found * 3 for name, found in few.reliability.items()}
    return replace(
        few, classes=tuple(f"class {k}" for k in range(10)), rows=n, flips=flips, negative=flips,
        confusion={"dense": cells, "pruned": cells}, reliability=bins, cut_offs=None,
    )  # fmt: skip


def big_codes():
    """Reasons of twelve features, with a group for each of twenty regions."""
    few = codes(tuple(f"column {i}" for i in range(12)))
    one = next(iter(few.slices.values()))
    return replace(
        few, slices={f"group {k}": one for k in range(20)}, examples=(few.examples[0],) * 6
    )


def big_table():
    """The same with 300 columns instead of pixels: bars in place of images."""
    found = big_comparison()
    detail = found.detail
    samples = tuple(
        replace(s, x=s.x[:300], dense=s.dense[:300], other=s.other[:300]) for s in detail.samples
    )
    plain = {name: replace(d, filters=()) for name, d in detail.drawings.items()}
    names = tuple(f"a column with quite a long name {i}" for i in range(300))
    rows = [replace(r, name=n) for r, n in zip(detail.features, names, strict=False)]
    return replace(
        found,
        exemplars=exemplars(samples * 2),
        detail=replace(
            detail,
            samples=samples,
            feature_names=names,
            features=tuple(rows),
            image_shape=None,
            drawings=plain,
        ),
    )


def big_study(pair):
    """Twenty seeds, eight levels, fourteen arms."""
    rng = np.random.default_rng(1)
    seeds = tuple(range(20))
    few = study(seeds, tuple(0.1 * (i + 1) for i in range(8)))
    plain = {name: m.value for name, m in figures(rng, 20, "seeds").items()}
    per_seed = tuple(
        {"seed": seed, **{f"dense|{arm}": plain for arm in ("pruned", *ARMS)}} for seed in seeds
    )
    return replace(
        few,
        models=models(rng, 20, "seeds"),
        comparisons={f"dense|{arm}": figures(rng, 20, "seeds") for arm in ("pruned", *ARMS)},
        metrics=METRICS | SECONDARY,
        slices=pair.slices,
        per_seed=per_seed,
        pair=pair,
    )
