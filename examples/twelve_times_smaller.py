"""Twelve times fewer parameters without loss, as Han et al. 2015 (arXiv:1506.02626) found.

LeNet-300-100 learns MNIST and loses its smallest weights in eight steps, two epochs of training
between them, until a twelfth, a twentieth or a fortieth of the parameters is left. What it would
have gained by the training alone is shown beside it: the same epochs, nothing removed.

    python examples/twelve_times_smaller.py              # MNIST; goes on where it was cut off
    python examples/twelve_times_smaller.py --quick      # handwritten digits, some seconds
"""

import argparse
from pathlib import Path

import keras
import pandas as pd
from scipy.stats import t

import explainprune as xp
from explainprune.network import fit, perceptron
from explainprune.network.training.performance import performance


def recipe(epochs, learning_rate=None):
    """Return a training of so many epochs, 64 rows a step."""

    def train(model, data, *, seed, after_step=None):
        trained, _ = fit(
            model,
            data.learnable,
            epochs=epochs,
            seed=seed,
            batch_size=64,
            learning_rate=learning_rate,
            after_step=after_step,
        )
        return trained

    return train


def untrained(data, seed):
    """Return LeNet-300-100 as it begins."""
    model = perceptron(data.x.shape[1], len(data.class_names), hidden=(300, 100), seed=seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1.2e-3), loss)
    return model


def accuracy(model, data):
    """Share of test rows that the model gets right."""
    return performance(model, data.scored)["accuracy"]


def run(data, seed, factors, *, epochs=10, steps=8, between=2):
    """Train one network and prune it by each factor; one row for each."""
    dense = recipe(epochs)(untrained(data, seed), data, seed=seed)
    how = {"criterion": "magnitude", "steps": steps, "seed": seed, "recipe": recipe(between, 6e-4)}
    trained_on = xp.prune(dense, data, sparsity=0.0, **how).model
    base = {"seed": seed, "dense": accuracy(dense, data), "trained on": accuracy(trained_on, data)}
    for factor in factors:
        pruned = xp.prune(dense, data, budget={"params_kept": 1 / factor}, **how)
        left = sum(int((w.numpy() != 0).sum()) for w in pruned.model.weights)
        yield base | {
            "asked": factor,
            "smaller": dense.count_params() / left,
            "parameters": left,
            "pruned": accuracy(pruned.model, data),
        }


def table(rows):
    """Average over seeds; 95 % t intervals of the differences, seed by seed."""
    lines = []
    for _, group in rows.groupby("asked"):
        line = {"times smaller": f"{group['smaller'].mean():.1f}"}
        line["parameters"] = f"{group['parameters'].mean():,.0f}"
        line["accuracy"] = f"{group['pruned'].mean():.4f}"
        for name in ("dense", "trained on"):
            gap = group["pruned"] - group[name]
            half = t.ppf(0.975, len(gap) - 1) * gap.sem() if len(gap) > 1 else float("nan")
            line[f"less {name}"] = f"{gap.mean():+.4f} ± {half:.4f}"
        lines.append(line)
    return pd.DataFrame(lines)


def main():
    """Run each seed that isn't in the file yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=Path("twelve_times.csv"))
    parser.add_argument("--quick", action="store_true", help="digits, one seed, no file")
    options = parser.parse_args()
    if options.quick:
        data = xp.load_data("digits")
        rows = pd.DataFrame(run(data, 0, [4], epochs=2, steps=2, between=1))
    else:
        data = xp.load_data("mnist")
        done = set(pd.read_csv(options.out)["seed"]) if options.out.exists() else set()
        for seed in [seed for seed in options.seeds if seed not in done]:
            found = pd.DataFrame(run(data, seed, [12, 20, 40]))
            found.to_csv(options.out, mode="a", header=not options.out.exists(), index=False)
        rows = pd.read_csv(options.out)
    means = rows[["dense", "trained on"]].mean()
    print(f"{rows['seed'].nunique()} seeds, {len(data):,} test rows")
    print(f"dense {means['dense']:.4f}, trained on as long {means['trained on']:.4f}")
    print(table(rows).to_string(index=False))


if __name__ == "__main__":
    main()
