"""Random graphs of supported layers with random masks: the smaller model computes the same."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explainprune.network.backend import keras
from explainprune.network.variables import variables

L = keras.layers
ACTIVATIONS = [
    "relu",
    "sigmoid",
    "tanh",
    "softplus",
    "gelu",
    "linear",
    "leaky_relu",
    "relu6",
    "softmax",
]


class Builder:
    """Draws a graph: a pool of tensors, each step adds one made from some of them."""

    def __init__(self, rng):
        self.rng = rng

    def one_of(self, *options):
        return options[self.rng.integers(len(options))]

    def activation(self):
        return self.one_of(*ACTIVATIONS)

    def units(self):
        return int(self.rng.integers(2, 5))

    def image(self, x):
        units, act = self.units(), self.activation()
        padding, bias = self.one_of("same", "valid"), self.one_of(True, False)
        if x.shape[1] < 4:
            padding = "same"
        size = int(self.one_of(1, 2, 3))
        return self.one_of(
            lambda: L.Conv2D(units, size, padding=padding, activation=act, use_bias=bias)(x),
            lambda: L.Conv2D(units, size, padding="same", activation=act)(x),
            lambda: L.BatchNormalization(scale=bias)(x),
            lambda: L.Activation(act)(x),
            lambda: L.DepthwiseConv2D(size, padding=padding, depth_multiplier=2, use_bias=bias)(x),
            lambda: L.SeparableConv2D(units, size, padding=padding, activation=act)(x),
            lambda: L.Conv2DTranspose(units, size, padding=padding, activation=act)(x),
            lambda: L.ZeroPadding2D()(x),
            lambda: self.one_of(L.MaxPooling2D, L.AveragePooling2D)(2, padding="same")(x),
            lambda: L.PReLU(shared_axes=[1, 2])(x),
            lambda: self.excited(x),
            lambda: L.UpSampling2D(2)(L.MaxPooling2D(2)(x)),
            lambda: L.SpatialDropout2D(0.2)(x),
            lambda: keras.Sequential([keras.Input(x.shape[1:]), L.Conv2D(units, 1)])(x),
            lambda: L.Lambda(lambda t: t * 2.0)(x),
            lambda: self.twice(L.Conv2D(x.shape[-1], size, padding="same", activation=act), x),
            lambda: self.twice(
                keras.Sequential([keras.Input(x.shape[1:]), L.Conv2D(units, 1, activation=act)]), x
            ),
        )()

    def twice(self, layer, x):
        """Call one layer at two places."""
        other = L.Conv2D(x.shape[-1], 1)(x) if len(x.shape) == 4 else L.Dense(x.shape[-1])(x)
        return self.one_of(L.Add, L.Concatenate, L.Multiply)()([layer(x), layer(other)])

    def excited(self, x):
        gate = L.Dense(2, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(x))
        return L.Multiply()([x, L.Dense(x.shape[-1], activation="sigmoid")(gate)])

    def meet(self, a, b):
        if a.shape != b.shape:
            b = L.Conv2D(a.shape[-1], 1)(b)
            if b.shape != a.shape:
                return a
        kind = self.one_of(L.Add, L.Multiply, L.Average, L.Maximum, L.Concatenate, L.Subtract)
        return kind()([a, b])

    def vector(self, x):
        units, act = self.units(), self.activation()
        return self.one_of(
            lambda: L.Dense(units, activation=act)(x),
            lambda: L.BatchNormalization()(L.Dense(units)(x)),
            lambda: L.Dropout(0.3)(L.Dense(units, activation=act, use_bias=False)(x)),
            lambda: L.LayerNormalization()(L.Dense(units)(x)),
            lambda: L.Concatenate()([x, L.Dense(units, activation=act)(x)]),
            lambda: L.Add()([x, L.Dense(x.shape[-1], activation=act)(x)]),
            lambda: self.one_of(L.LSTM, L.GRU)(units)(L.RepeatVector(3)(x)),
        )()

    def sequence(self, x):
        units, act = self.units(), self.activation()
        rnn = self.one_of(L.LSTM, L.GRU, L.SimpleRNN)
        bias = self.one_of(True, False)
        mode = self.one_of("concat", "sum", "mul", "ave")
        return self.one_of(
            lambda: L.Conv1D(units, 3, padding="causal", activation=act)(x),
            lambda: L.SeparableConv1D(units, 2, padding="same", depth_multiplier=2)(x),
            lambda: rnn(units, return_sequences=True, use_bias=bias)(x),
            lambda: L.GRU(units, return_sequences=True, reset_after=False)(x),
            lambda: L.Bidirectional(
                rnn(units, return_sequences=True, use_bias=bias), merge_mode=mode
            )(x),
            lambda: L.TimeDistributed(L.Dense(units, activation=act))(x),
            lambda: L.MultiHeadAttention(units, 2, value_dim=3, use_bias=bias)(x, x),
            lambda: L.Add()([x, L.MultiHeadAttention(2, 2)(x, x)]),
            lambda: L.Permute((2, 1))(L.Conv1D(units, 1)(L.Permute((2, 1))(x))),
            lambda: L.Concatenate()([x, L.Dense(units, activation=act)(x)]),
            lambda: self.twice(rnn(units, return_sequences=True, use_bias=bias), x),
            lambda: L.GroupQueryAttention(3, 4, 2, use_bias=bias)(x, x),
            lambda: L.BatchNormalization()(L.AveragePooling1D(2, 1, padding="same")(x)),
        )()

    def masked_sequence(self, x):
        """Only what takes masks: Keras warns of everything else."""
        units, rnn = self.units(), self.one_of(L.LSTM, L.GRU, L.SimpleRNN)
        return self.one_of(
            lambda: rnn(units, return_sequences=True)(x),
            lambda: L.Bidirectional(rnn(units, return_sequences=True))(x),
            lambda: L.Dense(units, activation=self.activation())(x),
            lambda: L.MultiHeadAttention(units, 2)(x, x),
        )()

    def sequences(self):
        inputs = keras.Input((6,), dtype="int32")
        masked = bool(self.rng.random() < 0.3)
        x = L.Embedding(5, self.units(), mask_zero=masked)(inputs)
        for _ in range(int(self.rng.integers(2, 5))):
            x = self.masked_sequence(x) if masked else self.sequence(x)
        pooled = self.one_of(L.GlobalAveragePooling1D, lambda: L.LSTM(3))
        end = pooled if masked else self.one_of(L.Flatten, pooled)
        return keras.Model(inputs, L.Dense(3)(self.vector(end()(x))))

    def model(self):
        return self.sequences() if self.rng.random() < 0.4 else self.images()

    def images(self):
        inputs = keras.Input((7, 7, 2))
        pool = [L.Conv2D(4, 3, padding="same", activation=self.activation())(inputs)]
        for _ in range(int(self.rng.integers(2, 6))):
            source = pool[int(self.rng.integers(len(pool)))]
            made = self.image(source)
            pool.append(self.meet(source, made) if self.rng.random() < 0.4 else made)
        ends = [
            self.one_of(L.Flatten, L.GlobalAveragePooling2D, L.GlobalMaxPooling2D)()(t)
            for t in pool[-2:]
        ]
        x = L.Concatenate()(ends)
        for _ in range(int(self.rng.integers(1, 3))):
            x = self.vector(x)
        return keras.Model(inputs, L.Dense(3)(x))


def random_masks(model, rng):
    """Silence units by what they read, by who reads them, or both; perhaps single entries too."""
    incoming, outgoing = rng.choice([0.0, 0.4, 0.8]), rng.choice([0.0, 0.0, 0.3])
    entries = rng.choice([0.0, 0.2])
    masks = {}
    for path, variable in variables(model).items():
        if "moving" in path or len(variable.shape) == 0:
            continue
        mask = rng.random(variable.shape) >= entries
        if len(variable.shape) > 1:
            mask[..., rng.random(mask.shape[-1]) < incoming] = False
            mask[..., rng.random(mask.shape[-2]) < outgoing, :] = False
        masks[path] = mask
    return masks


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_shrunk_equals_masked(seed, randomise, check):
    keras.backend.clear_session(free_memory=False)
    rng = np.random.default_rng(seed)
    model = randomise(Builder(rng).model(), seed)
    made = check(model, masks=random_masks(model, rng))
    assert made.model.count_params() <= model.count_params() + 64  # biases may be added
