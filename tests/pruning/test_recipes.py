import keras
import numpy as np
import pytest

from explainprune.network.training.fitting import fit, holder
from explainprune.network.variables import weights_of
from explainprune.pruning import fit_recipe, prune
from explainprune.pruning.step import stream


def test_options_reach_the_training(model, data):
    weight = np.linspace(0.5, 2, len(data.train)).astype("f")
    options = {"batch_size": 64, "learning_rate": 0.02, "class_weight": {1: 3.0}}
    seen = []

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            kernels = [w.numpy() for w in self.model.weights if w.path.endswith("kernel")]
            seen.append(sum(int((kernel == 0).sum()) for kernel in kernels[:2]))

    recipe = fit_recipe(epochs=2, sample_weight=weight, callbacks=[Look()], **options)
    pruned = prune(model, data, criterion="magnitude", sparsity=0.5, steps=1, recipe=recipe)
    assert seen == [84] * 8  # half of 6 · 12 + 12 · 8, after each of four batches in two epochs
    start = prune(model, data, criterion="magnitude", sparsity=0.5, steps=1, finetune_epochs=0)
    hold = holder(start.model, start.masks)
    more = {"epochs": 2, "sample_weight": weight, "after_step": hold, **options}
    expected, _ = fit(start.model, data.train, seed=stream(0, "training", 0), **more)
    for path, values in weights_of(expected).items():
        np.testing.assert_allclose(weights_of(pruned.model)[path], values, atol=1e-5)


def test_patience_watches_the_validation_rows(model, data):
    counted = []

    class Count(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            counted.append(logs["val_loss"])

    recipe = fit_recipe(epochs=30, learning_rate=0.5, patience=1, callbacks=[Count()])
    prune(model, data, sparsity=0.5, schedule="one_shot", recipe=recipe)
    assert 2 <= len(counted) < 30
    with pytest.raises(ValueError, match="patience= needs validation= rows"):
        prune(model, data.train, sparsity=0.5, schedule="one_shot", recipe=recipe)
