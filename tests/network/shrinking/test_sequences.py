"""Recurrence, embeddings, attention, and layers at every step."""

import numpy as np
import pytest

from explainprune.network.backend import keras

L = keras.layers


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("bias", [True, False])
def test_recurrent_units(randomise, check, kind, bias):
    x = keras.Input((5, 3))
    y = L.Conv1D(4, 1, name="a", activation="sigmoid")(x)
    y = getattr(L, kind)(5, name="r1", return_sequences=True, use_bias=bias)(y)
    y = getattr(L, kind)(4, name="r2", use_bias=bias)(y)
    model = randomise(keras.Model(x, L.Dense(2, name="head")(y)))
    kernel = model.get_layer("a").kernel.numpy()
    kernel[..., 1] = 0
    model.get_layer("a").kernel.assign(kernel)  # constant 0.5-ish: folded into r1's bias
    first, second, head = (model.get_layer(name) for name in ("r1", "r2", "head"))
    for variable in first.weights:  # unit 2 of r1 stays at zero
        values = variable.numpy()
        values[..., 2::5] = 0
        variable.assign(values)
    rows = head.kernel.numpy()
    rows[[0, 3]] = 0
    head.kernel.assign(rows)
    recurrent = second.cell.recurrent_kernel.numpy().reshape(4, -1, 4)
    recurrent[0, :, [1, 2]] = 0  # unit 0 of r2 feeds only 3, and 3 feeds only 0
    recurrent[3, :, [1, 2]] = 0
    second.cell.recurrent_kernel.assign(recurrent.reshape(4, -1))
    made = check(model)
    assert made.plan.removed == {"a": 1, "r1": 1, "r2": 2}
    assert list(made.plan.kept["r2"]) == [1, 2]


@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul"])
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_both_directions(randomise, check, kind, mode):
    x = keras.Input((5, 3))
    y = L.Bidirectional(getattr(L, kind)(3), merge_mode=mode, name="both")(x)
    model = randomise(keras.Model(x, L.Dense(2)(y)))
    for part in (model.get_layer("both").forward_layer, model.get_layer("both").backward_layer):
        for variable in part.weights:
            values = variable.numpy()
            values[..., 1::3] = 0
            variable.assign(values)
    made = check(model)
    assert made.plan.removed == {"both": 2 if mode == "concat" else 1}


def test_embedding_columns(randomise, check):
    x = keras.Input((6,), dtype="int32")
    y = L.Embedding(5, 4, mask_zero=True, name="table")(x)
    model = randomise(keras.Model(x, L.Dense(2)(L.LSTM(3)(y))))
    table = model.get_layer("table").embeddings.numpy()
    table[:, 1] = 0.7
    model.get_layer("table").embeddings.assign(table)
    made = check(model)
    assert made.plan.removed == {"table": 1} and made.folds


def test_attention_heads(randomise, check):
    x = keras.Input((5, 3))
    y = L.Dense(6, "relu", name="a")(x)
    y = L.MultiHeadAttention(4, 2, name="mha")(y, y)
    model = randomise(keras.Model(x, L.Dense(2, name="head")(L.Flatten()(y))))
    attention = model.get_layer("mha")
    value = attention._value_dense.kernel.numpy()
    value[:, 1] = 0  # head 1 gives its bias, whatever it attends to
    attention._value_dense.kernel.assign(value)
    out = attention._output_dense.kernel.numpy()
    out[2] = 0  # nothing reads head 2
    attention._output_dense.kernel.assign(out)
    a = model.get_layer("a").kernel.numpy()
    a[:, 0] = 0
    model.get_layer("a").kernel.assign(a)
    head = model.get_layer("head").kernel.numpy().reshape(5, 6, 2)
    head[:, [0, 5]] = 0
    model.get_layer("head").kernel.assign(head.reshape(-1, 2))
    made = check(model)
    assert made.plan.removed == {"a": 1, "mha": 2, "mha/value_dense": 2}
    assert made.model.get_layer("mha").num_heads == 2


def test_attention_may_be_masked(randomise, check):
    x, mask = keras.Input((5,), dtype="int32"), keras.Input((5, 5), dtype="bool")
    y = L.Embedding(6, 4, mask_zero=True, name="table")(x)
    y = L.MultiHeadAttention(3, 2, name="mha")(y, y, attention_mask=mask, use_causal_mask=True)
    model = randomise(keras.Model([x, mask], L.Dense(2)(L.GlobalAveragePooling1D()(y))))
    kernel = model.get_layer("mha")._value_dense.kernel.numpy()
    kernel[:, 1] = 0
    model.get_layer("mha")._value_dense.kernel.assign(kernel)
    made = check(model)
    assert made.model.get_layer("mha").num_heads == 2
    assert made.plan.left_whole == {}


def test_gated_or_watched_attention_is_left_whole(randomise, check):
    x = keras.Input((5, 3))
    y, scores = L.MultiHeadAttention(2, 2, name="mha")(
        L.Dense(4, name="a")(x), x, return_attention_scores=True
    )
    model = randomise(keras.Model(x, [L.Dense(2)(y), scores]))
    assert "scores" in check(model).plan.left_whole["mha"]


def test_time_distributed(randomise, silence, check):
    x = keras.Input((5, 6, 2))
    y = L.TimeDistributed(L.Conv1D(4, 3, activation="relu"), name="conv")(x)
    y = L.TimeDistributed(L.MaxPooling1D(2))(y)
    y = L.TimeDistributed(L.Flatten())(y)
    y = L.TimeDistributed(L.Dense(5, activation="tanh"), name="dense")(y)
    model = randomise(keras.Model(x, L.Dense(2)(L.GlobalAveragePooling1D()(y))))
    silence(model.get_layer("conv").layer, [0, 2])
    silence(model.get_layer("dense").layer, [1], ("kernel",))
    made = check(model)
    assert made.plan.removed == {"conv": 2, "dense": 1}


@pytest.mark.parametrize(
    ("pick", "reason"),
    [
        (lambda t: t[:, -1], ""),
        (lambda t: t[:, 1:3, :][:, 0], ""),
        (lambda t: keras.ops.squeeze(t[:, :1], axis=1), ""),
        (lambda t: keras.ops.transpose(t, (0, 2, 1))[:, :, 0], ""),
        (lambda t: keras.ops.flip(keras.ops.expand_dims(t, 1), axis=2)[:, 0, 1], ""),
        (lambda t: t[:, -1, :3], "it picks some of its units"),
        (lambda t: keras.ops.flip(t, axis=-1)[:, 0], "it picks some of its units"),
    ],
)
def test_a_step_of_a_sequence(randomise, check, pick, reason):
    x = keras.Input((4, 3))
    h = L.GRU(5, return_sequences=True, name="r")(x)
    model = randomise(keras.Model(x, L.Dense(2)(pick(h))))
    for name in ("kernel", "recurrent_kernel", "bias"):
        variable = getattr(model.get_layer("r").cell, name)
        values = variable.numpy()
        values[..., [1, 6, 11]] = 0
        variable.assign(values)
    recurrent = model.get_layer("r").cell.recurrent_kernel
    recurrent.assign(np.where(np.arange(5)[:, None] == 1, 0, recurrent.numpy()))
    made = check(model)
    assert made.plan.removed == ({} if reason else {"r": 1})
    assert reason in "; ".join(made.plan.left_whole.values())
