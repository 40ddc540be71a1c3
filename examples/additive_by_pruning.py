"""Prune a network until it can be read: each feature's function, its formula, a class's circuit.

Breast cancer, 569 tumours, 30 measurements. A wide hidden layer is pruned until each unit reads one
measurement: the network is then a sum of 30 functions, which are drawn exactly, beside what they
were before. A small network is pruned further and written out as a formula, and the connections
that tell malignant from benign are found, with two controls.

    python examples/additive_by_pruning.py             # a minute; writes reports/additive
    python examples/additive_by_pruning.py --quick     # some seconds, no files
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import explainprune as xp
from explainprune.network import fit, perceptron
from explainprune.reporting import plot


def trained(data, units, seed, epochs):
    """Train one hidden layer and one output: the log-odds of benign."""
    model = perceptron(data.x.shape[1], 1, hidden=(units,), seed=seed)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(2e-3, weight_decay=0.01), loss)
    return fit(model, data.train, epochs=epochs, seed=seed)[0]


def accuracy(model, data):
    """Return the share of scored rows that are right."""
    return float(((np.asarray(model(data.x))[:, 0] > 0) == data.scored.y).mean())


def additive(data, dense, seed, epochs):
    """Prune to one feature for each unit, and draw what each adds, before and after."""
    pruned = xp.prune(
        dense, data, criterion="magnitude", granularity="fan_in:1", schedule="geometric",
        steps=4, finetune_epochs=epochs, seed=seed,
    ).model  # fmt: skip
    shapes = xp.shapes(pruned, data, before=dense)
    print(f"accuracy {accuracy(dense, data):.3f}, one feature a unit {accuracy(pruned, data):.3f}")
    rows = data.x[:20].astype(float)
    off = np.abs(shapes(rows) - np.asarray(pruned(data.x[:20]))).max()
    print(f"{shapes}: their sum is the network, to {off:.0e}")
    for curve in shapes.curves[:3]:
        print(f"  {curve.name}: ± {curve.weight[0]:.2f} on average, bends {len(curve.points) - 2}")
    return shapes


def small(data, seed, epochs):
    """Prune a small network hard; write it out, and find what it tells malignant by."""
    dense = trained(data, 12, seed, epochs)
    pruned = xp.prune(dense, data, sparsity=0.95, finetune_epochs=epochs, seed=seed).model
    print(f"\nA small network, accuracy {accuracy(pruned, data):.3f}, to two digits:")
    formula = xp.formula(pruned, data, digits=2)
    print(formula, f"rounding moves the output by {formula.error:.2g} at most", sep="\n")
    circuit = xp.circuit(pruned, data, "malignant", controls=2, seed=seed)
    print(f"\nMalignant: {circuit.sentence}")
    return circuit


def main():
    """Run both, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="reports/additive")
    parser.add_argument("--quick", action="store_true", help="few units and epochs, no files")
    options = parser.parse_args()
    data, epochs = xp.load_data("breast_cancer"), 6 if options.quick else 60
    dense = trained(data, 32 if options.quick else 256, options.seed, epochs)
    shapes = additive(data, dense, options.seed, epochs)
    circuit = small(data, options.seed, epochs)
    if not options.quick:
        out = Path(options.out)
        out.mkdir(parents=True, exist_ok=True)
        plot.save(plot.shapes(shapes)[0].figure, out / "shapes.svg")
        plot.save(plot.network(circuit).figure, out / "circuit.svg")
        print(f"\nWrote shapes.svg and circuit.svg to {out}")


if __name__ == "__main__":
    main()
