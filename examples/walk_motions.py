"""A signal scientist's job by the command line alone: half the operations of a motion classifier.

Six channels of a wrist sensor (accelerometer and gyroscope, 100 steps at 10 Hz) while people stand,
walk, run and play badminton. With aeon installed it is the set BasicMotions that aeon ships (aeon
1.6 asks for numba below 0.64, so that it can't stand beside the versions in constraints.txt). Else,
and with --drawn, recordings of that shape are drawn from formulas, so that it is known where the
reasons lie; each person then makes several: people, not recordings, are what results are about.

    python examples/walk_motions.py -o reports/motion_walk     # two minutes
    python examples/walk_motions.py --quick
"""

import argparse
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np

from explainprune.cli import run

STEPS, CLASSES = 100, ("standing", "walking", "running", "badminton")
WORDS = """\
[channels]
0 = "acceleration x"
1 = "acceleration y"
2 = "acceleration z"
3 = "turning x"
4 = "turning y"
5 = "turning z"
"""


def recording(kind, person, rng):
    """Draw one recording of (STEPS, 6): a gait's rhythm, or strokes at some moments."""
    time = np.arange(STEPS) / 10
    x = rng.normal(0, 0.15, (STEPS, 6))
    x[:, 2] += 1  # gravity
    pace, strength = {"walking": (0.9, 0.8), "running": (1.5, 2.0)}.get(kind, (0, 0))
    if pace:
        phase = 2 * np.pi * (pace * person * time + rng.random())
        x[:, 2] += strength * np.sin(phase)
        x[:, 0] += strength / 2 * np.sin(phase / 2)
        x[:, 4] += strength / 2 * np.cos(phase / 2)
    if kind == "badminton":
        for start in rng.choice(STEPS - 10, 3, replace=False):
            stroke = np.sin(np.linspace(0, np.pi, 8)) * 3 * person
            x[start : start + 8, 1] += stroke
            x[start : start + 8, 5] -= stroke
    return x


def recordings(people, each, seed):
    """Draw `each` recordings of every kind from each person; people are numbered by seed."""
    rng = np.random.default_rng(seed)
    x, y, who = [], [], []
    for person in range(people):
        own = rng.uniform(0.85, 1.15)
        for label, kind in enumerate(CLASSES):
            x += [recording(kind, own, rng) for _ in range(each)]
            y += [label] * each
            who += [f"person {100 * seed + person}"] * each
    return np.array(x, "f"), np.array(y), np.array(who)


def network():
    """Return a small convolutional network over time; its outputs are logits."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((STEPS, 6)),
            layers.Conv1D(24, 7, strides=2, activation="relu"),
            layers.Conv1D(24, 5, strides=2, activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(16, activation="relu"),
            layers.Dense(len(CLASSES)),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    return model


def drawn(people):
    """Return what to learn from and what to score: inputs, labels and who made each recording."""
    return [
        dict(zip(("x", "y", "clusters"), recordings(people, 5, seed), strict=True))
        for seed in (0, 1)
    ]


def basic_motions():
    """Return 40 recordings to learn from and 40 to score, as aeon ships them.

    Who made each isn't told there.
    """
    from aeon.datasets import load_basic_motions

    numbers = {name.title(): label for label, name in enumerate(CLASSES)}
    parts = [load_basic_motions(split=split) for split in ("train", "test")]
    return [
        {
            "x": x.transpose(0, 2, 1).astype("f"),
            "y": np.array([numbers[each.title()] for each in y]),
        }
        for x, y in parts
    ]


def files(parts, epochs):
    """Write recordings to learn from and to score, the model and the words of the page."""
    train, test = parts
    arrays = {f"{key}_{name}": values
              for name, rows in (("train", train), ("test", test))
              for key, values in rows.items()}  # fmt: skip
    np.savez("motions.npz", class_names=np.array(CLASSES), **arrays)
    Path("words.toml").write_text(WORDS, encoding="utf-8")
    model = network()
    model.fit(train["x"], train["y"], epochs=epochs, verbose=0)
    model.save("dense.keras")


def command(text):
    """Run a line as it is typed; say it first."""
    print(f"\n$ explainprune {text}", flush=True)
    if run(text.split()):
        raise SystemExit(f"failed: {text}")


def walk(quick, draw):
    """Type every command of the job."""
    if draw or find_spec("aeon") is None:
        files(drawn(3 if quick else 30), epochs=3 if quick else 12)
    else:
        files(basic_motions(), epochs=20 if quick else 60)
    few = " --backgrounds 2 --rows 30 -q" if quick else ""
    data = "--data motions.npz --labels words.toml --players time:10"
    command("prune dense.keras --data motions.npz --granularity unit --budget flops_kept=0.5"
            f" --finetune-epochs {2 if quick else 8} --shrink -o pruned.keras --force")  # fmt: skip
    command(f"explain dense.keras {data} -o explained --force{few}")
    command(f"compare dense.keras pruned.shrunk.keras {data} --kept pruned.kept.npz"
            f" --names dense,half -o report --force{few}")  # fmt: skip
    command("export pruned.shrunk.keras --data motions.npz --quantise int8 -o half.tflite --force")


def main():
    """Write the files, then type what the README says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", help="folder for all of it; none is kept without")
    parser.add_argument("--quick", action="store_true", help="few people and epochs")
    parser.add_argument("--drawn", action="store_true", help="recordings from formulas")
    options = parser.parse_args()
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.out or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        try:
            walk(options.quick, options.drawn)
        finally:
            os.chdir(before)


if __name__ == "__main__":
    main()
