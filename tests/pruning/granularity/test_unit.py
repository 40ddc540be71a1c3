import keras
import numpy as np
import pytest
from keras import layers as kl
from keras_cases import sequential

from explainprune.pruning.candidates import candidates
from explainprune.pruning.granularity import Sharing, view

K, _ = True, False


def see(model, **options):
    return view("unit", model, candidates(model, **options))


def test_masks_by_hand():
    model = sequential(
        (4, 4, 1),
        kl.Conv2D(2, 3, name="conv"),
        kl.BatchNormalization(name="norm"),
        kl.ReLU(),
        kl.MaxPooling2D(),
        kl.Conv2D(3, 1, activation="sigmoid", use_bias=False, name="next"),
        kl.Flatten(),
        kl.Dense(2, name="out"),
    )
    seen = see(model)
    assert seen.sizes == {"conv": 2, "next": 3}
    masks = seen.masks({"conv": np.array([K, _]), "next": np.array([K, _, K])})
    expected = {
        "conv/kernel": np.broadcast_to([K, _], (3, 3, 1, 2)),
        "conv/bias": [K, _],
        "norm/gamma": [K, _],
        "norm/beta": [K, _],
        "norm/moving_mean": [K, _],
        "next/kernel": [[[[K, _, K], [_, _, _]]]],
        "out/kernel": [[K, K], [_, _], [K, K]],
    }
    assert set(masks) == set(expected)
    for path, mask in expected.items():
        np.testing.assert_array_equal(masks[path], mask, err_msg=path)
    assert masks.prunable == ("conv/kernel", "next/kernel")
    assert masks.sparsity == 2 / 5


def test_chosen_by_score():
    model = sequential((2,), kl.Dense(3, name="a"), kl.Dense(2, name="b"), kl.Dense(2, name="out"))
    scores = {"a": np.array([3.0, 1.0, 2.0]), "b": np.array([0.1, 0.2]), "out": np.zeros(2)}
    kept = see(model).choose(scores, 0.4, None, Sharing())
    np.testing.assert_array_equal(kept["a"], [K, _, K])
    np.testing.assert_array_equal(kept["b"], [_, K])
    kept = see(model).choose(scores, 0.4, None, Sharing(allocation={"b": 0.0}))
    np.testing.assert_array_equal(kept["a"], [K, _, _])
    kept = see(model).choose(scores, 0.2, None, Sharing(allocation={"a": 2 / 3}, progress=0.5))
    np.testing.assert_array_equal(kept["a"], [K, _, K])


def gated(activation):
    x = keras.Input((4,))
    gate = kl.Dense(4, activation, name="gate")(x)
    y = kl.Multiply(name="product")([x, gate])
    return keras.Model(x, kl.Dense(2, name="out")(kl.Dense(3, name="d")(y)), name="gated")


def test_layers_whose_silent_units_are_not_zero_are_left_whole():
    assert see(gated("relu")).sizes == {"gate": 4, "d": 3}
    seen = see(gated("sigmoid"))
    assert seen.sizes == {"d": 3}
    assert seen.left_whole == {"gate": "a silent unit isn't 0 where 'product' reads it"}
    with pytest.raises(
        ValueError, match=r"'gated' has no unit that can be removed: 'gate' \(a sil"
    ):
        see(gated("sigmoid"), protect=["d"])
    own = sequential((5, 2), kl.RNN(kl.LSTMCell(3), name="r"), kl.Dense(2))
    with pytest.raises(ValueError, match=r"'r/cell' \(what its cells keep is not followed"):
        see(own)


def test_a_subclassed_model_is_refused():
    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.a, self.b = kl.Dense(3), kl.Dense(2)

        def call(self, x):
            return self.b(self.a(x))

    model = Own()
    model(np.zeros((1, 2), "float32"))
    with pytest.raises(
        ValueError, match=r"granularity='unit' follows.*'own' of type Own has no lay"
    ):
        see(model)


def test_units_that_meet_others_are_said_to_stay():
    x = keras.Input((4,))
    parts = [kl.Dense(3, "relu", name=name)(x) for name in "abcd"]
    h = kl.Dense(5, "relu", name="free")(kl.Add()(parts))
    seen = see(keras.Model(x, kl.Dense(2, name="out")(h)))
    (note,) = seen.notes
    assert note.startswith("Silent units of 'a', 'b', 'c' and 1 more come as zeros to where")
    assert view("coupled", gated("relu"), candidates(gated("relu"))).notes == ()
