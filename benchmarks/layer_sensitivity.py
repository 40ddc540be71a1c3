"""What each layer of a small convolutional network bears: one scan, a table and a figure.

python benchmarks/layer_sensitivity.py           # MNIST, a minute
"""

from __future__ import annotations

from pathlib import Path

import keras

import explainprune as xp
from explainprune.network import fit
from explainprune.reporting import plot

PAGE = Path(__file__).parents[1] / "docs" / "pruning"


def main() -> None:
    """Train, scan, write."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((784,)),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(16, 3, strides=2, activation="relu", name="conv_1"),
            layers.Conv2D(32, 3, strides=2, activation="relu", name="conv_2"),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name="dense"),
            layers.Dense(10, name="outputs"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1.2e-3), loss)
    data = xp.load_data("mnist")
    model, _ = fit(model, data.train, epochs=8, batch_size=128)
    # Nothing is chosen here, so that the test rows can stand in the validation rows' place.
    scan = xp.sensitivity(model, data.with_(validation=data.scored), granularity="unit")
    scan.to_csv(PAGE / "sensitivity.csv", index=False)
    plot.save(plot.sensitivity(scan).figure, PAGE / "sensitivity.svg")


if __name__ == "__main__":
    main()
