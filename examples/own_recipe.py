"""A researcher's own way of training, for a study: own_recipe.toml names both functions.

In this folder:

    explainprune run own_recipe.toml --dry-run
    explainprune protocol own_recipe.toml -o ../reports/P.toml
    explainprune run own_recipe.toml --protocol ../reports/P.toml -o ../reports/own_recipe
    explainprune check ../reports/own_recipe
"""

import keras
import numpy as np


def build(data, *, seed):
    """Return an untrained network: two layers, normalised in between; its outputs are logits."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input(data.x.shape[1:]),
            layers.Dense(32, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(16, activation="relu"),
            layers.Dense(len(data.class_names)),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(3e-3, weight_decay=0.01), loss)
    return model


def train(model, data, *, seed, after_step, epochs=12):
    """Train on rows moved by a little noise, at a rate that falls along a cosine.

    `after_step` holds what is pruned at zero; the study passes one that does nothing where nothing
    is.
    """
    x, y = data.learnable.x, data.learnable.y
    rng = np.random.default_rng(seed)
    total = epochs * (len(x) // 32)
    for step in range(total):
        if step % (len(x) // 32) == 0:
            order = rng.permutation(len(x))
        model.optimizer.learning_rate = 3e-3 * (1 + np.cos(np.pi * step / total)) / 2
        at = order[32 * (step % (len(x) // 32)) :][:32]
        model.train_on_batch(x[at] + 0.1 * rng.normal(size=x[at].shape).astype(x.dtype), y[at])
        after_step()
    return model
