"""Prune and keep the reasons: the same sparsity, by plain fine-tuning, distillation and `preserve`.

A dense network is pruned three times, by magnitude and with as many epochs of fine-tuning; what
differs is what these hold to the dense model's. Held-out rows are compared.

    python examples/keep_the_reasons.py           # handwritten digits, about a minute
    python examples/keep_the_reasons.py --quick   # some seconds
"""

import argparse
import time

import keras

import explainprune as xp
from explainprune.network import fit, perceptron

WAYS = {"plain": None, "distilled": "logits", "reasons held": "attributions"}


def trained(data, epochs):
    """Return a dense network of the digits."""
    model = perceptron(64, 10, hidden=(64, 32), seed=0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    return fit(model, data.train, epochs=epochs)[0]


def main():
    """Prune in each way, compare with the dense network, print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rows and epochs")
    quick = parser.parse_args().quick
    data = xp.load_data("digits")
    dense = trained(data, 5 if quick else 40)
    pruned, seconds = {}, {}
    for name, preserve in WAYS.items():
        begin = time.perf_counter()
        pruned[name] = xp.prune(
            dense,
            data,
            criterion="magnitude",
            sparsity=0.8,
            steps=1 if quick else 3,
            finetune_epochs=2 if quick else 15,
            preserve=preserve,
        ).model
        seconds[name] = time.perf_counter() - begin
    found = xp.compare_several(
        dense, pruned, data, rows=20 if quick else None, metrics=["accuracy"], detail=False
    )
    for name, each in found.items():
        moved, score = each.verdict.evidence["moved_weight"], each.models[name].accuracy
        print(
            f"{name:13} accuracy {score:.3f}, {moved.value:.1%} of the reasons' weight moved: "
            f"{each.verdict.label} ({seconds[name]:.0f} s)"
        )


if __name__ == "__main__":
    main()
