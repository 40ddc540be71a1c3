"""What `prune` says of units is what `shrink` leaves, layer by layer and to the parameter."""

import keras
import numpy as np
import pytest
from keras import layers as kl
from keras_cases import randomised, sequential

from explainprune.network.ways.size import size_of
from explainprune.pruning import prune, shrink

BOTH = ("unit", "coupled")


def rows(model):
    rng = np.random.default_rng(1)
    made = [rng.normal(size=(5, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
    return made[0] if len(made) == 1 else made


def shrunk(model, **options):
    pruned = prune(model, criterion="magnitude", schedule="one_shot", **options)
    small = shrink(pruned.model, masks=pruned.masks)
    x = rows(model)
    np.testing.assert_allclose(small.model(x), pruned.model(x), rtol=1e-5, atol=1e-5)
    gone = {key: int((~kept).sum()) for key, kept in pruned.masks.entries.items()}
    return pruned, small, gone


def sequence(*layers):
    return randomised(sequential((6, 4), *layers, kl.Dense(2, name="out")))


def recurrent_weights(gates, inputs, units, biases=1):
    return gates * units * (inputs + units + biases)


@pytest.mark.parametrize("granularity", BOTH)
@pytest.mark.parametrize(
    ("layer", "gates", "biases"), [(kl.LSTM, 4, 1), (kl.GRU, 3, 2), (kl.SimpleRNN, 1, 1)]
)
def test_units_of_stacked_recurrent_layers(granularity, layer, gates, biases):
    model = sequence(layer(9, return_sequences=True, name="a"), layer(7, name="b"))
    _, small, gone = shrunk(model, granularity=granularity, sparsity=0.5)
    assert gone.keys() == {"a/cell", "b/cell"}
    assert sum(gone.values()) == 8
    a, b = 9 - gone["a/cell"], 7 - gone["b/cell"]
    expected = recurrent_weights(gates, 4, a, biases) + recurrent_weights(gates, a, b, biases)
    assert small.model.count_params() == expected + 2 * b + 2
    assert small.certificate.removed == {"a": gone["a/cell"], "b": gone["b/cell"]}
    assert small.kept["a"].tolist() == small.kept["a/cell"].tolist()


@pytest.mark.parametrize("granularity", BOTH)
@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave"])
def test_both_directions_go_together(granularity, mode):
    model = sequence(kl.Bidirectional(kl.LSTM(8), merge_mode=mode, name="b"))
    _, small, gone = shrunk(model, granularity=granularity, sparsity=0.5)
    assert gone == {"b/forward_layer/cell+b/backward_layer/cell": 4}
    read = 8 if mode == "concat" else 4
    assert small.model.count_params() == 2 * recurrent_weights(4, 4, 4) + 2 * read + 2


@pytest.mark.parametrize("granularity", BOTH)
def test_the_layer_at_every_step(granularity):
    model = sequence(
        kl.TimeDistributed(kl.Dense(8, "relu"), name="a"), kl.Flatten(), kl.Dense(4, name="b")
    )
    _, small, gone = shrunk(model, granularity=granularity, sparsity=0.5)
    a, b = 8 - gone["a/layer"], 4 - gone["b"]
    assert (8 - a) + (4 - b) == 6
    assert small.model.count_params() == 5 * a + (6 * a + 1) * b + 2 * b + 2


@pytest.mark.parametrize("granularity", BOTH)
def test_heads_of_attention(granularity):
    x = keras.Input((6, 5))
    h = kl.MultiHeadAttention(4, 3, value_dim=2, name="mha")(x, x)
    h = kl.LayerNormalization()(kl.Add()([x, h]))
    model = randomised(keras.Model(x, kl.Dense(2)(kl.Flatten()(h))))
    options = {"granularity": granularity, "sparsity": 0.5, "protect": "mha/output_dense"}
    pruned, small, gone = shrunk(model, **options)
    heads = "mha/query_dense+mha/key_dense+mha/value_dense"
    assert gone == {heads: 2}
    (layer,) = [each for each in small.model.layers if each.name == "mha"]
    assert layer.num_heads == 2
    attention = 2 * (2 * 3 * 6 + 2 * 6) + 2 * 2 * 5 + 5
    assert small.model.count_params() == attention + 10 + 5 * 6 * 2 + 2
    kept = np.flatnonzero(pruned.masks.entries[heads])
    assert small.kept["mha/value_dense"].tolist() == kept.tolist()
    # A head's score is all the weights that make it.
    summed = sum(
        np.abs(v.numpy()).sum(axis=(0, 2)) / np.abs(v.numpy()).sum(axis=(0, 2)).mean()
        for v in (d.kernel for d in (layer_of(model)._query_dense, layer_of(model)._key_dense,
                                     layer_of(model)._value_dense))
    )  # fmt: skip
    assert set(kept) == set(np.argsort(summed)[2:])


def layer_of(model):
    return next(layer for layer in model.layers if layer.name == "mha")


@pytest.mark.parametrize("granularity", BOTH)
def test_grouped_heads_go_with_those_of_their_keys(granularity):
    x, y = keras.Input((6, 4)), keras.Input((6, 4))
    query, value = kl.Dense(8, "relu", name="q")(x), kl.Dense(8, "relu", name="v")(y)
    h = kl.GroupQueryAttention(3, 6, 3, name="gqa")(query, value)
    model = randomised(keras.Model([x, y], kl.Dense(2)(kl.Flatten()(h))))
    _, small, gone = shrunk(model, granularity=granularity, sparsity=0.5)
    heads = "gqa/query_dense+gqa/key_dense+gqa/value_dense"
    assert gone.keys() == {heads, "q+v+gqa/output_dense"}
    (layer,) = [each for each in small.model.layers if each.name == "gqa"]
    assert layer.num_key_value_heads == 3 - gone[heads]
    assert layer.num_query_heads == 2 * layer.num_key_value_heads
    width = 8 - gone["q+v+gqa/output_dense"]
    assert small.model.output_shape == (None, 2)
    assert small.model.get_layer("q").units == small.model.get_layer("v").units == width


@pytest.mark.parametrize("granularity", BOTH)
@pytest.mark.parametrize("budget", ["params_kept", "flops_kept", "bytes"])
@pytest.mark.parametrize("shape", ["siamese", "recurrent", "residual", "separable"])
def test_a_budget_is_what_shrinking_leaves(granularity, budget, shape):
    model = SHAPES[shape]()
    before = size_of(model)
    share = {"params_kept": 1, "flops_kept": 1, "bytes": before.bytes_gzip}[budget]
    pruned, small, _ = shrunk(model, granularity=granularity, budget={budget: 0.8 * share})
    after = size_of(small.model)
    left = {
        "params_kept": after.params / before.params,
        "flops_kept": after.flops / before.flops,
        "bytes": after.bytes_gzip,
    }[budget]
    assert left <= 0.8 * share
    assert pruned.history.budget_achieved.iloc[-1] == pytest.approx(left, rel=2e-3)


def siamese():
    encoder = keras.Sequential(
        [keras.Input((8,)), kl.Dense(12, "relu"), kl.Dense(9, "relu")], name="encoder"
    )
    a, b = keras.Input((8,)), keras.Input((8,))
    h = kl.Dense(6, "relu")(kl.Subtract()([encoder(a), encoder(b)]))
    return randomised(keras.Model([a, b], kl.Dense(2)(h)))


def residual():
    x = keras.Input((6, 6, 2))
    h = kl.Conv2D(6, 3, padding="same", activation="relu")(x)
    y = kl.Conv2D(9, 3, padding="same", activation="relu")(h)
    h = kl.Add()([h, kl.Conv2D(6, 3, padding="same")(y)])
    return randomised(keras.Model(x, kl.Dense(2)(kl.GlobalAveragePooling2D()(h))))


def separable():
    x = keras.Input((6, 6, 3))
    h = kl.SeparableConv2D(8, 3, padding="same", activation="relu")(x)
    h = kl.DepthwiseConv2D(3, padding="same")(h)
    h = kl.Conv2DTranspose(7, 3, activation="relu")(h)
    return randomised(keras.Model(x, kl.Dense(2)(kl.GlobalMaxPooling2D()(h))))


SHAPES = {
    "siamese": siamese,
    "recurrent": lambda: sequence(kl.GRU(8, return_sequences=True), kl.Bidirectional(kl.LSTM(5))),
    "residual": residual,
    "separable": separable,
}


def test_a_budget_out_of_reach_says_how_near_it_comes():
    """Units before a normalisation over units are silenced; shrinking can't do without them."""
    x = keras.Input((6,))
    h = kl.LayerNormalization()(kl.Dense(40, "relu", name="a")(x))
    model = randomised(keras.Model(x, kl.Dense(2)(kl.Dense(3, "relu", name="b")(h))))
    with pytest.raises(ValueError, match=r"can't be reached .* the closest is params_kept=0\.82"):
        prune(model, criterion="magnitude", granularity="unit", budget={"params_kept": 0.5})


def test_where_nothing_is_coupled_both_choose_the_same_and_no_layer_is_emptied():
    """Scores of 512 weights and of 8 are taken over the mean of their own layer."""
    model = sequential((8,), *(kl.Dense(n, "relu") for n in (64, 32, 8)))
    model.add(kl.Dense(2))
    randomised(model)
    chosen = [
        prune(model, criterion="magnitude", granularity=each, sparsity=0.6, schedule="one_shot")
        for each in BOTH
    ]
    for key, kept in chosen[0].masks.entries.items():
        np.testing.assert_array_equal(kept, chosen[1].masks.entries[key])
        assert 0 < kept.sum() < kept.size
    scores = [np.abs(layer.kernel.numpy()).sum(axis=0) for layer in model.layers[:3]]
    standing = [each / each.mean() for each in scores]
    lowest = np.sort(np.concatenate(standing))[round(0.6 * 104) - 1]
    for kept, each in zip(chosen[0].masks.entries.values(), standing, strict=True):
        np.testing.assert_array_equal(kept, each > lowest)


def test_a_criterion_that_does_not_know_held_units_leaves_them():
    model = sequence(kl.GRU(6, name="r"), kl.Dense(8, "relu", name="d"))
    x = rows(model)
    with pytest.warns(UserWarning, match=r"'r/cell' \(the criterion is not defined for it\)"):
        pruned = prune(
            model, x, criterion="activation", granularity="unit", sparsity=0.5, finetune_epochs=0
        )
    assert pruned.masks.entries.keys() == {"d"}
