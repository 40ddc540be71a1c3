"""Prune until Shapley values are exact, and see what that costs in accuracy.

An exact Shapley value asks what the network says about every subset of its inputs: 2^784 of them
for MNIST. Leave each hidden unit only a handful of inputs, and every unit is a small game of its
own, whose solutions add up to the network's. So: train a wide network, let the number of inputs of
each unit fall in rounds with training in between, and write down accuracy, coalitions and seconds.
Beside it stand the dense network, and the same network trained on for as long with nothing removed.

With two layers of units the games are played by all inputs that reach a unit of the second: units
of the first are pruned in groups that keep the same inputs, and units of the second read whole
groups, so that many weights come to few inputs. With `--net taught`, two wider layers learn at last
from the dense network, too: from its answers to rows and to mixtures of two rows.

    python examples/exact_by_pruning.py                     # wine, a minute or two
    python examples/exact_by_pruning.py --data mnist        # a few minutes for each fan-in and seed
    python examples/exact_by_pruning.py --data digits --net two_layers
    python examples/exact_by_pruning.py --data digits --net taught
    python examples/exact_by_pruning.py --data digits --net cnn
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
from explainprune.network.training.preserving import Preserve
from explainprune.network.training.trainer import Trainer
from explainprune.types import Rows

ROWS, BACKGROUND = 20, 100
TABLES = {"hidden": [64], "channels": [], "strides": [], "fan_in": ["1", "2", "4", "8"], "group": 1,
          "seeds": range(8), "batch": 32, "epochs": 60, "rounds": 6, "round": 6,
          "last": 30, "taught": 0.0}  # fmt: skip
MNIST = {**TABLES, "hidden": [1000], "fan_in": ["8", "10", "12", "16"], "seeds": range(3),
         "batch": 128, "epochs": 10, "round": 1, "last": 8}  # fmt: skip
QUICK = {"data": "digits", "seeds": [0], "epochs": 12, "rounds": 2, "round": 2, "last": 4}
SETTINGS = {
    "mnist": MNIST,
    "mnist two_layers": {**MNIST, "hidden": [1000, 500], "fan_in": ["6,4", "12,2"], "group": 2},
    "digits": {**TABLES, "hidden": [256], "fan_in": ["4", "8", "12"], "last": 60},
    "digits two_layers": {**TABLES, "hidden": [512, 256], "fan_in": ["6,4", "10,2"], "group": 2,
                          "last": 60},
    "digits taught": {**TABLES, "hidden": [1024, 512], "fan_in": ["12,4"], "group": 4,
                      "last": 120, "taught": 4.0},
    "digits cnn": {**TABLES, "hidden": [], "channels": [16, 32], "strides": [1, 2], "last": 60,
                   "fan_in": ["3,8", "4,12"], "group": 4},
    "quick": {**TABLES, **QUICK, "hidden": [32], "fan_in": ["4"]},
    "quick cnn": {**TABLES, **QUICK, "hidden": [], "channels": [8, 16], "strides": [1, 2],
                  "fan_in": ["3,8"], "group": 4},
}  # fmt: skip
"""Hidden units, channels and strides of 3 × 3 convolutions before them; inputs of each unit, by
layer, and units of the first layer that share them; seeds, rows a step; epochs at first, in each
of the rounds, and at last; what the dense network's answers weigh then, the labels having 1."""


def network(data, options, seed):
    """Return an untrained network whose outputs are logits: affine in the last hidden units."""
    keras.utils.set_random_seed(seed)
    layers, inputs = keras.layers, data.x.shape[1]
    stack = [keras.Input((inputs,))]
    if options.channels:
        side = math.isqrt(inputs)
        convolutions = [
            layers.Conv2D(channels, 3, stride, padding="same" if stride == 1 else "valid",
                          activation="relu")
            for channels, stride in zip(options.channels, options.strides, strict=True)
        ]  # fmt: skip
        stack += [layers.Reshape((side, side, 1)), *convolutions, layers.Flatten()]
    stack += [layers.Dense(units, "relu") for units in options.hidden]
    return keras.Sequential([*stack, layers.Dense(len(data.class_names))])


def trained(model, data, epochs, batch, rate=1e-3, teacher=None, **how):
    """Train a copy with Adam, whose rate falls to a twentieth over these epochs.

    A teacher is a network, and what its answers weigh beside the labels.
    """
    steps = epochs * math.ceil(len(data.train.x) / batch)
    falling = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.05)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(falling), loss, metrics=["accuracy"])
    if teacher is None:
        return fit(model, data.train, epochs=epochs, batch_size=batch, **how)[0]
    dense, weight = teacher
    taught = Preserve("logits", dense, weight, Rows(mixtures(data.train.x, how["seed"])))
    trainer = Trainer(model, data.train, batch_size=batch, preserve=taught)
    return trainer.train(model, epochs=epochs, **how)[0]


def mixtures(x, seed):
    """Return twice as many rows, each a mixture of two, in shares drawn evenly."""
    rng = np.random.default_rng(seed)
    one, other = rng.integers(len(x), size=(2, 2 * len(x)))
    share = rng.random((2 * len(x), 1))
    return (share * x[one] + (1 - share) * x[other]).astype(np.float32)


def worth(group, inputs):
    """Return a score of weights: their size times the root of the size of what they read.

    Halfway between `magnitude`, which keeps weights on pixels that are always empty, and `wanda`,
    which likes busy pixels best: those differ in most pairs of rows, and cost most coalitions.
    In groups, weights have the mean score of those that go with them: in the first layer the same
    input's to all units of a group, above it the same unit's from all of a group.
    """

    def score(kernel, input_norm):
        single = np.abs(kernel) * np.sqrt(input_norm)
        first = kernel.shape[-2] in (1, inputs)
        axis = single.ndim - 1 if first else single.ndim - 2
        if group == 1 or (single.shape[axis] % group):
            return single
        blocks = single.reshape(*single.shape[:axis], -1, group, *single.shape[axis + 1 :])
        return blocks.mean(axis=axis + 1).repeat(group, axis=axis)

    return score


def trained_on(model, data, options, seed, teacher=None, **removed):
    """Train on in rounds, before each of which something goes, then longer: what goes, `removed`.

    Fan-in falls by the same factor in every round. What is left at the end is few weights, which
    bear, and need, a higher rate; a teacher is what `trained` takes.
    """

    def recipe(model, data, *, seed, after_step):
        return trained(model, data, options.round, options.batch, seed=seed, after_step=after_step)

    score = worth(options.group, data.x.shape[1])
    how = {"criterion": score, "schedule": "geometric", "steps": options.rounds, "seed": seed}
    pruned = xp.prune(model, data, recipe=recipe, **how, **removed)
    last = {"rate": 3e-3, "teacher": teacher, "seed": seed, "masks": pruned.masks}
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
    begin = time.process_time()
    found = xp.attribute(model, x, limit=1e11, **how)
    seconds = (time.process_time() - begin) / len(x)
    return {"coalitions": cost.total, "seconds": seconds, "gap": float(np.abs(found.gap).max())}


def run(options, seed):
    """Yield one line for each network; the seed also splits tables anew."""
    data = xp.load_data(options.data, seed=seed)
    rows = np.random.default_rng(seed).choice(len(data.train.x), BACKGROUND, replace=False)
    background = data.train.x[rows]
    start = network(data, options, seed)
    model = trained(start, data, options.epochs, options.batch, seed=seed)
    yield {"network": "dense", "accuracy": accuracy(model, data)}
    longer = trained_on(model, data, options, seed, sparsity=0.0)
    yield {"network": "dense, trained on", "accuracy": accuracy(longer, data)}
    teacher = (longer, options.taught) if options.taught else None
    for fan_in in options.fan_in:
        how = {"granularity": f"fan_in:{fan_in}", "teacher": teacher}
        sparse = trained_on(model, data, options, seed, **how)
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
    parser.add_argument("--net", choices=("two_layers", "taught", "cnn"), help="of digits or mnist")
    parser.add_argument("--hidden", type=int, nargs="+", help="units of each layer")
    parser.add_argument("--fan-in", nargs="+", help="inputs of each unit: 8, or 8,3 by layer")
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--quick", action="store_true", help="digits, one seed, few epochs")
    given = {name: value for name, value in vars(parser.parse_args()).items() if value}
    chosen = "quick" if given.pop("quick", False) else given.get("data", "wine")
    net = given.pop("net", "")
    chosen = f"{chosen} {net}".strip()
    if net and chosen not in SETTINGS:
        parser.error(f"no settings for {chosen!r}: there are {', '.join(SETTINGS)}")
    options = argparse.Namespace(**{"data": "wine"} | SETTINGS.get(chosen, TABLES) | given)
    convolutions = [f"{channels}c" for channels in options.channels]
    about = {"data": options.data, "hidden": "-".join(map(str, [*convolutions, *options.hidden]))}
    lines = []
    for seed in options.seeds:
        for line in run(options, seed):
            lines.append({**about, "seed": seed, **line})
            print(json.dumps(lines[-1]), flush=True)
    print("\n" + summary(lines).to_string(float_format="{:.4g}".format))


if __name__ == "__main__":
    main()
