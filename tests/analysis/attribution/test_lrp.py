"""Relevance against loops over single connections, what is conserved, and what is refused."""

import numpy as np
import pytest
from keras_cases import sequential
from linear_cases import as_matrix
from relevance_reference import linear, relevances, relu

from explainprune.analysis.attribution import attribute
from explainprune.criteria import importance
from explainprune.network import FormulaNetwork
from explainprune.network.backend import keras

L = keras.layers
RULES = ["epsilon", "zplus", "flat"]
RANDOM = {"bias_initializer": "random_normal"}
BARE = {"use_bias": False}


def explain(model, x, **options):
    background = np.zeros((1, *x.shape[1:]))
    return attribute(model, x, background=background, method="lrp", **options)


def images(n=4, shape=(4, 4, 2), seed=0):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)


@pytest.mark.parametrize("rule", [*RULES, "composite"])
@pytest.mark.parametrize("end", ["raw", "fused", "layer"])
def test_dense(rule, end):
    keras.utils.set_random_seed(1)
    model = sequential(
        (4,),
        L.Dense(6, activation="relu", name="first", **RANDOM),
        L.Dense(5, activation="relu", name="second", **RANDOM),
        L.Dense(3, activation="softmax" if end == "fused" else None, name="last", **RANDOM),
        *([L.Softmax()] if end == "layer" else []),
    )
    kernel = model.get_layer("first").kernel
    pruned = kernel.numpy()
    pruned[1, :4] = 0  # a flat rule pays live weights alone
    kernel.assign(pruned)
    x = images(6, (4,))
    stages = []
    each = "epsilon" if rule == "composite" else rule
    for name, bend in (("first", relu), ("second", relu), ("last", linear)):
        weights, bias = (w.numpy().astype(float) for w in model.get_layer(name).weights)
        stages.append((weights, bias, bend, each))
    found = explain(model, x, rule=rule, target="all")
    for target in range(3):
        expected = [relevances(stages, row, target)[0] for row in x]
        np.testing.assert_allclose(found.values[..., target], expected, rtol=2e-3, atol=2e-5)
    np.testing.assert_array_equal(found.base, 0)


@pytest.fixture(scope="module")
def convolutional():
    """Two convolutions, the first with a normalisation that turns signs, and a Dense layer."""
    keras.utils.set_random_seed(2)
    model = sequential(
        (4, 4, 2),
        L.Conv2D(3, 2, name="first", **RANDOM),
        L.BatchNormalization(name="norm"),
        L.ReLU(),
        L.Conv2D(4, 2, activation="relu", name="second", **RANDOM),
        L.Flatten(),
        L.Dense(3, name="last"),
    )
    rng = np.random.default_rng(3)
    gamma, beta = np.array([1.2, -0.8, 0.5]), np.array([0.1, 1.0, -0.1])
    model.get_layer("norm").set_weights([gamma, beta, rng.normal(size=3), np.array([2, 1, 0.5])])
    return model


def stages_of(model, rules):
    first, norm, second, last = (model.get_layer(n) for n in ("first", "norm", "second", "last"))
    both = sequential((4, 4, 2), first, norm)
    bare = L.Conv2D(4, 2)
    bare.build((None, 3, 3, 3))
    bare.set_weights(second.get_weights())
    dense = (w.numpy().astype(float) for w in last.weights)
    parts = [as_matrix(both, (4, 4, 2)), as_matrix(bare, (3, 3, 3)), tuple(dense)]
    return [
        (*part, bend, r) for part, bend, r in zip(parts, (relu, relu, linear), rules, strict=True)
    ]


@pytest.mark.parametrize(
    ("rule", "rules"),
    [(rule, [rule] * 3) for rule in RULES] + [("composite", ["flat", "zplus", "epsilon"])],
)
def test_convolutions_with_normalisation(rule, rules, convolutional):
    x = images()
    stages = stages_of(convolutional, rules)
    expected = [relevances(stages, row, 1)[0].reshape(4, 4, 2) for row in x]
    found = explain(convolutional, x, rule=rule, target=1)
    np.testing.assert_allclose(found.values, expected, rtol=2e-3, atol=2e-5)


def assorted():
    """Most kinds of layer there are, without anything that absorbs relevance."""
    keras.utils.set_random_seed(0)
    x = keras.Input((8, 8, 2))
    h = L.Conv2D(4, 3, padding="same", activation="gelu", **BARE)(x)
    h = L.Add()([h, L.Conv2D(4, 1, **BARE)(h)])
    h = L.MaxPooling2D(2)(L.LeakyReLU()(L.DepthwiseConv2D(2, **BARE)(h)))
    h = L.Concatenate()([h, L.Conv2DTranspose(3, 1, activation="swish", **BARE)(h)])
    gate = L.Dense(7, "sigmoid", **BARE)(L.GlobalAveragePooling2D()(h))
    h = L.LayerNormalization(center=False)(L.Multiply()([h, L.Reshape((1, 1, 7))(gate)]))
    h = L.PReLU()(L.SeparableConv2D(5, 2, **BARE)(L.ZeroPadding2D(1)(h)))
    return keras.Model(x, L.Dense(3, **BARE)(L.Flatten()(L.UpSampling2D()(h))))


def test_without_biases_nothing_is_lost():
    found = explain(assorted(), images(5, (8, 8, 2)), rule="epsilon", target="all")
    assert found.relative_gap < 1e-4
    assert np.abs(found.values).max() > 1e-3


def test_positive_networks_pass_everything_on():
    """By the flat rule, a padding layer's zeros would take their part."""
    model = assorted()
    for weight in model.weights:
        weight.assign(np.abs(weight.numpy()) + 0.01)
    x = np.abs(images(5, (8, 8, 2)))
    for rule in ("epsilon", "zplus", "composite"):
        assert explain(model, x, rule=rule, target="all").relative_gap < 1e-2


def test_the_gap_is_what_biases_absorb():
    model = sequential((2,), L.Dense(1))
    model.layers[0].set_weights([np.array([[2.0], [3.0]]), np.array([4.0])])
    found = explain(model, np.ones((1, 2)), rule="epsilon")
    np.testing.assert_allclose(found.values, [[2, 3]], rtol=1e-5)
    np.testing.assert_allclose(found.gap, [4], rtol=1e-4)
    shared = explain(model, np.ones((1, 2)), rule="zplus")
    np.testing.assert_allclose(shared.values, [[9 * 2 / 5, 9 * 3 / 5]], rtol=1e-5)
    flat = explain(model, np.ones((1, 2)), rule="flat")
    np.testing.assert_allclose(flat.values, [[4.5, 4.5]], rtol=1e-5)


def test_a_larger_epsilon_absorbs_more():
    model = sequential((3,), L.Dense(1, **BARE))
    model.layers[0].set_weights([np.array([[1.0], [2.0], [-4.0]])])
    found = explain(model, np.ones((1, 3)), rule="epsilon", epsilon=0.25)
    np.testing.assert_allclose(found.values, np.array([[1, 2, -4]]) / 1.25, rtol=1e-5)


def test_factors_get_half_each_and_norms_nothing():
    x = keras.Input((2,))
    product = keras.Model(x, L.Multiply()([x[:, :1], x[:, 1:]]))
    found = explain(product, np.array([[3.0, 5.0]], np.float32))
    np.testing.assert_allclose(found.values, [[7.5, 7.5]], rtol=1e-5)
    scaled = keras.Model(x, keras.ops.sum(L.UnitNormalization()(x), axis=-1, keepdims=True))
    found = explain(scaled, np.array([[3.0, 4.0]], np.float32))
    np.testing.assert_allclose(found.values, [[0.6, 0.8]], rtol=1e-5)


def test_weights_are_read_when_called():
    model = sequential((1,), L.Dense(1, **BARE))
    model.layers[0].set_weights([np.array([[1.0]])])
    one = explain(model, np.ones((1, 1)))
    model.layers[0].set_weights([np.array([[7.0]])])
    other = explain(model, np.ones((1, 1)))
    np.testing.assert_allclose([one.values, other.values], [[[1]], [[7]]], rtol=1e-5)


def test_subclassed_models_are_explained_too():
    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = L.Dense(2, activation="relu", **BARE)

        def call(self, x):
            return keras.ops.sum(self.inner(x), axis=-1, keepdims=True)

    model = Mine()
    model(np.ones((1, 3)))
    model.inner.set_weights([np.ones((3, 2))])
    found = explain(model, np.array([[1.0, 2.0, 3.0]], np.float32))
    np.testing.assert_allclose(found.values, [[2, 4, 6]], rtol=1e-5)


def test_what_is_refused():
    turn = lambda t: keras.ops.fori_loop(0, 2, lambda _, t: 2 * t, t)  # noqa: E731
    model = sequential((3,), L.Lambda(turn, name="loop"), L.Dense(1))
    x = images(2, (3,))
    with pytest.raises(ValueError, match=r"lrp: nothing can be .* of layer '\S*loop\S*' .* Use"):
        explain(model, x)
    with pytest.raises(ValueError, match=r"Unknown rule of lrp 'epsilom'. Did you mean 'epsilon'?"):
        explain(model, x, rule="epsilom")
    with pytest.raises(ValueError, match=r"epsilon is a number > 0. Received: 0."):
        explain(model, x, epsilon=0)
    with pytest.raises(
        ValueError, match=r"lrp goes back through a Keras model's .* FormulaNetwork"
    ):
        explain(FormulaNetwork(lambda x: x[:, 0], 2), np.ones((1, 2)))


def signed_model():
    """Return a network whose layers read numbers of both signs, and its stages."""
    keras.utils.set_random_seed(5)
    layers = [
        L.SeparableConv2D(3, 2, depth_multiplier=2, activation="tanh", **RANDOM),
        L.DepthwiseConv2D(2, activation="tanh", **RANDOM),
        L.Dense(3, "tanh", **RANDOM),
    ]
    i = keras.Input((4, 4, 2))
    second = layers[1](layers[0](i))
    last = L.Dense(2, name="last", **RANDOM)
    model = keras.Model(i, last(layers[2](L.Flatten()(second))))

    def depthwise(x):
        kernel = layers[0].depthwise_kernel
        return keras.ops.depthwise_conv(x, kernel, padding="valid")

    def pointwise(x):
        return keras.ops.conv(x, layers[0].pointwise_kernel) + layers[0].bias

    stages = [
        (*as_matrix(depthwise, (4, 4, 2)), linear),
        (*as_matrix(pointwise, (3, 3, 4)), np.tanh),
    ]
    for layer, shape in ((layers[1], (3, 3, 3)), (layers[2], (12,))):
        layer.activation = keras.activations.linear
        stages.append((*as_matrix(layer, shape), np.tanh))
        layer.activation = keras.activations.tanh
    stages.append((*as_matrix(last, (3,)), linear))
    return model, stages, layers


@pytest.mark.parametrize("rule", ["zplus", "epsilon"])
def test_criterion_and_method_mean_the_same_by_a_rule(rule):
    """Behind tanh, on signed inputs, in separable and depthwise kernels: by one slow reference."""
    model, stages, layers = signed_model()
    x = np.random.default_rng(2).normal(size=(5, 4, 4, 2)).astype("float32")
    expected = [relevances([(*stage, rule) for stage in stages], row) for row in x]
    found = explain(model, x, rule=rule, target="predicted")
    at_inputs = np.array([each[0] for each in expected]).reshape(x.shape)
    np.testing.assert_allclose(found.values, at_inputs, rtol=1e-3, atol=1e-4 * abs(at_inputs).max())
    criterion = {"zplus": "lrp", "epsilon": "lrp_epsilon"}[rule]
    scores = importance(model, x, criterion=criterion)
    for number, (layer, units) in zip((2, 3, 4), zip(layers, (3, 3, 3), strict=True), strict=True):
        if layer is layers[1]:  # a depthwise kernel's units are those of what it reads
            assert layer.name not in scores.scores
            continue
        at_units = np.array([each[number].reshape(-1, units).sum(axis=0) for each in expected])
        np.testing.assert_allclose(scores[layer.name], abs(at_units).mean(axis=0), rtol=2e-3)


@pytest.mark.parametrize("factors", [2, 3])
def test_criterion_and_method_share_products_alike(factors):
    keras.utils.set_random_seed(1)
    i = keras.Input((4,))
    parts = [L.Dense(3, name=f"d{number}", **BARE)(i) for number in range(factors)]
    model = keras.Model(i, L.Dense(1, **BARE)(L.Multiply()(parts)))
    x = np.random.default_rng(0).uniform(0.5, 1, (6, 4)).astype("float32")
    scores = importance(model, x, criterion="lrp_epsilon")
    logit = np.asarray(model(x))[:, 0]
    # All of it arrives at the factors together, and at each what a product of two leaves it.
    values = [np.asarray(keras.Model(i, part)(x)) for part in parts]
    each = np.prod(values, axis=0) * model.layers[-1].kernel.numpy()[:, 0]
    np.testing.assert_allclose(each.sum(axis=1), logit, rtol=1e-4)
    halves = {2: [0.5, 0.5], 3: [0.25, 0.25, 0.5]}[factors]
    for number, half in enumerate(halves):
        np.testing.assert_allclose(
            scores[f"d{number}"], half * abs(each).mean(axis=0), rtol=1e-3, atol=1e-6
        )
    found = explain(model, x, rule="epsilon", target=0)
    np.testing.assert_allclose(found.values.sum(axis=1), logit, rtol=1e-3, atol=1e-5)
