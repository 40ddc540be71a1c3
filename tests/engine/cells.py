"""Cell functions for the tests: the children import them by name."""

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np


def square(cell):
    time.sleep(cell.get("seconds", 0))
    return {"square": cell["n"] ** 2, "pid": os.getpid()}


def environment(cell):
    return {name: os.environ.get(name) for name in cell["names"]} | {"path": sys.path}


def fail(cell):
    if cell["n"] == 1:
        kind, *args = cell["error"]  # made here: what distributed does to pickled errors is lossy
        raise kind(*args)
    time.sleep(cell.get("seconds", 0))
    return {}


def warn(cell):
    warnings.warn("no labels here", UserWarning, stacklevel=1)
    warnings.warn("old name", DeprecationWarning, stacklevel=1)
    return {}


def chatter(cell):
    print("to stdout")
    subprocess.run(["echo", "a child of the child"], check=True)
    return {"stdin": sys.stdin.read() if cell["n"] == 0 else ""}


def killed_once(cell):
    """Kill this process, unless a mark says that it was done before."""
    mark = Path(cell["mark"])
    if not mark.exists() or cell.get("always"):
        mark.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    return {"n": cell["n"]}


def leaving(cell):
    raise SystemExit(3)


def unpicklable(cell):
    return {"function": lambda: 0}


def randomness(cell):
    """Global randomness, which a cell before could have moved."""
    import random

    return {"numpy": np.random.random(), "python": random.random()}  # noqa: NPY002


def dense(cell):
    """Train a small model from a seed; report its bits and the names Keras gave."""
    from explainprune.network.backend import keras

    keras.utils.set_random_seed(cell["seed"])
    rng = np.random.default_rng(cell["seed"])
    x, y = rng.normal(size=(256, 8)).astype("float32"), rng.integers(0, 3, 256)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(64), keras.layers.Dense(3)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, epochs=1, batch_size=32, verbose=0)
    names = [variable.path for variable in model.variables]
    return {"names": names, "bits": [w.tobytes() for w in model.get_weights()]}


def sleep_with_grandchild(cell):
    """Start a process of our own, write both ids down, and take long."""
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(cell["pids"]).write_text(f"{os.getpid()} {grandchild.pid}")
    time.sleep(60)
    return {}


def where(cell):
    """Say which Dask worker computes, in a file as well; take a while."""
    if cell.get("folder"):
        Path(cell["folder"], str(cell["n"])).write_text(str(os.getppid()))
    time.sleep(cell.get("seconds", 0))
    return {"n": cell["n"], "worker": os.getppid()}


def fills_memory(cell):
    held = [np.ones(10**7) for _ in range(cell["times"])]  # 80 MB each
    time.sleep(1)
    return {"n": len(held)}
