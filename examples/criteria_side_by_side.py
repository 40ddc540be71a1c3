"""Every criterion on the same trained networks: accuracy at five sparsities, tuned and not.

For each seed one network is trained (8 epochs, and 2 at a fourth of the rate) and scored by all
criteria in one calibration pass over 1,000 rows. Then it is pruned in one shot to each sparsity, by
weights or by units, and tuned for one epoch (the convolutional network on 20,000 rows). Random and
magnitude stand beside the others, as Blalock et al. 2020 (arXiv:2003.03033) ask.

    python examples/criteria_side_by_side.py             # MNIST; goes on where it was cut off
    python examples/criteria_side_by_side.py --model cnn --level unit
    python examples/criteria_side_by_side.py --quick     # handwritten digits, some seconds
"""

import argparse
from pathlib import Path

import keras
import numpy as np
import pandas as pd

import explainprune as xp
from explainprune.criteria import importances
from explainprune.network import clone, fit, perceptron
from explainprune.network.training.performance import performance
from explainprune.network.training.trainer import Trainer
from explainprune.pruning.allocation import OutOfReach

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98)
UNITS_ONLY = (
    *("ablation", "ablation_mean", "activation", "activation_std", "activation_taylor", "apoz"),
    *("conductance", "fpgm", "internal_influence", "lrp", "lrp_epsilon", "shap", "shapley"),
)
SAME_FOR_WEIGHTS = {"snip": "taylor", "magnitude_l2": "magnitude"}
"""The same formula, or the same order, where single weights are scored."""
CALIBRATION_ROWS = 1000
BATCH, RATE = 128, 1.2e-3
TUNING_ROWS = {"mlp": 60_000, "cnn": 20_000}


def untrained(kind, data, seed):
    """Return LeNet-300-100, or a small convolutional network."""
    width, classes = data.x.shape[1], len(data.class_names)
    if kind == "mlp":
        model = perceptron(width, classes, hidden=(300, 100), seed=seed)
    else:
        keras.utils.set_random_seed(seed)
        layers = keras.layers
        model = keras.Sequential(
            [
                layers.Input((width,)),
                layers.Reshape((*data.image_shape[:2], 1)),
                layers.Conv2D(16, 3, strides=2, activation="relu", name="conv_1"),
                layers.Conv2D(32, 3, strides=2, activation="relu", name="conv_2"),
                layers.Flatten(),
                layers.Dense(64, activation="relu", name="dense"),
                layers.Dense(classes, name="outputs"),
            ]
        )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss)
    return model


def scored(model, data, level, names, seed):
    """Score one network by all criteria at once; the loss is taken on some training rows."""
    rows = data.train.take(
        np.random.default_rng(seed).permutation(len(data.train))[:CALIBRATION_ROWS]
    )
    return importances(model, rows, criteria=names, level=level, seed=seed)


def trained(kind, data, seed, epochs):
    """Train one network, at the end with smaller steps."""
    model = untrained(kind, data, seed)
    model, _ = fit(model, data.train, epochs=epochs, seed=seed, batch_size=BATCH)
    more = {"seed": seed + 1, "batch_size": BATCH, "learning_rate": RATE / 4}
    return fit(model, data.train, epochs=max(1, epochs // 4), **more)[0]


def cut(model, scores, level, sparsity, seed):
    """Prune in one shot; where the floor of a unit per layer allows less, as far as it does."""
    how = {"criterion": scores, "granularity": level, "schedule": "one_shot", "seed": seed}
    try:
        return xp.prune(model, sparsity=sparsity, **how)
    except OutOfReach as error:
        total = xp.prune(model, sparsity=0, **how).masks.total
        return xp.prune(model, sparsity=error.removed / total, **how)


def run(kind, level, data, seed, names, levels, epochs, done=()):
    """Train one network; yield a row for each criterion and sparsity that isn't done yet."""
    dense = trained(kind, data, seed, epochs)
    base = performance(dense, data.scored)["accuracy"]
    rows = data.train.take(slice(TUNING_ROWS[kind]))
    tuner = Trainer(clone(dense), rows, batch_size=BATCH, learning_rate=RATE / 2)
    for name, scores in scored(dense, data, level, names, seed).items():
        for sparsity in levels:
            if (kind, level, seed, name, sparsity) in done:
                continue
            pruned = cut(dense, scores, level, sparsity, seed)
            tuner.run(pruned.model, epochs=1, seed=seed, masks=pruned.masks)
            yield {
                "model": kind,
                "level": level,
                "seed": seed,
                "criterion": name,
                "sparsity": sparsity,
                "achieved": round(pruned.masks.sparsity, 6),
                "dense": base,
                "cut": performance(pruned.model, data.scored)["accuracy"],
                "tuned": performance(tuner.model, data.scored)["accuracy"],
            }


def main():
    """Run what isn't in the file yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=["mlp", "cnn"], default="mlp")
    parser.add_argument("--level", choices=["weight", "unit"], default="weight")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--criteria", nargs="+")
    parser.add_argument("--epochs", type=int, default=8, help="of the dense network")
    parser.add_argument("--out", type=Path, default=Path("criteria.csv"))
    parser.add_argument("--quick", action="store_true", help="digits, one seed, no file")
    options = parser.parse_args()
    left_out = UNITS_ONLY if options.level == "weight" else ()
    left_out = [*left_out, *(SAME_FOR_WEIGHTS if options.level == "weight" else ())]
    # No layer of these networks is normalised.
    names = [n for n in xp.CRITERIA if n not in left_out and not n.startswith("batchnorm")]
    names = options.criteria or names
    data = xp.load_data("digits" if options.quick else "mnist")
    if options.quick:
        names = options.criteria or ["magnitude", "random", "taylor"]
        rows = run(options.model, options.level, data, 0, names, [0.5, 0.9], 2)
        found = pd.DataFrame(rows)
    else:
        key = ["model", "level", "seed", "criterion", "sparsity"]
        held = pd.read_csv(options.out)[key] if options.out.exists() else pd.DataFrame(columns=key)
        done = set(held.itertuples(index=False, name=None))
        for seed in options.seeds:
            for row in run(
                options.model, options.level, data, seed, names, LEVELS, options.epochs, done
            ):
                pd.DataFrame([row]).to_csv(
                    options.out, mode="a", header=not options.out.exists(), index=False
                )
        found = pd.read_csv(options.out)
        found = found[(found["model"] == options.model) & (found["level"] == options.level)]
    for stage in ("cut", "tuned"):
        wide = found.pivot_table(index="criterion", columns="sparsity", values=stage)
        print(
            f"\n{stage}, mean of {found['seed'].nunique()} seeds; dense {found['dense'].mean():.4f}"
        )
        print(wide.to_string(float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
