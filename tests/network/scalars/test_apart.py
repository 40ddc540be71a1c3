"""No input moves outputs further than the bound; where it can be said exactly, it is exact."""

import numpy as np
import pytest
from keras_cases import functional, randomised, sequential

from explainprune.network import clone
from explainprune.network.backend import keras, tf
from explainprune.network.scalars.aligned import aligned
from explainprune.network.scalars.bounded import NO_PAIRS, bound_between
from explainprune.network.scalars.reading import unroll
from explainprune.network.scalars.walked_back import Walk, _put_in, outputs_apart
from explainprune.pruning import shrink

L = keras.layers


def residual(x):
    hidden = L.Dense(6, "relu")(x)
    return L.Dense(2)(L.ReLU()(L.Add()([hidden, L.Dense(6)(L.Dense(5, "relu")(hidden))])))


def concatenated(x):
    a, b = L.Conv1D(3, 2, activation="relu")(x), L.Conv1D(2, 2, activation="tanh")(x)
    return L.Dense(2)(L.GlobalMaxPooling1D()(L.Concatenate()([a, b])))


MODELS = {
    "dense": lambda: sequential((4,), L.Dense(7, "relu"), L.Dense(6, "relu"), L.Dense(3)),
    "classifier": lambda: sequential((4,), L.Dense(7, "relu"), L.Dense(3, "softmax")),
    "no biases": lambda: sequential((4,), L.Dense(7, "relu", use_bias=False), L.Dense(2)),
    "normalised": lambda: sequential(
        (4,), L.Dense(6), L.BatchNormalization(), L.ReLU(), L.Dense(5), L.LeakyReLU(0.3), L.Dense(2)
    ),
    "bends": lambda: sequential(
        (4,), L.Dense(5, "relu6"), L.Dense(5, "hard_tanh"), L.PReLU(), L.Dense(2)
    ),
    "smooth": lambda: sequential(
        (4,), L.Dense(5, "sigmoid"), L.Dense(5, "softplus"), L.Dense(4, "elu"), L.Dense(2)
    ),
    "convolutions": lambda: sequential(
        (6, 6, 2),
        L.Conv2D(3, 3, padding="same", activation="relu"),
        L.MaxPooling2D(2),
        L.DepthwiseConv2D(2, activation="relu"),
        L.AveragePooling2D(2),
        L.Flatten(),
        L.Dense(2),
    ),
    "permuted": lambda: sequential(
        (5, 4), L.Permute((2, 1)), L.Conv1D(3, 2, activation="relu"), L.Flatten(), L.Dense(2)
    ),
    "residual": lambda: functional((4,), residual),
    "joined": lambda: functional((5, 2), concatenated),
}


def changed(model, seed, noise=0.02, sparsity=0.6):
    """A copy, as pruning and fine-tuning leave it: most weights zero, the others moved a little."""
    other, rng = clone(model), np.random.default_rng(seed)
    for variable in other.trainable_variables:
        kept = rng.random(variable.shape) > sparsity * (len(variable.shape) > 1)
        variable.assign(kept * (variable.numpy() + noise * rng.normal(size=variable.shape)))
    return other


def farthest(first, second, low, high, output, rng):
    """The largest difference on random inputs, corners among them, and where gradients lead."""
    pair = unroll(first, "logit"), unroll(second, "logit")
    x = rng.uniform(low, high, size=(4000, len(low)))
    x[1000:2000] = np.where(rng.random((1000, len(low))) < 0.5, low, high)
    gap = np.abs(pair[0].outputs(x) - pair[1].outputs(x))[:, output]
    best, start = gap.max(), x[np.argsort(-gap)[:20]]
    for step in np.geomspace(0.3, 0.02, 10) * (high - low).max():
        at = tf.constant(start, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(at)
            parts = [
                _outputs(model, tf.reshape(at, (-1, *model.input_shape[1:])))
                for model in (first, second)
            ]
            apart_by = tf.abs(parts[0] - parts[1])[:, output]
        start = np.clip(start + step * np.sign(tape.gradient(apart_by, at).numpy()), low, high)
        gap = np.abs(pair[0].outputs(start) - pair[1].outputs(start))[:, output]
        best = max(best, gap.max())
    return best


def _outputs(model, x):
    """Logits: softmax is looked through."""
    last = model.layers[-1]
    if getattr(last, "activation", None) is keras.activations.softmax:
        before = keras.Model(model.inputs, last.input)
        return before(x) @ last.kernel + last.bias
    return model(x, training=False)


@pytest.mark.parametrize("name", MODELS)
def test_nothing_found_lies_beyond_the_bound_which_is_below_that_of_each_alone(name):
    seed = len(name)
    first = randomised(MODELS[name](), seed)
    second, rng = changed(first, seed), np.random.default_rng(seed)
    size = int(np.prod(first.input_shape[1:]))
    low = rng.normal(size=size)
    high = low + rng.uniform(0, 1, size=size)
    bound = bound_between(first, second, box=(low, high))
    for output, (each, alone) in enumerate(zip(bound.each, bound.alone, strict=True)):
        found = farthest(first, second, low, high, output, rng)
        assert 0 < found <= each <= alone, name
    assert bound.note == ""


@pytest.mark.parametrize("name", MODELS)
def test_a_network_never_differs_from_itself(name):
    model = randomised(MODELS[name]())
    bound = bound_between(model, clone(model), box=(-2.0, 1.0))
    assert set(bound.each) == {0.0}
    assert min(bound.alone) > 0


def test_without_hidden_layers_it_is_the_largest_difference_itself():
    first, second = (randomised(sequential((5,), L.Dense(3)), seed) for seed in (0, 1))
    rng = np.random.default_rng(2)
    low = rng.normal(size=5)
    high = low + rng.uniform(size=5)
    kernel, bias = (
        a.numpy().astype(float) - b.numpy()
        for a, b in zip(first.weights, second.weights, strict=True)
    )
    ends = [
        sign * bias + np.maximum(sign * kernel.T * low, sign * kernel.T * high).sum(axis=1)
        for sign in (1, -1)
    ]
    wanted = np.maximum(*ends)
    bound = bound_between(first, second, box=(low, high))
    np.testing.assert_allclose(bound.each, wanted, rtol=1e-12)
    assert (np.array(bound.each) >= wanted).all(), "rounded outwards"


def test_ends_are_put_in_with_more_than_their_rounding():
    rng = np.random.default_rng(0)
    factors, low = rng.normal(size=(3, 1)), rng.normal(size=3)
    high, walk = low + rng.uniform(size=3), Walk()
    _put_in(walk, factors, (low, high))
    terms = np.where(factors[:, 0] > 0, factors[:, 0] * high, factors[:, 0] * low)
    assert walk.constant == pytest.approx(terms.sum(), rel=1e-14)
    assert walk.rounded >= 3 * np.finfo(float).eps / 2 * np.abs(terms).sum()


def test_one_hidden_unit_by_hand():
    """y = relu(x) against y = relu(0.9 x), x in [−1, 2]: 0.2 at 2; each alone says 2."""
    first, second = (sequential((1,), L.Dense(1, "relu"), L.Dense(1)) for _ in range(2))
    for model, weight in ((first, 1.0), (second, 0.9)):
        for variable, value in zip(model.weights, (weight, 0.0, 1.0, 0.0), strict=True):
            variable.assign(np.full(variable.shape, value))
    bound = bound_between(first, second, box=(-1.0, 2.0))
    np.testing.assert_allclose(bound.each, [0.2], rtol=1e-6)
    np.testing.assert_allclose(bound.alone, [2.0], rtol=1e-6)


def silenced(model, seed=0):
    """Silence half of the units of each hidden layer: nothing reads them."""
    rng = np.random.default_rng(seed)
    readers = [layer for layer in model.layers if hasattr(layer, "kernel")][1:]
    for layer in readers:
        kernel = layer.kernel.numpy()
        gone = rng.permutation(kernel.shape[-2])[: kernel.shape[-2] // 2]
        if len(kernel.shape) == 2 and layer.input.shape[1] > 10:  # behind a Flatten: by channel
            gone = np.flatnonzero(np.isin(np.arange(kernel.shape[-2]) % 4, (1, 3)))
        kernel[..., gone, :] = 0
        layer.kernel.assign(kernel)
    return model


@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        ((4,), lambda: (L.Dense(8, "relu"), L.Dense(6, "relu"), L.Dense(2))),
        (
            (8, 8, 1),
            lambda: (
                L.Conv2D(6, 3, activation="relu"),
                L.MaxPooling2D(2),
                L.Conv2D(4, 2),
                L.BatchNormalization(),
                L.ReLU(),
                L.MaxPooling2D(2, strides=1, padding="same"),
                L.Flatten(),
                L.Dense(5, "relu"),
                L.Dense(2),
            ),
        ),
    ],
    ids=["dense", "convolutions"],
)
def test_a_smaller_network_is_laid_at_its_places(shape, layers):
    model = silenced(randomised(sequential(shape, *layers())))
    small = shrink(model)
    assert sum(small.certificate.removed.values()) > 4
    ours, theirs = unroll(model), unroll(small.model)
    laid = aligned(theirs, ours, small.kept)
    x = np.random.default_rng(0).normal(size=(20, int(np.prod(shape))))
    np.testing.assert_allclose(laid.outputs(x), theirs.outputs(x), rtol=1e-12)
    # What was removed was read by nothing: the smaller network is the same function.
    bound = bound_between(model, small.model, box=(-1, 1), kept=small.kept)
    alone = bound_between(model, small.model, box=(-1, 1))
    assert bound.note == "" and bound.largest < 1e-4 * alone.largest
    assert alone.note == NO_PAIRS and alone.each == alone.alone


def test_layers_that_are_gone_altogether_count_as_silent():
    first = randomised(functional((4,), residual))
    second = clone(first)
    second.layers[-1].kernel.assign(np.zeros((6, 2)))  # nothing hidden is read any more
    assert len(unroll(second).layers) < len(unroll(first).layers)
    bound = bound_between(first, second, box=(-1, 1))
    assert bound.note == ""
    rng = np.random.default_rng(0)
    for output in (0, 1):
        found = farthest(first, second, np.full(4, -1.0), np.full(4, 1.0), output, rng)
        assert found <= bound.each[output]


def test_places_only_decide_how_tight_it_is():
    model = silenced(randomised(sequential((4,), L.Dense(8, "relu"), L.Dense(2))))
    small = shrink(model)
    (name,) = [path for path, count in small.certificate.removed.items() if count]
    wrong = {**small.kept, name: np.sort((small.kept[name] + 1) % 8)}
    right, other = (
        bound_between(model, small.model, box=(-1, 1), kept=kept) for kept in (small.kept, wrong)
    )
    assert right.largest < other.largest <= other.alone[int(np.argmax(other.each))]


def test_measured_and_spread_are_of_rows():
    first = randomised(sequential((4,), L.Dense(7, "relu"), L.Dense(3)))
    second, x = changed(first, 0), np.random.default_rng(0).normal(size=(2500, 4))
    bound = bound_between(first, second, x=x)
    np.testing.assert_allclose(
        (bound.low, bound.high), (x.astype("f4").min(0), x.astype("f4").max(0))
    )
    some = x.astype("f4").astype(float)[np.linspace(0, 2499, 1000).astype(int)]
    a, b = (unroll(model).outputs(some) for model in (first, second))
    assert bound.measured == np.abs(a - b).max() and bound.rows == 1000
    assert bound.spread == np.ptp(a, axis=0).max()
    assert bound.measured <= bound.largest and bound.box == "the range of 2,500 rows"


def test_one_unit_and_two_are_compared_as_two_classes():
    one = randomised(sequential((3,), L.Dense(4, "relu"), L.Dense(1, "sigmoid")))
    two = sequential((3,), L.Dense(4, "relu"), L.Dense(2, "softmax"))
    kernel, bias, head, shift = one.get_weights()
    two.set_weights([kernel, bias, np.hstack([0 * head, head]), np.r_[0 * shift, shift]])
    bound = bound_between(one, two, box=(-1, 1), output="centred", yes_or_no=(True, False))
    assert bound.largest < 1e-9 < max(bound.alone)


def test_ends_of_the_networks_themselves_hold_too():
    model = randomised(MODELS["convolutions"]())
    network = unroll(model)
    x = np.random.default_rng(0).uniform(-1, 1, size=(500, 72))
    ends = outputs_apart(network, network, np.full(72, -1.0), np.full(72, 1.0)).first
    outputs = network.outputs(x)
    assert (ends[0] <= outputs).all() and (outputs <= ends[1]).all()


@pytest.mark.parametrize("name", MODELS)
def test_walking_back_never_loosens_what_intervals_say(name, monkeypatch):
    first = randomised(MODELS[name](), 3)
    second = changed(first, 3)
    size = int(np.prod(first.input_shape[1:]))
    pair, box = (unroll(first), unroll(second)), (np.full(size, -1.0), np.full(size, 0.5))
    walked = outputs_apart(*pair, *box)
    monkeypatch.setattr("explainprune.network.scalars.walked_back.MOST_STEPS", 0)
    intervals = outputs_apart(*pair, *box)
    for ends, wider in zip(
        (walked.first, walked.second, walked.between),
        (intervals.first, intervals.second, intervals.between),
        strict=True,
    ):
        assert (ends[0] >= wider[0] - 1e-12).all() and (ends[1] <= wider[1] + 1e-12).all()
    if name == "dense":
        assert (np.ptp(walked.between, axis=0) < 0.9 * np.ptp(intervals.between, axis=0)).all()


def test_what_cancels_on_the_way_to_the_inputs_has_cancelled():
    """relu(x + 3) − relu(x + 3): 0 by lines, anything from −2 to 2 by intervals."""
    first = sequential((1,), L.Dense(2, "relu"), L.Dense(1))
    first.set_weights([np.ones((1, 2)), np.full(2, 3.0), np.array([[1.0], [-1.0]]), np.zeros(1)])
    second = sequential((1,), L.Dense(2, "relu"), L.Dense(1))
    second.set_weights([np.ones((1, 2)), np.full(2, 3.0), np.zeros((2, 1)), np.zeros(1)])
    bound = bound_between(first, second, box=(-1.0, 1.0))
    assert max(bound.alone) < 1e-12
