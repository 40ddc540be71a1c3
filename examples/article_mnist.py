"""The network that started this project, pruned neuron by neuron, one step at a time.

A 784-64-32 network with dropout learns MNIST. Every connection is scored by a cost: the gradient
of the loss, which the chain rule makes of the error that arrives at the neuron, the derivative of
its activation, and what the connection carries. The neurons that cost least go, first 10 % of
them, then up to 95 %, and after each cut the rest is trained on. Beside it stand the techniques
that pruning is usually compared with.

The published version had a single output unit, which can't tell ten digits apart; this one has
ten.

    python examples/article_mnist.py                      # MNIST, about four minutes on two cores
    python examples/article_mnist.py --quick              # handwritten digits, some seconds
"""

import argparse

import keras
import numpy as np
import pandas as pd

import explainprune as xp

HIDDEN = (64, 32)
DROPOUT = (0.2, 0.1)


def network(width, classes, *, hidden=HIDDEN, dropout=DROPOUT, l1=0.0, seed=0):
    """Return the untrained network, compiled as in the article."""
    keras.utils.set_random_seed(seed)
    penalty = keras.regularizers.L1(l1) if l1 else None
    layers = [keras.Input((width,))]
    for number, (units, rate) in enumerate(zip(hidden, dropout, strict=True), 1):
        layers.append(
            keras.layers.Dense(units, "relu", kernel_regularizer=penalty, name=f"hidden_{number}")
        )
        layers.append(keras.layers.Dropout(rate, seed=seed + number))
    model = keras.Sequential([*layers, keras.layers.Dense(classes, name="digits")])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def trained(model, data, epochs):
    """Fit on the training rows; 10 epochs in the article."""
    model.fit(data.train.x, data.train.y, epochs=epochs, batch_size=128, verbose=0)
    return model


def accuracy(model, data):
    """Share of test rows that the model gets right."""
    logits = model.predict(data.x, verbose=0, batch_size=4096)
    return float((logits.argmax(axis=1) == data.y).mean())


def report_cost(model, data):
    """Score every connection and report the cost of each neuron: steps 1 and 2."""
    connections = xp.importance(model, data, criterion="gradient", level="weight")
    print("\nStep 1. The cost of a connection: |E ∂L/∂w|, the loss's gradient.")
    for path, scores in connections.scores.items():
        print(f"  {path}: {scores.size:,} connections, mean cost {scores.mean():.2e}")
    neurons = xp.importance(model, data, criterion="gradient").to_frame()
    neurons = neurons[neurons.layer.str.startswith("hidden")]
    print("\nStep 2. The cost of a neuron is the sum over what comes in. The cheapest ten:")
    print(neurons.sort_values("score").head(10)[["layer", "unit", "score"]].to_string(index=False))


def prune_at(model, data, level, *, criterion="gradient", epochs=4):
    """Select the cheapest neurons and train the rest, so that it still works: steps 3 and 4."""
    pruned = xp.prune(
        model,
        data,
        criterion=criterion,
        granularity="unit",
        sparsity=level,
        steps=min(4, epochs),
        finetune_epochs=epochs,
    )
    return xp.shrink(pruned.model, masks=pruned.masks, data=data)


def sweep(model, data, levels, epochs):
    """Prune to every level by cost, and by chance."""
    rows = []
    for level in levels:
        smaller = prune_at(model, data, level, epochs=epochs)
        chance = prune_at(model, data, level, criterion="random", epochs=epochs)
        row = {
            "neurons removed": f"{level:.0%}",
            "parameters": smaller.model.count_params(),
            "by cost": accuracy(smaller.model, data),
            "at random": accuracy(chance.model, data),
        }
        rows.append(row)
        print(f"  {level:.0%} removed: {row['by cost']:.4f} (at random {row['at random']:.4f})")
    return pd.DataFrame(rows)


def side_by_side(dense, data, level, epochs, finetune):
    """Set pruning beside the techniques that it is usually compared with."""
    width, classes = data.x.shape[1], len(data.class_names)
    smaller = prune_at(dense, data, level, epochs=finetune)
    chance = prune_at(dense, data, level, criterion="random", epochs=finetune)
    sizes = [len(smaller.kept[name]) for name in ("hidden_1", "hidden_2")]
    total = epochs + finetune
    l1 = trained(network(width, classes, l1=1e-4), data, epochs)
    models = {
        "dense": dense,
        f"pruned by cost, {level:.0%} of neurons": smaller.model,
        f"pruned at random, {level:.0%} of neurons": chance.model,
        f"L1 penalty, then pruned by cost, {level:.0%}": prune_at(
            l1, data, level, epochs=finetune
        ).model,
        "dropout alone (0.5 and 0.5), nothing pruned": trained(
            network(width, classes, dropout=(0.5, 0.5)), data, total
        ),
        f"small network {width}-{sizes[0]}-{sizes[1]} from scratch": trained(
            network(width, classes, hidden=sizes), data, total
        ),
    }
    return pd.DataFrame(
        {
            "network": list(models),
            "parameters": [model.count_params() for model in models.values()],
            "accuracy": [accuracy(model, data) for model in models.values()],
        }
    )


def main():
    """Run the four steps, then the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist", help="mnist, fashion_mnist or digits")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--finetune", type=int, default=4, help="epochs after and between cuts")
    parser.add_argument(
        "--levels", type=float, nargs="+", default=[0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
    )
    parser.add_argument("--beside", type=float, default=0.75, help="level of the comparison")
    parser.add_argument("--quick", action="store_true", help="digits, one level, few epochs")
    options = parser.parse_args()
    if options.quick:
        options.data, options.epochs, options.finetune, options.levels = "digits", 4, 1, [0.5]

    data = xp.load_data(options.data)
    dense = trained(network(data.x.shape[1], len(data.class_names)), data, options.epochs)
    print(f"Dense: {accuracy(dense, data):.4f}, {dense.count_params():,} parameters")
    report_cost(dense, data)
    print("\nSteps 3 and 4. Select the cheapest neurons, then train what is left:")
    levels = sweep(dense, data, options.levels, options.finetune)
    print("\n" + levels.to_string(index=False, float_format="{:.4f}".format))
    table = side_by_side(dense, data, options.beside, options.epochs, options.finetune)
    print("\n" + table.to_string(index=False, float_format="{:.4f}".format))
    error = 2 * np.sqrt(0.03 * 0.97 / len(data))
    print(f"\nOne run, {len(data):,} test rows: around .97 that is ± {error:.4f} (95 %).")


if __name__ == "__main__":
    main()
