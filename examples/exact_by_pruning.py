"""Prune until Shapley values are exact, and see what that costs in accuracy.

An exact Shapley value asks what the network says about every subset of its inputs: 2^784 of them
for MNIST. Leave each hidden unit only a handful of inputs, and every unit is a small game of its
own, whose solutions add up to the network's. So: train a wide network, let the number of inputs of
each unit fall in rounds with training in between, and write down accuracy, coalitions and seconds.
Beside it stand the dense network, and the same network trained on for as long with nothing removed.

    python examples/exact_by_pruning.py                     # wine, a minute or two
    python examples/exact_by_pruning.py --data mnist        # a few minutes for each fan-in and seed
    python examples/exact_by_pruning.py --data mnist --hidden 1000 100 --fan-in 12,4
    python examples/exact_by_pruning.py --quick             # digits, a few seconds
"""

import argparse
import json
import math
import time

import keras
import numpy as np
import pandas as pd

import explainprune as xp
from explainprune.analysis.intervals import t_mean
from explainprune.network import fit

ROUNDS, ROWS, BACKGROUND = 6, 20, 100
TABLES = {"hidden": [64], "fan_in": ["1", "2", "4", "8"], "seeds": range(8), "batch": 32,
          "epochs": 60, "round": 6, "last": 30}  # fmt: skip
SETTINGS = {
    "mnist": {"hidden": [1000], "fan_in": ["8", "10", "12", "16"], "seeds": range(3), "batch": 128,
              "epochs": 10, "round": 1, "last": 8},
    "digits": {**TABLES, "hidden": [256], "fan_in": ["4", "8", "12"]},
    "quick": {"data": "digits", "hidden": [32], "fan_in": ["4"], "seeds": [0], "batch": 32,
              "epochs": 12, "round": 1, "last": 4},
}  # fmt: skip
"""Hidden units, their inputs, seeds, rows a step; epochs at first, in each round and at last."""


def network(data, hidden, seed):
    """Return an untrained network whose outputs are logits: affine in the last hidden units."""
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(units, "relu") for units in hidden]
    head = keras.layers.Dense(len(data.class_names))
    return keras.Sequential([keras.Input((data.x.shape[1],)), *layers, head])


def trained(model, data, epochs, batch, rate=1e-3, **how):
    """Train a copy with Adam, whose rate falls to a twentieth over these epochs."""
    steps = epochs * math.ceil(len(data.train.x) / batch)
    falling = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.05)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(falling), loss, metrics=["accuracy"])
    return fit(model, data.train, epochs=epochs, batch_size=batch, **how)[0]


def worth(kernel, input_norm):
    """Score a weight by its size times the root of the size of what it reads.

    Halfway between `magnitude`, which keeps weights on pixels that are always empty, and `wanda`,
    which likes busy pixels best: those differ in most pairs of rows, and cost most coalitions.
    """
    return np.abs(kernel) * np.sqrt(input_norm)


def trained_on(model, data, options, seed, **removed):
    """Train on in rounds, before each of which something goes, then longer: what goes, `removed`.

    Fan-in falls by the same factor in every round. What is left at the end is few weights, which
    bear, and need, a higher rate.
    """

    def recipe(model, data, *, seed, after_step):
        return trained(model, data, options.round, options.batch, seed=seed, after_step=after_step)

    how = {"criterion": worth, "schedule": "geometric", "steps": ROUNDS, "seed": seed}
    pruned = xp.prune(model, data, recipe=recipe, **how, **removed)
    last = {"rate": 3e-3, "seed": seed, "masks": pruned.masks}
    return trained(pruned.model, data, options.last, options.batch, **last)


def accuracy(model, data):
    """Share of test rows that the model gets right."""
    logits = model.predict(data.x, batch_size=4096, verbose=0)
    return float((logits.argmax(axis=1) == data.y).mean())


def explained(model, data, background, rows):
    """Explain all outputs of some test rows exactly; return the price, and what it came to."""
    x, how = data.x[:rows], {"background": background, "method": "exact", "target": "all"}
    cost = xp.exact_cost(model, x, background)
    xp.attribute(model, x[:1], **how)
    begin = time.perf_counter()
    found = xp.attribute(model, x, limit=1e11, **how)
    seconds = (time.perf_counter() - begin) / len(x)
    return {"coalitions": cost.total, "seconds": seconds, "gap": float(np.abs(found.gap).max())}


def run(options, seed):
    """Yield one line for each network; the seed also splits tables anew."""
    data = xp.load_data(options.data, seed=seed)
    rows = np.random.default_rng(seed).choice(len(data.train.x), BACKGROUND, replace=False)
    background = data.train.x[rows]
    start = network(data, options.hidden, seed)
    model = trained(start, data, options.epochs, options.batch, seed=seed)
    yield {"network": "dense", "accuracy": accuracy(model, data)}
    longer = trained_on(model, data, options, seed, sparsity=0.0)
    yield {"network": "dense, trained on", "accuracy": accuracy(longer, data)}
    for fan_in in options.fan_in:
        sparse = trained_on(model, data, options, seed, granularity=f"fan_in:{fan_in}")
        price = explained(sparse, data, background, ROWS)
        yield {"network": f"fan-in {fan_in}", "accuracy": accuracy(sparse, data), **price}


def interval(values):
    """Return the mean over seeds, and half the width of its 95 % interval."""
    found = t_mean(values)
    low, high = found.interval or (np.nan, np.nan)
    return f"{found.value:+.4f} ± {(high - low) / 2:.4f}"


def summary(lines):
    """Say for each network how it did, beside the dense one of the same seed."""
    table = pd.DataFrame(lines)
    seeds = table.pivot(index="seed", columns="network", values="accuracy")
    found = table.groupby("network", sort=False).agg("mean", numeric_only=True).drop(columns="seed")
    for name in ("dense", "dense, trained on"):
        found[f"accuracy - {name}"] = [interval(seeds[n] - seeds[name]) for n in found.index]
    return found


def main():
    """Train, prune and explain for each seed, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="wine (the default), breast_cancer, digits or mnist")
    parser.add_argument("--hidden", type=int, nargs="+", help="units of each layer")
    parser.add_argument("--fan-in", nargs="+", help="inputs of each unit: 8, or 8,3 by layer")
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--quick", action="store_true", help="digits, one seed, few epochs")
    given = {name: value for name, value in vars(parser.parse_args()).items() if value}
    chosen = "quick" if given.pop("quick", False) else given.get("data", "wine")
    options = argparse.Namespace(**{"data": "wine"} | SETTINGS.get(chosen, TABLES) | given)
    about = {"data": options.data, "hidden": "-".join(map(str, options.hidden))}
    lines = []
    for seed in options.seeds:
        for line in run(options, seed):
            lines.append({**about, "seed": seed, **line})
            print(json.dumps(lines[-1]), flush=True)
    print("\n" + summary(lines).to_string(float_format="{:.4g}".format))


if __name__ == "__main__":
    main()
