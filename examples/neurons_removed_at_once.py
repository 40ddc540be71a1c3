"""Most neurons removed at once, without any training: what a least-squares refit brings back.

LeNet-300-100 loses half, three quarters or nine tenths of the neurons of each hidden layer. Either
the rest is left as it is, or the layers that read the removed neurons are fitted anew, in closed
form, to what they output before (`refit=True`), on 2,000 training rows without their labels. The
refit is kept only where the validation rows say that it helps.

    python examples/neurons_removed_at_once.py           # MNIST; goes on where it was cut off
    python examples/neurons_removed_at_once.py --quick   # handwritten digits, some seconds
"""

import argparse
from pathlib import Path

import keras
import pandas as pd
from scipy.stats import t

import explainprune as xp
from explainprune.criteria import importances
from explainprune.network import fit, perceptron
from explainprune.network.training.performance import performance

CRITERIA = ("magnitude", "taylor", "activation_std", "activation_taylor", "random")


def trained(data, seed, epochs):
    """Return LeNet-300-100, trained, at the end with smaller steps."""
    model = perceptron(data.x.shape[1], len(data.class_names), hidden=(300, 100), seed=seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1.2e-3), loss)
    model, _ = fit(model, data.train, epochs=epochs, seed=seed, batch_size=128)
    more = {"seed": seed + 1, "batch_size": 128, "learning_rate": 3e-4}
    return fit(model, data.train, epochs=max(1, epochs // 4), **more)[0]


def run(data, seed, keeps, epochs):
    """Prune one network in every way; one row for each criterion and share."""
    dense = trained(data, seed, epochs)
    base = performance(dense, data.scored)["accuracy"]
    calibration = data.train.take(slice(2000))
    for name, scores in importances(dense, calibration, criteria=CRITERIA, seed=seed).items():
        for keep in keeps:
            row = {"seed": seed, "criterion": name, "kept": keep, "dense": base}
            for refit in (False, True):
                pruned = xp.prune(
                    dense,
                    data,
                    criterion=scores,
                    granularity="unit",
                    allocation="uniform",
                    sparsity=1 - keep,
                    schedule="one_shot",
                    finetune_epochs=0,
                    refit=refit,
                    seed=seed,
                )
                row["refit" if refit else "cut"] = performance(pruned.model, data.scored)[
                    "accuracy"
                ]
            yield row


def table(rows):
    """Average over seeds, with 95 % t intervals."""
    lines = []
    for (name, keep), group in rows.groupby(["criterion", "kept"], sort=False):
        line = {"criterion": name, "neurons kept": f"{keep:.0%}"}
        for column in ("cut", "refit"):
            values = group[column]
            half = t.ppf(0.975, len(values) - 1) * values.sem() if len(values) > 1 else float("nan")
            line[column] = f"{values.mean():.3f} ± {half:.3f}"
        lines.append(line)
    return pd.DataFrame(lines)


def main():
    """Run each seed that isn't in the file yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=Path("refit.csv"))
    parser.add_argument("--quick", action="store_true", help="digits, one seed, no file")
    options = parser.parse_args()
    if options.quick:
        data = xp.load_data("digits")
        rows = pd.DataFrame(run(data, 0, [0.25], 5))
    else:
        data = xp.load_data("mnist")
        done = set(pd.read_csv(options.out)["seed"]) if options.out.exists() else set()
        for seed in [seed for seed in options.seeds if seed not in done]:
            found = pd.DataFrame(run(data, seed, [0.5, 0.25, 0.1], 10))
            found.to_csv(options.out, mode="a", header=not options.out.exists(), index=False)
        rows = pd.read_csv(options.out)
    print(
        f"{rows['seed'].nunique()} seeds, {len(data):,} test rows; dense {rows['dense'].mean():.4f}"
    )
    print(table(rows).to_string(index=False))


if __name__ == "__main__":
    main()
