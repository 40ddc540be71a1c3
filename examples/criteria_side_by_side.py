"""Every criterion on the same trained networks: accuracy at five sparsities, tuned and not.

For each seed one network is trained and scored by all criteria in one calibration pass. Then it is
pruned in one shot to each sparsity, by weights or by units, and tuned for one epoch. Random and
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
from explainprune.network import clone, fit, holder, perceptron

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98)
UNITS_ONLY = (
    *("ablation", "ablation_mean", "activation", "activation_std", "activation_taylor", "apoz"),
    *("conductance", "fpgm", "lrp", "lrp_epsilon", "shap", "shapley"),
)
SAME_FOR_WEIGHTS = {"snip": "taylor", "magnitude_l2": "magnitude"}
"""The same formula, or the same order, where single weights are scored."""
CALIBRATION_ROWS = 500


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
    model.compile(keras.optimizers.Adam(1.2e-3), loss)
    return model


def scored(model, data, level, names, seed):
    """Score one network by all criteria at once; the loss is taken on some training rows."""
    rows = data.train.take(
        np.random.default_rng(seed).permutation(len(data.train))[:CALIBRATION_ROWS]
    )
    return importances(model, rows, criteria=names, level=level, seed=seed)


class Tuned:
    """One compiled model that takes on the weights of each pruned one, so that it compiles once."""

    def __init__(self, model, data):
        self.model, self.data = model, data
        model.optimizer.build(model.trainable_variables)
        self.start = [variable.numpy() for variable in model.optimizer.variables]

    def accuracy(self, weights):
        """Share of test rows that are right with these weights."""
        self.model.set_weights(weights)
        logits = self.model.predict(self.data.x, batch_size=1000, verbose=0)
        return float((logits.argmax(axis=1) == self.data.y).mean())

    def after(self, pruned, seed):
        """Train for one epoch from a pruned model's weights, masks held; return the weights."""
        self.model.set_weights(pruned.model.get_weights())
        for variable, value in zip(self.model.optimizer.variables, self.start, strict=True):
            variable.assign(value)
        hold = holder(self.model, pruned.masks)
        after_step = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: hold())
        keras.utils.set_random_seed(seed)
        rows = self.data.train
        self.model.fit(rows.x, rows.y, batch_size=64, verbose=0, callbacks=[after_step])
        return self.model.get_weights()


def run(kind, level, data, seed, names, levels, epochs, done=()):
    """Train one network; yield a row for each criterion and sparsity that isn't done yet."""
    dense, _ = fit(untrained(kind, data, seed), data.train, epochs=epochs, seed=seed, batch_size=64)
    tuned = Tuned(clone(dense), data)
    base = tuned.accuracy(dense.get_weights())
    for name, scores in scored(dense, data, level, names, seed).items():
        for sparsity in levels:
            if (kind, level, seed, name, sparsity) in done:
                continue
            pruned = xp.prune(
                dense,
                criterion=scores,
                granularity=level,
                sparsity=sparsity,
                schedule="one_shot",
                seed=seed,
            )
            yield {
                "model": kind,
                "level": level,
                "seed": seed,
                "criterion": name,
                "sparsity": sparsity,
                "achieved": round(pruned.masks.sparsity, 6),
                "dense": base,
                "cut": tuned.accuracy(pruned.model.get_weights()),
                "tuned": tuned.accuracy(tuned.after(pruned, seed)),
            }


def main():
    """Run what isn't in the file yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=["mlp", "cnn"], default="mlp")
    parser.add_argument("--level", choices=["weight", "unit"], default="weight")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--criteria", nargs="+")
    parser.add_argument("--rows", type=int, default=10_000, help="training rows")
    parser.add_argument("--epochs", type=int, default=10, help="of the dense network")
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
        data = data.with_(train=data.train.take(slice(options.rows)))
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
