import random

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.network.backend import keras
from explainprune.network.redrawing import randomised
from explainprune.network.variables import clone, seed_states, variables, weights_of, with_weights

L = keras.layers


def mlp(compiled=True):
    model = sequential(
        (4,),
        L.Dense(5, activation="relu", name="first"),
        L.Dropout(0.5),
        L.BatchNormalization(name="norm"),
        L.Dense(3, name="last"),
    )
    if compiled:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.03, momentum=0.7), loss, metrics=["accuracy"])
    return model


def nested():
    block = keras.Sequential([L.Dense(4, name="inner"), L.PReLU(name="bend")], name="block")
    shared = L.Dense(4, name="shared")
    x = keras.Input((4,), name="x")
    h = block(shared(shared(x)))
    h = L.Reshape((2, 2))(block(h))
    h = L.MultiHeadAttention(2, 2, name="look")(h, h)
    h = L.Bidirectional(L.LSTM(2), name="both")(h)
    return keras.Model(x, L.Dense(2, name="last")(h))


def lazy():
    model = keras.Sequential([L.Dense(3, name="a"), L.Dense(2, name="b")])
    model(np.zeros((1, 4), np.float32))
    return model


class Pair(keras.layers.Layer):
    """A custom layer that isn't registered and whose config leaves out its name."""

    def __init__(self, **options):
        super().__init__(**options)
        self.parts = [L.Dense(2), L.Dense(3)]

    def build(self, shape):
        self.parts[0].build(shape)
        self.parts[1].build((None, 2))

    def call(self, x):
        return self.parts[1](self.parts[0](x))


def custom():
    return sequential((4,), Pair())


MODELS = {"mlp": mlp, "nested": nested, "lazy": lazy, "custom": custom}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]()


def rows(n=6):
    return np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32)


def test_paths_name_layers_through_nested_models():
    paths = list(variables(nested()))
    assert paths[:5] == [
        "shared/kernel",
        "shared/bias",
        "block/inner/kernel",
        "block/inner/bias",
        "block/bend/alpha",
    ]
    assert "look/query_dense/kernel" in paths
    assert "both/forward_layer/cell/recurrent_kernel" in paths


def test_every_weight_has_one_path(model):
    found = variables(model)
    assert {id(v) for v in found.values()} == {id(v) for v in model.weights}
    assert len(found) == len(model.weights)


def test_paths_survive_cloning(model):
    assert list(variables(clone(model))) == list(variables(model))


def test_paths_survive_saving(tmp_path):
    for name in ("mlp", "nested", "lazy"):
        model = MODELS[name]()
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
        assert list(variables(loaded)) == list(variables(model))


def test_names_that_clash_are_counted():
    class Twins(keras.layers.Layer):
        def build(self, shape):
            self.a = self.add_weight(name="w", shape=(1,))
            self.b = self.add_weight(name="w", shape=(1,))

        def call(self, x):
            return x * self.a * self.b

    model = sequential((4,), Twins(name="twins"))
    assert list(variables(model)) == ["twins/w", "twins/w_1"]


def test_unbuilt_model_is_refused():
    with pytest.raises(ValueError, match="is not built: call it on data"):
        variables(keras.Sequential([L.Dense(2)]))


def test_clone_computes_the_same_and_is_independent(model):
    copy = clone(model)
    np.testing.assert_array_equal(copy(rows()), model(rows()))
    before = weights_of(model)
    for variable in variables(copy).values():
        variable.assign(variable + 1)
    after = weights_of(model)
    assert all(np.array_equal(before[path], after[path]) for path in before)


def test_clone_keeps_names_and_compile_state():
    model = mlp()
    copy = clone(model)
    assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]
    assert copy.name == model.name
    assert type(copy.optimizer) is keras.optimizers.SGD
    assert copy.optimizer is not model.optimizer
    assert copy.optimizer.get_config() == model.optimizer.get_config()
    assert copy.loss.get_config() == model.loss.get_config()
    x, y = rows(), np.array([0, 1, 2, 0, 1, 2])
    assert copy.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    assert not getattr(clone(mlp(compiled=False)), "compiled", False)


def test_clone_keeps_a_loss_that_has_no_config():
    model = mlp(compiled=False)
    model.compile("sgd", lambda y, p: keras.ops.mean((y - p) ** 2, axis=-1))
    copy = clone(model)
    x, y = rows(), np.ones((6, 3), np.float32)
    assert copy.evaluate(x, y, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0))


def test_clone_touches_no_random_numbers():
    model = mlp()
    random.seed(3)
    expected = random.random()
    random.seed(3)
    first = clone(model)
    assert random.random() == expected
    second = clone(model)
    for one, two in zip(seed_states(first), seed_states(second), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    for one, two in zip(seed_states(first), seed_states(model), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    assert len(seed_states(model)) == 1


def test_clones_drop_out_alike():
    model = mlp()
    one, two = clone(model), clone(model)
    np.testing.assert_array_equal(one(rows(), training=True), two(rows(), training=True))


def test_a_layer_used_at_two_levels_is_one_layer_in_the_copy():
    shared = L.Dense(4, name="shared")
    block = keras.Sequential([shared, L.ReLU()], name="block")
    x = keras.Input((4,))
    model = keras.Model(x, block(shared(x)))
    copy = clone(model)
    assert copy.get_layer("shared") is copy.get_layer("block").layers[0]
    np.testing.assert_array_equal(copy(rows()), model(rows()))


def test_with_weights_replaces_some():
    model = mlp()
    kernel = np.arange(15, dtype=np.float32).reshape(5, 3)
    changed = weights_of(with_weights(model, {"last/kernel": kernel}))
    original = weights_of(model)
    np.testing.assert_array_equal(changed.pop("last/kernel"), kernel)
    for path, values in changed.items():
        np.testing.assert_array_equal(values, original[path])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"lst/kernel": np.zeros((5, 3))}, "lst/kernel'. Did you mean 'last/kernel'"),
        ({"last/kernel": np.zeros((3, 5))}, r"'last/kernel' needs shape \(5, 3\).*\(3, 5\)"),
    ],
)
def test_with_weights_refuses(weights, message):
    with pytest.raises(ValueError, match=message):
        with_weights(mlp(), weights)


def test_weights_of_is_a_copy():
    model = mlp()
    weights_of(model)["last/bias"][:] = 7
    assert not np.any(weights_of(model)["last/bias"])


def test_randomised_draws_by_seed_from_the_initialisers():
    model = nested()
    one, same, other = (weights_of(randomised(model, seed)) for seed in (1, 1, 2))
    for path, values in weights_of(model).items():
        np.testing.assert_array_equal(one[path], same[path])
        if path.endswith("kernel"):
            assert not np.array_equal(one[path], other[path])
            assert not np.array_equal(one[path], values)
    # LSTM's forget gate starts at one: its own initialiser says so.
    np.testing.assert_array_equal(one["both/forward_layer/cell/bias"], [0, 0, 1, 1, 0, 0, 0, 0])


def test_randomised_ignores_the_initialisers_own_seeds_and_resets_statistics():
    model = sequential(
        (50,),
        L.Dense(50, kernel_initializer=keras.initializers.RandomNormal(stddev=3.0, seed=5)),
        L.BatchNormalization(name="norm"),
    )
    model.layers[1].moving_mean.assign(np.full(50, 9.0))
    one, other = (weights_of(randomised(model, seed)) for seed in (1, 2))
    kernel = next(v for p, v in one.items() if p.endswith("kernel"))
    twin = next(v for p, v in other.items() if p.endswith("kernel"))
    assert not np.array_equal(kernel, twin)
    assert kernel.std() == pytest.approx(3.0, rel=0.1)
    np.testing.assert_array_equal(one["norm/moving_mean"], np.zeros(50))


def test_randomised_keeps_what_preprocessing_was_adapted_to():
    scale = L.Normalization(name="scale")
    scale.adapt(np.array([[1.0], [3.0], [5.0]]))
    model = sequential((1,), scale, L.Dense(1, name="last"))
    assert weights_of(randomised(model, 1))["scale/mean"].item() == pytest.approx(3.0)
    x = np.array([[1.0], [7.0]], np.float32)
    np.testing.assert_allclose(clone(model)(x), model(x))
    np.testing.assert_allclose(randomised(model, 1).layers[0](x), scale(x))


def test_a_sequential_model_that_grew_is_copied():
    model = sequential((3,), keras.layers.Dense(4, "relu"))
    model.add(keras.layers.Dense(2))
    copy = clone(model)
    x = np.ones((1, 3), "float32")
    np.testing.assert_array_equal(copy(x), model(x))
    copy.add(keras.layers.Dense(1))
    assert (copy.output_shape, model.output_shape) == ((None, 1), (None, 2))
