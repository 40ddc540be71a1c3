import numpy as np
import pytest
from keras_cases import sequential
from training_cases import L, mlp, ninety_percent, rows, zeros

from explainprune.network.backend import keras, tf
from explainprune.network.training.fitting import apply_masks, compiled_like, fit, holder
from explainprune.network.variables import variables, weights_of
from explainprune.types import Rows


def test_masked_entries_are_zero_after_every_adam_step_and_slots_are_not():
    model, data = mlp(), rows()
    masks, seen = ninety_percent(model), []
    trained, _ = fit(
        model,
        data,
        epochs=4,
        seed=3,
        masks=masks,
        after_step=lambda m: seen.append(zeros(m, masks)),
    )
    assert len(seen) == 4 * 5
    assert set(seen) == {(0, 0)}
    assert zeros(trained, masks) == (0, 0)
    mask = masks["first/kernel"]
    slots = [v for v in trained.optimizer.variables if v.shape == mask.shape]
    assert len(slots) == 2
    assert all(np.abs(slot.numpy()[~mask]).max() > 0 for slot in slots)


def test_callbacks_see_masked_weights_and_may_stop():
    class Look(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seen, self.ends = [], 0

        def on_train_batch_end(self, batch, logs=None):
            self.seen.append(zeros(self.model, masks))

        def on_epoch_end(self, epoch, logs=None):
            assert logs["loss"] > 0
            self.model.stop_training = epoch == 1

        def on_train_end(self, logs=None):
            self.ends += 1

    model, look = mlp(), Look()
    masks = ninety_percent(model)
    _, history = fit(model, rows(), epochs=5, seed=0, masks=masks, callbacks=[look])
    assert set(look.seen) == {(0, 0)}
    assert len(look.seen) == 10
    assert len(history["loss"]) == 2
    assert look.ends == 1


def test_one_compiled_epoch_equals_single_steps():
    model, data = mlp(), rows()
    masks = ninety_percent(model)
    whole, one = fit(model, data, epochs=2, seed=7, masks=masks)
    single, two = fit(model, data, epochs=2, seed=7, masks=masks, after_step=lambda m: None)
    assert one == two
    for path, values in weights_of(whole).items():
        np.testing.assert_array_equal(values, weights_of(single)[path])


def test_a_step_is_the_optimizers():
    """SGD on one batch, by hand: w − rate · gradient, then the mask."""
    data = rows(20)
    model = mlp(dropout=0.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), loss)
    masks = ninety_percent(model)
    start = apply_masks(model, masks)
    with tf.GradientTape() as tape:
        value = loss(data.y, start(data.x, training=True))
    gradient = tape.gradient(value, [v.value for v in variables(start).values()])
    trained, history = fit(model, data, epochs=1, seed=0, masks=masks, batch_size=20)
    assert history["loss"] == pytest.approx([float(value)])
    for (path, values), slope in zip(weights_of(start).items(), gradient, strict=True):
        expected = values - 0.5 * slope.numpy()
        expected = np.where(masks.arrays.get(path, True), expected, 0)
        np.testing.assert_allclose(weights_of(trained)[path], expected, rtol=1e-5, atol=1e-6)


def test_same_seed_same_model_other_seed_another():
    model, data = mlp(), rows()
    one, same, other = (fit(model, data, epochs=2, seed=s)[0] for s in (1, 1, 2))
    kernel = "first/kernel"
    np.testing.assert_array_equal(weights_of(one)[kernel], weights_of(same)[kernel])
    assert not np.array_equal(weights_of(one)[kernel], weights_of(other)[kernel])


def test_the_callers_model_stays_as_it_was():
    model, data = mlp(), rows()
    before = weights_of(model)
    fit(model, data, epochs=1, seed=0, masks=ninety_percent(model), learning_rate=0.1)
    for path, values in weights_of(model).items():
        np.testing.assert_array_equal(values, before[path])
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    assert int(model.optimizer.iterations) == 0


def test_training_learns_and_scores_validation():
    trained, history = fit(
        mlp(), rows(), epochs=8, seed=0, validation=rows(seed=1), learning_rate=0.01
    )
    assert history["loss"][-1] < history["loss"][0] / 2
    check = rows(seed=1)
    expected = trained.evaluate(check.x, check.y, verbose=0, return_dict=True)
    assert history["val_loss"][-1] == pytest.approx(expected["loss"], rel=1e-5)
    assert history["val_accuracy"][-1] == pytest.approx(expected["accuracy"])


def test_patience_returns_to_the_best_epoch():
    wrong = Rows(rows().x, (rows().y + 1) % 3)  # the more is learned, the worse it gets
    trained, history = fit(mlp(), rows(), epochs=9, seed=0, validation=wrong, patience=2)
    best = int(np.argmin(history["val_loss"]))
    assert len(history["val_loss"]) == best + 3
    assert trained.evaluate(wrong.x, wrong.y, verbose=0)[0] == pytest.approx(
        min(history["val_loss"]), rel=1e-5
    )


def test_penalties_count():
    model = sequential((6,), L.Dense(3, kernel_regularizer=keras.regularizers.L1(10.0), name="d"))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    trained, _ = fit(model, rows(), epochs=20, seed=0, learning_rate=0.02)
    assert np.abs(weights_of(trained)["d/kernel"]).max() < 0.05


def test_weights_of_rows_and_classes():
    data = rows()
    only = (data.y != 2).astype(np.float32)
    by_row, _ = fit(mlp(), data, epochs=3, seed=0, sample_weight=only)
    by_class, _ = fit(mlp(), data, epochs=3, seed=0, class_weight={2: 0.0})
    plain, _ = fit(mlp(), data, epochs=3, seed=0)
    for path, values in weights_of(by_row).items():
        np.testing.assert_array_equal(values, weights_of(by_class)[path])
    assert not np.array_equal(weights_of(plain)["last/bias"], weights_of(by_row)["last/bias"])


def test_a_schedule_can_be_overridden():
    model = mlp()
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model.compile(keras.optimizers.Adam(schedule), model.loss)
    trained, _ = fit(model, rows(), epochs=1, seed=0, learning_rate=0.004)
    assert float(trained.optimizer.learning_rate) == pytest.approx(0.004)


def test_holder_serves_a_loop_of_ones_own():
    model, data = mlp(), rows()
    masks = ninety_percent(model)
    after_step = holder(model, masks)
    optimizer = keras.optimizers.Adam(0.05)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for step in range(6):
        with tf.GradientTape() as tape:
            value = loss(data.y, model(data.x, training=True))
        gradient = tape.gradient(value, model.trainable_weights)
        optimizer.apply(gradient, model.trainable_weights)
        assert step == 0 or zeros(model, masks)[0] > 0
        after_step()
        assert zeros(model, masks) == (0, 0)


def test_holder_works_inside_a_traced_step_and_on_another_model():
    model = mlp()
    masks = ninety_percent(model)
    after_step, other = holder(model, masks), mlp()

    @tf.function
    def step():
        for variable in other.trainable_weights:
            variable.assign_add(tf.ones_like(variable))
        after_step(other)

    for _ in range(3):
        step()
        assert zeros(other, masks) == (0, 0)
    assert zeros(model, masks)[0] > 0


def test_a_holder_given_to_fit_holds():
    model = mlp()
    masks = ninety_percent(model)
    trained, _ = fit(model, rows(), epochs=1, seed=0, after_step=holder(model, masks))
    assert zeros(trained, masks) == (0, 0)
    assert zeros(model, masks)[0] > 0


def test_masking_removes_nan_and_leaves_no_minus_zero():
    model = mlp()
    kernel = variables(model)["last/kernel"]
    kernel.assign(np.full(kernel.shape, np.nan))
    masks = {"last/kernel": np.zeros(kernel.shape, bool)}
    kernel = weights_of(apply_masks(model, masks))["last/kernel"]
    np.testing.assert_array_equal(kernel, 0)
    assert not np.signbit(kernel).any()


@pytest.mark.parametrize(
    ("model", "y", "loss"),
    [
        (mlp(3, None, False), [0, 1, 2, 1], "sparse_categorical_crossentropy"),
        (mlp(3, "softmax", False), [0, 1, 2, 1], "sparse_categorical_crossentropy"),
        (mlp(3, None, False), np.eye(3)[[0, 1, 2, 1]], "categorical_crossentropy"),
        (mlp(1, None, False), [0, 1, 1, 0], "binary_crossentropy"),
        (mlp(1, "sigmoid", False), [[0.0], [1.0], [1.0], [0.0]], "binary_crossentropy"),
        (mlp(2, "sigmoid", False), np.eye(2)[[0, 1, 1, 0]], "binary_crossentropy"),
        (mlp(1, None, False), [0.3, 1.0, -2.0, 0.0], "mean_squared_error"),
        (mlp(2, None, False), np.ones((4, 2)) * [0.3, 4.0], "mean_squared_error"),
    ],
)
def test_implied_losses(model, y, loss):
    compiled = compiled_like(model, Rows(rows(4).x, np.asarray(y)))
    assert compiled.loss.name == loss
    if "crossentropy" in loss:
        raw = model.layers[-1].activation is keras.activations.linear
        assert compiled.loss.get_config()["from_logits"] == raw
    assert not getattr(model, "compiled", False)


def test_binary_accuracy_on_logits_counts_signs():
    data = rows(classes=2)
    trained, history = fit(mlp(1, None, False), data, epochs=5, seed=0, validation=data)
    predicted = np.ravel(trained(data.x)) > 0
    assert history["val_accuracy"][-1] == pytest.approx(np.mean(predicted == data.y))


def test_moving_averages_are_masked_too():
    model = mlp()
    model.compile(keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5), model.loss)
    masks = ninety_percent(model)
    trained, _ = fit(model, rows(), epochs=2, seed=0, masks=masks)
    assert zeros(trained, masks)[0] == 0
    plain, _ = fit(mlp(), rows(), epochs=2, seed=0, masks=masks, learning_rate=0.01)
    kernel = "first/kernel"
    assert not np.allclose(weights_of(trained)[kernel], weights_of(plain)[kernel], atol=1e-4)


def test_a_train_step_of_ones_own_is_used():
    class Pulled(keras.Model):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True)) + 100.0 * tf.reduce_sum(
                    self.trainable_variables[0] ** 2
                )
            slopes = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(slopes, self.trainable_variables)
            return {"loss": loss}

    x = keras.Input((6,))
    model = Pulled(x, L.Dense(3, name="d")(x))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    trained, _ = fit(model, rows(), epochs=30, seed=0, learning_rate=0.01)
    assert type(trained) is Pulled
    assert np.abs(weights_of(trained)["d/kernel"]).max() < 0.02


def test_several_inputs_by_name():
    one, two = keras.Input((4,), name="one"), keras.Input((2,), name="two")
    model = keras.Model(
        {"two": two, "one": one}, L.Dense(3, name="last")(L.Concatenate()([one, two]))
    )
    x = rows().x
    parts = {"one": x[:, :4], "two": x[:, 4:]}
    trained, history = fit(model, Rows(parts, rows().y), epochs=10, seed=0, learning_rate=0.05)
    assert history["accuracy"][-1] > 0.6
    assert trained(parts).shape == (150, 3)
