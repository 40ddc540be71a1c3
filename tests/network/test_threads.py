"""Several threads at once, and processes that were forked: the same numbers, or a refusal."""

import os
import random
import threading

import keras
import numpy as np
import pytest

from explainprune.network import load_model, perceptron, randomised, save_model
from explainprune.network.redrawing import seeded


def in_threads(calls):
    """Run calls at once, each in a thread, and return what they returned."""
    found, start = [None] * len(calls), threading.Barrier(len(calls))

    def run(place):
        start.wait()
        found[place] = calls[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def bits(model):
    return [weights.tobytes() for weights in model.get_weights()]


def test_weights_drawn_in_threads_are_those_of_one_thread_and_the_generator_comes_back():
    model = perceptron(6, 3, hidden=(8, 8), seed=0)
    expected = [bits(randomised(model, seed)) for seed in range(6)]
    random.seed(5)
    state = random.getstate()
    for _ in range(3):
        calls = [lambda seed=seed: bits(randomised(model, seed)) for seed in range(6)]
        assert in_threads(calls) == expected
    assert random.getstate() == state


def test_who_has_seeded_the_generator_has_it_alone():
    def draws(seed):
        with seeded(seed):
            return [random.random() for _ in range(2000)]

    expected = [draws(seed) for seed in range(4)]
    for _ in range(5):
        assert in_threads([lambda seed=seed: draws(seed) for seed in range(4)]) == expected


FORKED = """
import os, sys
import numpy as np
import explainprune as xp
from explainprune.network import perceptron

model = perceptron(4, 3, seed=0)
model.save(sys.argv[1])
x = np.ones((5, 4), "float32")
xp.attribute(model, x, background=x[:1] * 0, method="gradient_input", target=0)
process = os.fork()
if process == 0:
    for call in (
        lambda: xp.attribute(model, x, background=x[:1] * 0, method="gradient_input", target=0),
        lambda: xp.load_model(sys.argv[1]),
        lambda: xp.prune(model, None, criterion="magnitude", sparsity=0.5),
    ):
        try:
            call()
        except RuntimeError as error:
            print(error, flush=True)
    os._exit(0)
os.waitpid(process, 0)
xp.attribute(model, x, background=x[:1] * 0, method="gradient_input", target=0)
print("parent goes on")
"""


def test_a_process_forked_after_tensorflow_ran_is_refused_and_never_hangs(tmp_path):
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(tmp_path / "m.keras")],
        capture_output=True, text=True, timeout=120, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert len(lines) == 4 and lines[3] == "parent goes on"
    for line in lines[:3]:
        assert (
            line.startswith("This process was forked after TensorFlow had run") and "spawn" in line
        )


@pytest.mark.slow
def test_compare_and_prune_in_threads_are_those_of_one_thread(tmp_path):
    import explainprune as xp

    x = np.random.default_rng(0).normal(size=(60, 5)).astype("float32")
    y = (x[:, 0] > 0).astype(int)
    model = perceptron(5, 2, hidden=(6,), seed=0)
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")

    def pruned(seed):
        return xp.prune(model, (x, y), sparsity=0.4, steps=1, finetune_epochs=1, seed=seed).model

    def compared(seed):
        found = xp.compare(
            model, other, (x, y), rows=12, seed=seed, detail=False, metrics=[],
            methods=["gradient_input"], backgrounds=2,
        )  # fmt: skip
        return found.to_json()

    other = pruned(9)
    calls = [lambda seed=seed: bits(pruned(seed)) for seed in (1, 2)]
    calls += [lambda seed=seed: compared(seed) for seed in (1, 2)]
    expected = [call() for call in calls]
    assert in_threads(calls) == expected
    save_model(other, tmp_path / "m.keras")
    assert in_threads([lambda: bits(load_model(tmp_path / "m.keras"))] * 3) == [bits(other)] * 3
