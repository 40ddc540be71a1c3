"""A study that takes seconds, of rows, a recipe and players that lie in a folder."""

import sys

import numpy as np

from explainprune.study import study_config

RECIPE = """
from rate_of_mine import EPOCHS

def train(model, data, *, seed, after_step):
    model.fit(data.learnable.x, data.learnable.y, epochs=EPOCHS, verbose=0, batch_size=32)
    after_step()
    return model
"""

CONFIG = {
    "data": {"source": "rows.npz", "players": "players.json"},
    "model": {"hidden": [4], "recipe": "recipe_of_mine:train", "epochs": 1},
    "prune": {"sparsity": 0.3, "steps": 1, "finetune_epochs": 0, "criterion": "magnitude"},
    "explain": {"rows": 26, "metrics": [], "methods": ["gradient_input"]},
    "study": {"seeds": 2, "levels": [], "arms": [], "workers": 1},
}


def rows(folder, seed):
    x = np.random.default_rng(seed).normal(size=(120, 4)).astype("float32")
    np.savez(folder / "rows.npz", x=x, y=(x[:, 0] > 0).astype(int), feature_names=list("abcd"))


def config(**changes):
    return study_config({key: {**part, **changes.get(key, {})} for key, part in CONFIG.items()})


def laid_out(folder, monkeypatch):
    """Make `folder` the working folder, with everything that the configuration names."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    rows(folder, 0)
    (folder / "recipe_of_mine.py").write_text(RECIPE)
    (folder / "rate_of_mine.py").write_text("EPOCHS = 1")
    (folder / "players.json").write_text('{"both": ["a", "b"]}')
    for name in ("recipe_of_mine", "rate_of_mine"):
        monkeypatch.setitem(sys.modules, name, sys)  # what is imported goes with the test
        del sys.modules[name]
