"""What a rebuilt model must carry along beside weights."""

import numpy as np
from keras_cases import sequential

from explainprune.network.backend import keras
from explainprune.network.shrinking.smaller import make_smaller

L = keras.layers


def test_adapted_normalisation_is_carried(check, silence):
    layer = L.Normalization(name="norm")
    layer.adapt(np.random.default_rng(0).normal(3.0, 5.0, (50, 4)))
    model = sequential((4,), layer, L.Dense(3, "relu", name="a"), L.Dense(1))
    silence(model.get_layer("a"), [0])
    made = check(model)
    assert made.plan.removed == {"a": 1} and made.plan.left_whole == {}
    np.testing.assert_array_equal(made.model.get_layer("norm").mean, layer.mean)


def test_vocabularies_are_carried(silence):
    lookup = L.StringLookup(name="words")
    lookup.adapt(np.array(["b", "a", "b", "c"]))
    model = sequential((2,), lookup, L.Embedding(4, 3, name="table"), L.Flatten(), dtype="string")
    model.add(L.Dense(1))
    model.get_layer("table").embeddings.assign(np.random.default_rng(0).normal(size=(4, 3)))
    silence(model.get_layer("table"), [1], ("embeddings",))
    made = make_smaller(model)
    words = np.array([["a", "b"], ["c", "zzz"]])
    assert made.plan.removed == {"table": 1}
    np.testing.assert_allclose(made.model(words), model(words), rtol=1e-6)


def test_bin_boundaries_are_carried():
    bins = L.Discretization(num_bins=4)
    bins.adapt(np.random.default_rng(0).normal(size=(50, 1)))
    model = sequential((1,), bins, L.Embedding(5, 3), L.Flatten(), L.Dense(1))
    x = np.linspace(-3, 3, 9)[:, None]
    np.testing.assert_array_equal(make_smaller(model).model(x), model(x))


def test_frozen_layers_inside_a_frozen_model_keep_their_own_flag(randomise):
    inner = keras.Sequential(
        [keras.Input((3,)), L.Dense(3, name="p"), L.Dense(3, name="q")], name="inner"
    )
    model = randomise(sequential((3,), inner, L.Dense(1, name="r")))
    inner.trainable = False
    inner.get_layer("q").trainable = True
    made = make_smaller(model).model
    new = made.get_layer("inner")
    flags = [new.trainable, new.get_layer("p").trainable, new.get_layer("q").trainable]
    assert flags == [False, False, True]
    assert [layer.trainable for layer in made.layers] == [False, True]


def test_a_custom_layer_without_its_name_in_its_config(randomise, check):
    class Nameless(L.Layer):
        def call(self, x):
            return x * 2.0

        def get_config(self):
            return {}

    model = randomise(sequential((3,), L.Dense(4), Nameless(name="mine"), L.Dense(1)))
    made = check(model)
    assert made.model.layers[1].name == "mine"
    assert made.plan.left_whole["mine"] == "what a Nameless layer does to each unit is not known"


def test_a_layer_whose_configuration_does_not_make_it_again_is_copied():
    class Stubborn(L.Layer):
        def __init__(self, factor, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, x):
            return x * 2.0

        def get_config(self):
            return super().get_config()

    model = sequential((3,), Stubborn(object(), name="odd"), L.Dense(1))
    x = np.ones((2, 3), "float32")
    smaller = make_smaller(model).model
    np.testing.assert_allclose(np.asarray(smaller(x)), np.asarray(model(x)))


def test_the_process_random_numbers_are_left_alone(randomise):
    import random

    model = randomise(sequential((3,), L.Dense(4), L.Dense(1)))
    random.seed(5)
    expected = random.random()
    random.seed(5)
    make_smaller(model)
    assert random.random() == expected


def test_mixed_precision_and_float64(randomise, silence, check):
    for policy, tolerance in (("mixed_float16", 2e-2), ("float64", 1e-9)):
        model = randomise(
            sequential(
                (3,),
                L.Dense(5, "sigmoid", dtype=policy, name="a"),
                L.Dense(2, dtype=policy),
                dtype="float64",
            )
        )
        silence(model.get_layer("a"), [0, 3], ("kernel",))
        made = check(model, tolerance=tolerance)
        assert made.plan.removed == {"a": 2}
        assert made.model.layers[0].dtype_policy.name == policy
