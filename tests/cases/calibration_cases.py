"""Small models of several kinds to be calibrated."""

from explainprune.network.backend import keras

L = keras.layers


SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def mlp():
    x = keras.Input((5,))
    h = L.Dense(6, activation="relu", name="first", bias_initializer="random_normal")(x)
    h = L.Dense(4, name="second", bias_initializer="random_normal")(h)
    h = L.BatchNormalization(name="norm", gamma_initializer="random_uniform")(h)
    h = L.Dropout(0.5)(L.ReLU(name="bend")(h))
    return keras.Model(x, L.Dense(3, name="last")(h))


def images():
    x = keras.Input((6, 6, 2))
    h = L.Conv2D(4, 3, padding="same", strides=2, activation="relu", name="conv")(x)
    h = L.Conv2D(4, 2, groups=2, name="grouped")(h)
    h = L.DepthwiseConv2D(2, depth_multiplier=2, name="deep", activation="tanh")(h)
    h = L.Conv2DTranspose(3, 2, name="back")(h)
    h = L.SeparableConv2D(3, 2, name="apart", activation="relu")(h)
    return keras.Model(x, L.Dense(3, name="last")(L.Flatten()(h)))


def steps():
    x = keras.Input((5, 3))
    h = L.Conv1D(4, 2, dilation_rate=2, activation="relu", name="conv")(x)
    h = L.Conv1D(4, 2, padding="causal", name="causal")(h)
    h = L.Dense(4, activation="tanh", name="each")(h)
    h = L.GRU(3, name="memory")(h)
    return keras.Model(x, L.Dense(3, name="last")(h))


def shared():
    twice = L.Dense(5, activation="tanh", name="twice")
    x = keras.Input((5,))
    block = keras.Sequential([twice, L.Dense(5, activation="relu", name="in")], name="block")
    return keras.Model(x, L.Dense(3, name="last")(block(block(x))))
