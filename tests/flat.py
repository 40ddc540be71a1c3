"""Whether memory stays flat: what one process holds after much work, beside what it held before.

    python tests/flat.py               the table of docs/reliability.md, about ten minutes
    python tests/flat.py --share .1    a tenth of the turns, a quick look

The first fifth of the turns warms up: what is made once for all (kernels, constants, modules) is
made there, and the allocator's arenas fill, which TensorFlow's threads have one each of. Growth is
that of the turns after: of what the process holds, and of what of it is in use.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).parent / "cases"))

from living import in_use, living, megabytes

X = np.random.default_rng(0).normal(size=(60, 20)).astype("float32")
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 1)
METHODS = ("deep_shap", "expected_gradients", "permutation", "lrp", "integrated_gradients")


def network(seed: int, units: int = 32) -> Any:
    """Make a small classifier."""
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(seed)
    stack = [layers.Dense(units, "relu"), layers.Dense(units, "relu"), layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((20,)), *stack])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def attributes(kept: dict[str, Any], turn: int) -> None:
    """Explain rows of one model, by one method after the other."""
    import explainprune as xp

    method = METHODS[turn % len(METHODS)]
    xp.attribute(kept["a"], X, background=X[:20], method=method, seed=turn)


def importances(kept: dict[str, Any], turn: int) -> None:
    """Score the weights of one model, by one criterion after the other."""
    import explainprune as xp

    criterion = ("taylor", "fisher", "conductance", "obs")[turn % 4]
    xp.importance(kept["a"], X, Y, criterion=criterion)


def compares(kept: dict[str, Any], turn: int) -> None:
    """Compare one pair of models."""
    import explainprune as xp

    xp.compare(kept["a"], kept["b"], (X, Y), backgrounds=2, seed=turn)


def prunes(kept: dict[str, Any], turn: int) -> None:
    """Prune one model to half and tune what is left, then make it smaller."""
    import explainprune as xp

    granularity = ("weight", "unit")[turn % 2]
    options = {"granularity": granularity, "steps": 2, "finetune_epochs": 2, "seed": turn}
    pruned = xp.prune(kept["a"], (X, Y), sparsity=0.5, **options)
    xp.shrink(pruned.model, masks=pruned.masks, data=X)


def models(kept: dict[str, Any], turn: int) -> None:
    """Explain a model that nobody has seen before, nor sees again."""
    import explainprune as xp

    model = network(turn)
    xp.attribute(model, X, background=X[:20], target="all")
    xp.importance(model, X, Y)


Work = Callable[[dict[str, Any], int], None]
WORK: dict[Work, int] = {attributes: 200, importances: 200, compares: 100, prunes: 100, models: 50}


def measured(work: Work, turns: int, kept: dict[str, Any]) -> dict[str, float]:
    """Return by how much each count grew over four fifths of the turns, and the memory held."""
    first = max(4, turns // 5)
    for turn in range(first):
        work(kept, turn)
    before = _counts()
    for turn in range(first, turns):
        work(kept, turn)
    after = _counts()
    grown = {name: after[name] - before[name] for name in before}
    return {"turns": turns - first, **grown, "before": before["held"]}


def _counts() -> dict[str, float]:
    return {**living(), "held": megabytes(), "in use": in_use()}


def main() -> None:
    """Print the table, and exit with 1 if anything was kept alive."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--share", type=float, default=1.0)
    asked.add_argument("--only", default="")
    options = asked.parse_args()
    warnings.simplefilter("ignore")
    kept = {"a": network(0), "b": network(1)}
    head = ("work", "turns", "MB before", "MB more", "of these in use", "KB in use a turn")
    print("|", " | ".join((*head, "graphs, models, networks more")), "|")
    print("|---" * (len(head) + 1) + "|", flush=True)
    alive = 0
    for work, turns in WORK.items():
        if options.only not in work.__name__:
            continue
        found = measured(work, max(8, int(turns * options.share)), kept)
        more = [found[name] for name in ("graphs", "models", "networks")]
        alive += sum(each > 0 for each in more)
        each = 1024 * found["in use"] / found["turns"]
        print(
            f"| {work.__name__} | {found['turns']} | {found['before']:.0f} | {found['held']:.1f} | "
            f"{found['in use']:.2f} | {each:.1f} | {', '.join(map(str, more))} |",
            flush=True,
        )
    sys.exit(bool(alive))


if __name__ == "__main__":
    main()
