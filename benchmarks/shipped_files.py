"""Files that ship beside the model they were made of: what moved, how long it took.

Digits: a 64–32–16–10 network on 200 rows of the test split, as it is and with a softmax at its end;
a small convolutional network on the same digits as images, which takes most of the time.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import keras
import numpy as np

import explainprune as xp
from explainprune.network import fit, perceptron

FILES = (("m.tflite", "none"), ("m.tflite", "float16"), ("m.tflite", "int8"),
         ("m.onnx", "none"), ("m.onnx", "int8"))  # fmt: skip


def convolutional() -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def pairs():
    data = xp.load_data("digits")
    model, _ = fit(perceptron(64, 10, hidden=(32, 16), seed=0), data.train, epochs=30, seed=0)
    yield "perceptron", model, data
    shares = keras.Sequential([keras.Input((64,)), *model.layers, keras.layers.Softmax()])
    yield "perceptron, softmax", shares, data
    image = convolutional()
    x = data.train.x.reshape(-1, 8, 8, 1)
    image.fit(x, data.train.y, epochs=20, verbose=0)
    shaped = xp.load_data(((x, data.train.y), (np.asarray(data.x).reshape(-1, 8, 8, 1), data.y)))
    yield "convolutional", image, shaped


def main() -> None:
    columns = ("model", "file", "bytes", "largest difference", "flips", "64 rows, ms")
    columns += ("moved weight", "verdict", "compared in")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, model, data in pairs():
            for file, quantise in FILES:
                path = Path(folder) / file
                c = xp.export(model, path, quantise=quantise, data=data, force=True)
                start = time.perf_counter()
                found = xp.compare(model, path, data, rows=200)
                took = time.perf_counter() - start
                moved = found.comparisons["dense|other"]["moved_weight"]
                cells = (
                    name,
                    f"{path.suffix} {quantise}",
                    f"{c.after.file_bytes:,}",
                    f"{c.max_difference:.1e}",
                    f"{c.flips} of {c.rows}",
                    f"{c.before.latency_ms:.2f} → {c.after.latency_ms:.2f}",
                    f"{moved.value:.1%} ({moved.low:.1%}–{moved.high:.1%})",
                    found.verdict.label,
                    f"{took:.0f} s",
                )
                print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
