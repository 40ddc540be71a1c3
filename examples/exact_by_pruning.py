"""Prune until Shapley values are exact, and see what that costs in accuracy.

An exact Shapley value asks what the network says about every subset of its inputs: 2^784 of them
for MNIST. Leave each hidden unit only a handful of inputs, and every unit is a small game of its
own, whose solutions add up to the network's. So: train a wide network, let the number of inputs of
each unit fall in rounds with training in between, and write down accuracy, coalitions and seconds.
Beside it stand the dense network, and the same network trained on for as long with nothing removed.

    python examples/exact_by_pruning.py                            # wine, a minute or two
    python examples/exact_by_pruning.py --data mnist --hidden 1000 --fan-in 8 10
    python examples/exact_by_pruning.py --data mnist --hidden 1000 100 --fan-in 8,3
    python examples/exact_by_pruning.py --quick                    # digits, a few seconds
"""

import argparse
import json
import math
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from scipy import stats

import explainprune as xp


def network(data, hidden, seed):
    """Return an untrained network whose outputs are logits: affine in the last hidden units."""
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(units, "relu") for units in hidden]
    head = keras.layers.Dense(len(data.class_names))
    return keras.Sequential([keras.Input((data.x.shape[1],)), *layers, head])


def compiled(model, data, epochs):
    """Compile with Adam, whose rate falls to a twentieth over so many epochs of batches of 32."""
    steps = epochs * math.ceil(len(data.train.x) / 32)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps, alpha=0.05)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


def trained(data, hidden, seed, epochs):
    """Train the network that is to be explained."""
    model = compiled(network(data, hidden, seed), data, epochs)
    model.fit(data.train.x, data.train.y, epochs=epochs, batch_size=32, verbose=0)
    return model


def trained_on(model, data, epochs, rounds, seed, **removed):
    """Train on in rounds, before each of which something goes: what, says `removed`.

    Fan-in falls by the same factor in every round, and the learning rate comes down anew in each.
    `wanda` scores a weight by its size times the size of what it reads: a large weight on a pixel
    that is always empty is worth nothing.
    """
    start = compiled(model, data, epochs // rounds)
    how = {"criterion": "wanda", "schedule": "geometric", "steps": rounds, "seed": seed}
    return xp.prune(start, data, finetune_epochs=epochs, **how, **removed).model


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
    """Yield one line for each network of one seed; tables are split anew by each."""
    data = xp.load_data(options.data, seed=seed)
    rows = np.random.default_rng(seed).choice(len(data.train.x), options.background, replace=False)
    background = data.train.x[rows]
    model = trained(data, options.hidden, seed, options.epochs)
    yield {"network": "dense", "accuracy": accuracy(model, data)}
    training = model, data, options.finetune, options.rounds, seed
    longer = trained_on(*training, sparsity=0.0)
    yield {"network": "dense, trained on", "accuracy": accuracy(longer, data)}
    for fan_in in options.fan_in:
        sparse = trained_on(*training, granularity=f"fan_in:{fan_in}")
        price = explained(sparse, data, background, options.rows)
        yield {"network": f"fan-in {fan_in}", "accuracy": accuracy(sparse, data), **price}


def interval(values):
    """Return mean and half-width of the 95 % t interval over seeds."""
    if len(values) < 2:
        return f"{np.mean(values):+.4f} (one seed)"
    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):+.4f} ± {half:.4f}"


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
    parser.add_argument("--data", default="wine", help="wine, breast_cancer, digits or mnist")
    parser.add_argument("--hidden", type=int, nargs="+", default=[64], help="units of each layer")
    parser.add_argument("--fan-in", nargs="+", default=["2", "4", "6"], help="8, or 8,3 by layer")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--finetune", type=int, default=30, help="epochs, over all rounds")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--rows", type=int, default=20, help="test rows that are explained")
    parser.add_argument("--background", type=int, default=100)
    parser.add_argument("--out", default=None, help="JSON lines are added to this file")
    parser.add_argument("--quick", action="store_true", help="one seed, one fan-in, few epochs")
    options = parser.parse_args()
    if options.quick:
        options.data, options.seeds, options.fan_in, options.hidden = "digits", [0], ["4"], [32]
        options.epochs, options.finetune, options.rounds = 12, 6, 2
    about = {"data": options.data, "hidden": "-".join(map(str, options.hidden))}
    lines = []
    for seed in options.seeds:
        for line in run(options, seed):
            lines.append({**about, "seed": seed, **line})
            print(json.dumps(lines[-1]), flush=True)
            if options.out:
                with Path(options.out).open("a", encoding="utf-8") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
    print("\n" + summary(lines).to_string(float_format="{:.4g}".format))


if __name__ == "__main__":
    main()
