"""Lottery tickets: a sparse network, found by training, that learns from its own first weights.

LeNet-300-100 learns MNIST, loses a third of its weights, goes back to the weights it began with,
and learns again, until 3.6 % are left. Beside each ticket stands its control, the same masks on
weights drawn anew, trained the same way. Frankle & Carbin 2019, arXiv:1803.03635.

    python examples/winning_tickets.py                   # MNIST; goes on where it was cut off
    python examples/winning_tickets.py --quick           # handwritten digits, some seconds
"""

import argparse
from pathlib import Path

import keras
import pandas as pd

import explainprune as xp
from explainprune.network import fit, perceptron
from explainprune.pruning import lottery_ticket


def recipe(epochs):
    """Return the training of every round: Adam at .0012, 64 rows a step."""

    def train(model, data, *, seed, after_step=None):
        trained, _ = fit(
            model, data.learnable, epochs=epochs, seed=seed, batch_size=64, after_step=after_step
        )
        return trained

    return train


def untrained(data, seed):
    """Return LeNet-300-100 as it begins."""
    model = perceptron(data.x.shape[1], len(data.class_names), hidden=(300, 100), seed=seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1.2e-3), loss)
    return model


def search(data, seed, *, sparsity, rounds, epochs):
    """Look for one ticket; return accuracy on the test rows, round by round."""
    # No choice is made on validation rows here, so that the test rows can stand in their place.
    watched = data.with_(validation=data.scored)
    found = lottery_ticket(
        untrained(data, seed),
        watched,
        sparsity=sparsity,
        rounds=rounds,
        recipe=recipe(epochs),
        seed=seed,
    )
    history = found.history
    return pd.DataFrame(
        {
            "seed": seed,
            "weights kept": 1 - history["achieved"],
            "ticket": history["validation_accuracy"],
            "control": history["control_validation_accuracy"],
        }
    )


def table(rows):
    """Average over seeds, with 95 % intervals of the difference to the dense network."""
    from scipy.stats import t

    rows = rows.assign(level=rows["weights kept"].round(3))
    wide = rows.set_index(["level", "seed"])[["ticket", "control"]]
    dense = wide.xs(1.0, level="level")["ticket"]
    lines = []
    for level, group in wide.groupby("level", sort=False):
        group = group.droplevel("level")
        line = {"weights kept": f"{level:.1%}"}
        for name in ("ticket", "control"):
            gap = (group[name] - dense.reindex(group.index)).dropna()
            half = (
                t.ppf(0.975, len(gap) - 1) * gap.std() / len(gap) ** 0.5 if len(gap) > 1 else None
            )
            line[name] = f"{group[name].mean():.4f}"
            shown = "–" if half is None or (level == 1 and name == "ticket") else f"± {half:.4f}"
            line[f"{name} − dense"] = f"{gap.mean():+.4f} {shown}"
        lines.append(line)
    return pd.DataFrame(lines)


def main():
    """Search once for each seed that isn't in the file yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=Path("winning_tickets.csv"))
    parser.add_argument("--quick", action="store_true", help="digits, two rounds, no file")
    options = parser.parse_args()
    if options.quick:
        data = xp.load_data("digits")
        rows = search(data, 0, sparsity=0.75, rounds=2, epochs=1)
    else:
        data = xp.load_data("mnist")
        done = set(pd.read_csv(options.out)["seed"]) if options.out.exists() else set()
        for seed in [seed for seed in options.seeds if seed not in done]:
            found = search(data, seed, sparsity=0.964, rounds=8, epochs=6)
            found.to_csv(options.out, mode="a", header=not options.out.exists(), index=False)
        rows = pd.read_csv(options.out)
    print(f"{rows['seed'].nunique()} seeds, {len(data):,} test rows")
    print(table(rows).to_string(index=False))


if __name__ == "__main__":
    main()
