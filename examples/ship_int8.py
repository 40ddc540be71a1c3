"""Half the operations, then an int8 file, held against the dense model's reasons.

Patches of 32×32 pixels of two photographs that scikit-learn carries (a pagoda, a flower) are told
apart by a small convolutional network. Half of its operations are pruned away, channel by channel;
the small model is written as a TFLite file whose weights and activations are int8; and the dense
model is compared with the file itself, as it runs on a device.

    python examples/ship_int8.py -o reports/shipped     # about two minutes
    python examples/ship_int8.py --quick
"""

import argparse
import tempfile
from pathlib import Path

import keras
import numpy as np
from sklearn.datasets import load_sample_images

import explainprune as xp

SIDE = 32


def patches(each, seed=0):
    """Cut patches of both photographs: train from their left halves, test from their right."""
    rng = np.random.default_rng(seed)
    parts = []
    for first, last in ((0, 0.5), (0.5, 1)):
        x, y = [], []
        for label, image in enumerate(load_sample_images().images):
            rows, columns = image.shape[:2]
            top = rng.integers(0, rows - SIDE, each)
            left = rng.integers(int(first * columns), int(last * columns) - SIDE, each)
            x += [image[r : r + SIDE, c : c + SIDE] / 255 for r, c in zip(top, left, strict=True)]
            y += [label] * each
        parts.append((np.array(x, np.float32), np.array(y)))
    return xp.load_data(tuple(parts), class_names=["pagoda", "flower"], name="two photographs")


def network(seed=0):
    """Return a small convolutional network; its outputs are logits."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss, metrics=["accuracy"])
    return model


def main():
    """Train, prune, shrink, export and compare; print what came of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", help="folder of the report; none is written without")
    parser.add_argument("--quick", action="store_true", help="few rows and epochs")
    options = parser.parse_args()
    each, epochs = (20, 2) if options.quick else (400, 12)

    data = patches(each)
    model = network()
    model.fit(data.train.x, data.train.y, epochs=epochs, verbose=0)
    pruned = xp.prune(model, data, granularity="unit", budget={"flops_kept": 0.5},
                      finetune_epochs=epochs)  # fmt: skip
    small = xp.shrink(pruned.model, masks=pruned.masks, data=data)
    print(f"pruned and shrunk: {small.certificate}\n")

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.out).parent if options.out else Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "shipped.tflite"
        print(f"as int8: {xp.export(small.model, file, quantise='int8', data=data)}\n")

        few = {"rows": 20, "background": 4, "backgrounds": 2} if options.quick else {"rows": 200}
        found = xp.compare(model, file, data, players="patch:8", names=("dense", "shipped"), **few)
    print(f"Same reasons? {found.verdict.sentence}\nClearer? {found.clarity.sentence}")
    if options.out:
        print(xp.report(found, options.out))


if __name__ == "__main__":
    main()
