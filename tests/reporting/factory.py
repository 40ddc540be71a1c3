"""Synthetic results that look like real ones: a digits network and a table with hostile names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from reporting_factory_parts import (
    answers,
    clearer,
    drawing_of,
    feature_rows,
    filters_of,
    measure,
    model_rows,
    reasons,
    rewired_of,
    units_of,
)
from reporting_factory_rows import certificate, digits_images, digits_samples
from reporting_factory_where import codes, exemplars, where

from explainprune.types import (
    Choice,
    Comparison,
    Detail,
    Level,
    Measure,
    Metric,
    Rescaling,
    Sample,
    Source,
    Study,
)

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "</style><style>body{display:none}</style>",
    "{{ 7*7 }}{% raw %}",
    "]]></svg><iframe src=javascript:alert(1)>",
    "=HYPERLINK('#')",
    "right\u202eto left\x00\x08",
    "$\\frac{a}{b}$ & co; 'quoted', \"twice\"",
    "a|b|c",
    "two\nlines\tand a tab",
    "年龄 âge возраст 👩🏽‍🔬",
    "\ud800 half a pair",
)
LONG = "a_feature_whose_name_somebody_generated_and_never_looked_at_" * 4

METRICS = {
    "moved_weight": Metric(
        "share", "Moved weight", "share of the reasons' weight that lies elsewhere", better="less"
    ),
    "signed_top_k": Metric(
        "share", "Signed top-k agreement", "share of the leading reasons that agree, sign included"
    ),
    "signed_rank_correlation": Metric("correlation", "Signed rank correlation"),
    "cosine": Metric("correlation", "Cosine", "angle between the two explanations"),
    "effective_features": Metric("count", "Effective features", "how many carry an explanation"),
    "effective_features_ratio": Metric("ratio", "Ratio of effective features", "geometric mean"),
    "naopc_drop": Metric("number", "Fall of faithfulness", "NAOPC"),
    "accuracy": Metric("share", "Accuracy", better="more"),
    "auc": Metric("number", "AUC", better="more"),
    "r2": Metric("number", "R²", better="more"),
    "log_loss": Metric("number", "Log loss", "lower is better", better="less"),
    "churn": Metric("share", "Churn", "predictions that changed", better="less", of_two=True),
}


MOVED = {
    "pruned": 0.1434,
    "redrawn_background": 0.0611,
    "placebo": 0.0789,
    "retrained": 0.2683,
    "random_pruned": 0.3896,
    "shuffled_samples": 0.7725,
    "random_weights": 0.8588,
}


def pairs_of(n=360, unit="samples"):
    pairs = {}
    for arm, moved in MOVED.items():
        value = 1 - moved
        pairs[f"dense|{arm}"] = {
            "moved_weight": measure(moved, 0.0121, n=n, unit=unit),
            "signed_top_k": measure(value - 0.05, 0.0131, n=n, unit=unit),
            "signed_rank_correlation": measure(value - 0.021, 0.01, n=n, unit=unit),
            "cosine": measure(min(0.99, value + 0.013), 0.008, n=n, unit=unit),
            "churn": measure(0.0333 if arm == "pruned" else 0.31, 0.019, n=n, unit=unit),
            "my_own_metric": Measure(value * 3.3, None, n, unit, "a constant"),
        }
    del pairs["dense|redrawn_background"]["churn"]
    pairs["dense|pruned"]["placebo_to_retrained"] = measure(0.107, 0.05, n=n, unit=unit)
    pairs["dense|pruned"]["naopc"] = Measure(None, None, 0, unit, "U = L for all rows")
    return pairs


def comparison(**changes):
    """A digits-like pair: 64-48-24-10, twelve samples, six arms."""
    rng = np.random.default_rng(0)
    sizes, names = (64, 48, 24, 10), ("inputs", "hidden", "hidden_2", "logits")
    labels = (tuple(f"pixel {i // 8},{i % 8}" for i in range(64)), tuple("0123456789"))
    x, _, mean, weights = digits_images()
    spread = np.abs(x[:, None, :] - mean).mean(0)[0] * np.abs(weights).mean(0) + 1e-4
    drawings = [
        replace(
            drawing_of(sizes, names, rng, labels=labels, **pruned),
            filters=(filters_of(np.random.default_rng(7), gone=bool(pruned) * 0.3),),
        )
        for pruned in ({}, {"density": 0.08, "dead": 0.45})
    ]
    fields = {
        "verdict": reasons(),
        "clarity": clearer(),
        "models": model_rows(),
        "comparisons": pairs_of(),
        "metrics": METRICS,
        "answers": answers(),
        "certificate": certificate(),
        "slices": {
            "dense|pruned": {
                f"class {k}": {
                    "moved_weight": measure(0.11 + 0.01 * k, 0.03, n=36),
                    "churn": measure(0.02 + 0.004 * k, 0.02, n=36),
                }
                for k in range(10)
            }
            | {"flipped": {"moved_weight": Measure(0.5, None, 1, "samples", "one row")}}
        },
        "where": where(),
        "exemplars": exemplars(digits_samples()),
        "codes": codes(),
        "detail": Detail(
            dict(zip(("dense", "pruned"), drawings, strict=True)),
            units_of((("hidden", 48), ("hidden_2", 24), ("logits", 10)), rng),
            "taylor",
            feature_rows(labels[0], spread, spread * (rng.random(64) > 0.42) + 1e-5),
            digits_samples(),
            labels[0],
            (8, 8),
            Rescaling(0.93, 0.97),
            rewired=rewired_of(drawings),
        ),
        "provenance": {
            "data": "digits",
            "rows": 360,
            "task": "classification",
            "methods": ["expected_gradients"],
            "output": "centred",
            "background_rows": 100,
            "seed": 0,
            "versions": {"explainprune": "0.1.0", "tensorflow": "2.21.0"},
        },
        "notes": ("The model ends in a softmax; its logits were explained.",),
    }
    return Comparison(**fields | changes)


def small_comparison(**changes):
    """The digits-like pair with a tiny network, two samples and five features."""
    full = comparison()
    rng = np.random.default_rng(4)
    sizes, names = (5, 4, 3), ("inputs", "hidden", "logits")
    drawings = [
        replace(drawing_of(sizes, names, rng, **pruned), filters=full.detail.drawings[name].filters)
        for name, pruned in (("dense", {}), ("pruned", {"density": 0.5, "dead": 0.3}))
    ]
    detail = replace(
        full.detail,
        drawings=dict(zip(("dense", "pruned"), drawings, strict=True)),
        rewired=rewired_of(drawings),
        features=full.detail.features[:5],
        samples=full.detail.samples[:2],
        units=full.detail.units[:6],
    )
    models = {key: replace(full.models[key], slices={}) for key in ("dense", "pruned", "placebo")}
    return replace(full, models=models, detail=detail, slices={}, **changes)


def table_comparison():
    """A regression on 30 features with hostile and long names; no images, no drawing of inputs."""
    rng = np.random.default_rng(5)
    names = (*HOSTILE, LONG, *(f"feature {i}" for i in range(30 - len(HOSTILE) - 1)))
    dense = rng.gamma(0.6, 1, 30) + 1e-3
    sizes, layers = (30, 16, 1), ("inputs", HOSTILE[0], LONG)
    samples = tuple(
        Sample(
            row,
            tuple(float(v) for v in rng.normal(size=30)),
            tuple(float(v) for v in rng.normal(size=30) * dense),
            tuple(float(v) for v in rng.normal(size=30) * dense),
            HOSTILE[1],
            HOSTILE[2],
            LONG,
            0.5,
            "most changed",
        )
        for row in range(3)
    )
    models = model_rows(score="r2", classes=2)
    models = {"dense": models["dense"], HOSTILE[0]: models["pruned"], HOSTILE[8]: models["placebo"]}
    pairs = pairs_of()
    pairs = {
        f"dense|{HOSTILE[0]}": pairs["dense|pruned"],
        f"dense|{HOSTILE[8]}": pairs["dense|placebo"] | {HOSTILE[4]: measure(0.5, 0.1)},
        "dense|random_weights": pairs["dense|random_weights"],
    }
    return comparison(
        models=models,
        comparisons=pairs,
        slices={f"dense|{HOSTILE[0]}": {HOSTILE[1]: {"moved_weight": measure(0.1, 0.05)}}},
        where=where((HOSTILE[0], LONG, HOSTILE[1])),
        exemplars=exemplars(samples, HOSTILE[:1]),
        codes=codes((*HOSTILE[:4], LONG), HOSTILE[2]),
        detail=Detail(
            {
                "dense": drawing_of(sizes, layers, rng, labels=(names, ())),
                HOSTILE[0]: drawing_of(
                    sizes, layers, rng, density=0.2, dead=0.3, labels=(names, ())
                ),
            },
            units_of(((HOSTILE[0], 16),), rng),
            HOSTILE[3],
            feature_rows(names, dense, rng.permutation(dense)),
            samples,
            names,
        ),
        provenance={"data": HOSTILE[0], HOSTILE[1]: {HOSTILE[2]: LONG}},
        notes=(HOSTILE[1], LONG),
    )


def sources_of(n, unit):
    """Four sources; one of them is 0, one can't be told."""
    deviations = {
        "training": Measure(0.021, (0.013, 0.045), n, unit, "by chi-square"),
        "pruning": Measure(0.0, (0.0, 0.011), n, unit, "by chi-square"),
        "rows": Measure(0.0063, (0.0059, 0.0068), n, unit, "by chi-square"),
        "background": Measure(None, None, n, unit, "a single baseline row"),
    }
    total = sum(m.value**2 for m in deviations.values() if m.value is not None)
    shares = {
        name: m if m.value is None else Measure(m.value**2 / total, None, n, unit, "it follows")
        for name, m in deviations.items()
    }
    return tuple(Source(name, m, shares[name]) for name, m in deviations.items())


def study(seeds=(0, 1, 2), sparsities=(0.5, 0.8, 0.9, 0.95, 0.97)):
    """Three seeds, five levels, three arms."""
    rng = np.random.default_rng(9)
    n = {"n": len(seeds), "unit": "seeds"}
    levels = []
    for arm, loss in (("pruned", 1.0), ("random_pruned", 2.4), ("placebo", 0.08)):
        for sparsity in sparsities:
            harm = loss * 0.05 / (1.04 - sparsity)
            levels.append(
                Level(
                    arm,
                    sparsity,
                    sparsity + 0.0007 if arm != "placebo" else sparsity,
                    {
                        "accuracy": measure(max(0.1, 0.975 - 0.12 * harm), 0.01 + 0.02 * harm, **n),
                        "moved_weight": measure(
                            min(0.95, 0.02 + 0.4 * harm), 0.02 + 0.03 * harm, **n
                        ),
                        "effective_features": measure(27 - 20 * sparsity * (loss > 0.5), 1.5, **n),
                        "live_connections": measure(4464 * (1 - sparsity), 20, **n),
                    },
                )
            )
    per_seed = tuple(
        {
            "seed": seed,
            "dense|pruned": {"moved_weight": 0.14 + 0.01 * seed, "churn": 0.031 + 0.002 * seed},
            "dense|random_weights": {"moved_weight": float(rng.uniform(0.8, 0.9))},
        }
        for seed in seeds
    )
    return Study(
        verdict=reasons("procedure", n=len(seeds), unit="seeds", illustrative=True),
        clarity=clearer("procedure", n=len(seeds), unit="seeds", illustrative=True),
        models=model_rows(**n),
        comparisons=pairs_of(**n),
        pair=comparison(),
        metrics=METRICS,
        seeds=seeds,
        slices={"dense|pruned": {"class 3": {"moved_weight": measure(0.15, 0.04, **n)}}},
        levels=tuple(levels),
        choice=Choice("Chosen on validation rows: a sparsity of 80 %.", 0.8, reasons("procedure")),
        sources=sources_of(**n),
        per_seed=per_seed,
        config={"data": "digits", "prune": {"criterion": "taylor", "sparsity": [0.5, 0.9]}},
        notes=("Three seeds: an illustration.",),
    )
