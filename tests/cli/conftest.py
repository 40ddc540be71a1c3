"""Models and data as files, made with plain Keras, and a way to run the command line."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from explainprune.cli import run


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        """The one sentence that a failure prints, besides what was under way and noted."""
        lines = [
            line
            for line in self.err.splitlines()
            if not line.endswith("…") and not line.startswith("Note: ")
        ]
        assert self.out == "" and len(lines) == 1, (self.out, self.err)
        assert lines[0].startswith("explainprune: ")
        return lines[0].removeprefix("explainprune: ")


@pytest.fixture
def cli(capfd, monkeypatch, files):
    """Run a command in the folder of `files`, in this process."""
    monkeypatch.chdir(files)
    monkeypatch.delenv("EXPLAINPRUNE_TRACE", raising=False)

    def call(*arguments):
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        return Outcome(code, *capfd.readouterr())

    return call


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Write a trained model, a smaller one, and data in several forms; once for all tests."""
    from explainprune.network.backend import keras

    folder = tmp_path_factory.mktemp("made")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 4)).astype("float32")
    y = ((x[:, 0] + x[:, 1] > 0).astype(int) + (x[:, 2] > 1)).astype(int)
    keras.utils.set_random_seed(0)
    for name, units in (("dense", 12), ("other", 6)):
        model = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(units, activation="relu", name="hidden"),
                keras.layers.Dense(3, activation="softmax", name="classes"),
            ]
        )
        model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
        model.fit(x, y, epochs=3, verbose=0)
        model.save(folder / f"{name}.keras")
    lambdas = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda z: z * 2)])
    lambdas.save(folder / "lambda.keras")
    np.savez(folder / "d.npz", x=x, y=y)
    np.savez(folder / "unlabelled.npz", x=x)
    pd.DataFrame(x, columns=list("abcd")).assign(label=y).to_csv(folder / "d.csv", index=False)
    return folder


@pytest.fixture
def files(made, tmp_path):
    """Give each test its own copy."""
    for path in made.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path
