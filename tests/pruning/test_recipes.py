import keras
import numpy as np
import pytest

from explainprune.network.backend import tf
from explainprune.network.training.fitting import fit, holder
from explainprune.network.variables import clone, weights_of
from explainprune.pruning import fit_recipe, prune
from explainprune.pruning.step import stream
from explainprune.types import Data


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


def test_a_recipe_of_keras_own_with_streams_callbacks_and_weights(model, data):
    seen, counts = [], []

    def recipe(model, data, *, seed, after_step):
        rows = tf.data.Dataset.from_tensor_slices((data.train.x, data.train.y)).batch(32)
        hold = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: after_step())
        look = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: counts.append(
                sum((w.numpy() == 0).sum() for w in model.weights if "kernel" in w.path)
            )
        )
        more = {"class_weight": {0: 1.0, 1: 2.0, 2: 1.0}, "callbacks": [hold, look]}
        fitted = model.fit(rows, epochs=2, shuffle=False, verbose=0, **more)
        seen.append(fitted.history["loss"])
        return model

    model = clone(model)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.RMSprop(1e-3), loss)
    pruned = prune(model, data, sparsity=0.75, schedule="one_shot", recipe=recipe)
    assert len(seen[0]) == 2
    # Sparse at every instant: after each batch, 126 of the 168 weights that may go.
    assert counts == [126] * 14
    assert sum((~mask).sum() for path, mask in pruned.masks.items() if "kernel" in path) == 126


def test_a_recipe_that_forgets_the_masks_is_held_to_them(model, data):
    def careless(model, data, *, seed, after_step):
        assert isinstance(data, Data)
        model.get_layer("first").kernel.assign(np.ones((6, 12)))
        return model

    pruned = prune(model, data, sparsity=0.5, steps=1, recipe=careless)
    kernel = weights_of(pruned.model)["first/kernel"]
    np.testing.assert_array_equal(kernel, pruned.masks["first/kernel"].astype(float))
    assert pruned.history.epochs.isna().tolist() == [False, True]
