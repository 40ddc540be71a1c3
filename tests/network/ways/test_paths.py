import itertools

import numpy as np
import pytest
from keras_cases import sequential, subclassed

from explainprune.network.backend import keras
from explainprune.network.variables import variables
from explainprune.network.ways.paths import liveness

L = keras.layers


def sparse(model, seed, share=0.35):
    """Set most kernel entries to zero."""
    rng = np.random.default_rng(seed)
    for path, variable in variables(model).items():
        if path.endswith("kernel"):
            values = rng.normal(size=variable.shape) * (rng.random(variable.shape) < share)
            variable.assign(values)
    return model


def stack(seed=0):
    model = sequential(
        (2, 3),
        L.Flatten(),
        L.Dense(5, activation="relu", name="a"),
        L.Dropout(0.2),
        L.BatchNormalization(),
        L.Dense(4, activation="tanh", name="b"),
        L.Dense(3, activation="softmax", name="c"),
    )
    return sparse(model, seed)


def ways_through(kernels):
    """Visit every way through a stack of kernels, depth first: (input, unit, …, output)."""
    ways = []

    def walk(way):
        depth = len(way) - 1
        if depth == len(kernels):
            ways.append(tuple(way))
            return
        for unit in range(kernels[depth].shape[1]):
            if kernels[depth][way[-1], unit] != 0:
                walk([*way, unit])

    for first in range(kernels[0].shape[0]):
        walk([first])
    return ways


@pytest.mark.parametrize("seed", range(4))
def test_dense_stack_against_every_way(seed):
    model = stack(seed)
    kernels = [variables(model)[f"{name}/kernel"].numpy() for name in "abc"]
    ways = ways_through(kernels)
    found = liveness(model)
    np.testing.assert_array_equal(found.inputs, [any(w[0] == i for w in ways) for i in range(6)])
    for depth, name in enumerate("abc", start=1):
        units = range(kernels[depth - 1].shape[1])
        expected = [any(way[depth] == unit for way in ways) for unit in units]
        np.testing.assert_array_equal(found.units[name], expected)
    edges = {(depth, way[depth], way[depth + 1]) for way in ways for depth in range(3)}
    assert found.connections == len(edges)
    assert found.exact
    assert 0 < found.connections < sum(np.count_nonzero(kernel) for kernel in kernels)


def test_skips_and_branches_by_hand():
    """x0 → a0 → out; x1 → a1 and nowhere on; x2 skips to the output; x3 is read by none."""
    x = keras.Input((4,))
    a = L.Dense(2, name="a")(x)
    joined = L.Concatenate()([a, x])
    model = keras.Model(x, L.Dense(1, name="out")(joined))
    held = variables(model)
    held["a/kernel"].assign([[1, 0], [0, 1], [0, 0], [0, 0]])
    held["out/kernel"].assign([[1], [0], [0], [0], [1], [0]])
    found = liveness(model)
    np.testing.assert_array_equal(found.inputs, [True, False, True, False])
    np.testing.assert_array_equal(found.units["a"], [True, False])
    assert found.connections == 1 + 2


def test_sums_and_shared_layers():
    shared = L.Dense(2, use_bias=False, name="shared")
    x = keras.Input((2,))
    model = keras.Model(x, L.Dense(1, name="out")(L.Add()([shared(shared(x)), x])))
    held = variables(model)
    held["shared/kernel"].assign([[0, 1], [0, 0]])  # x0 → 1; a second time, nothing arrives
    held["out/kernel"].assign([[0], [1]])
    found = liveness(model)
    np.testing.assert_array_equal(found.inputs, [False, True])  # only x1, by the skip
    np.testing.assert_array_equal(found.units["shared"], [False, False])
    assert found.connections == 1


def test_a_zero_scale_cuts():
    model = sequential((2,), L.Dense(2, name="a"), L.BatchNormalization(), L.Dense(1, name="b"))
    model.layers[1].gamma.assign([1, 0])
    found = liveness(model)
    np.testing.assert_array_equal(found.units["a"], [True, False])
    assert found.connections == 2 + 1


def channels_alive(model, kernels):
    """Walk channel by channel through a chain of (matrix of channel ways)."""
    forward = [np.ones(kernels[0].shape[0], bool)]
    for ways in kernels:
        forward.append(
            np.array([any(f and w for f, w in zip(forward[-1], ways[:, j], strict=True))
                      for j in range(ways.shape[1])])
        )  # fmt: skip
    back = [np.ones(kernels[-1].shape[1], bool)]
    for ways in reversed(kernels):
        back.insert(0, np.array([any(w and b for w, b in zip(row, back[0], strict=True))
                                 for row in ways]))  # fmt: skip
    return [f & b for f, b in zip(forward, back, strict=True)]


@pytest.mark.parametrize("seed", range(3))
def test_convolutions_by_channel(seed):
    model = sequential(
        (6, 6, 2),
        L.Conv2D(4, 2, activation="relu", name="a"),
        L.MaxPooling2D(),
        L.Conv2D(4, 2, groups=2, name="b"),
        L.DepthwiseConv2D(1, depth_multiplier=2, name="c"),
        L.SeparableConv2D(3, 1, name="d"),
        L.Conv2DTranspose(3, 2, name="e"),
        L.GlobalAveragePooling2D(),
        L.Dense(2, name="f"),
    )
    sparse(model, seed, share=0.3)
    held = {p: v.numpy() != 0 for p, v in variables(model).items() if p.endswith("kernel")}
    a = held["a/kernel"].any(axis=(0, 1))
    grouped = held["b/kernel"].any(axis=(0, 1))
    b = np.zeros((4, 4), bool)
    for i, j in itertools.product(range(2), range(4)):
        b[i + 2 * (j // 2), j] = grouped[i, j]
    depth = held["c/kernel"].any(axis=(0, 1))
    c = np.zeros((4, 8), bool)
    for i, m in itertools.product(range(4), range(2)):
        c[i, 2 * i + m] = depth[i, m]
    d_first = np.diag(held["d/depthwise_kernel"][0, 0, :, 0])
    d_second = held["d/pointwise_kernel"][0, 0]
    e = held["e/kernel"].any(axis=(0, 1)).T
    alive = channels_alive(model, [a, b, c, d_first, d_second, e, held["f/kernel"]])
    found = liveness(model)
    np.testing.assert_array_equal(found.inputs.reshape(36, 2), np.tile(alive[0], (36, 1)))
    np.testing.assert_array_equal(found.units["a"], alive[1])
    np.testing.assert_array_equal(found.units["b"], alive[2])
    np.testing.assert_array_equal(found.units["c"], alive[3].reshape(4, 2).any(axis=1))
    np.testing.assert_array_equal(found.units["d"], alive[5])
    np.testing.assert_array_equal(found.units["e"], alive[6])
    np.testing.assert_array_equal(found.units["f"], alive[7])
    assert found.connections == (
        (held["a/kernel"] & alive[0][:, None] & alive[1]).sum()
        + sum(
            held["b/kernel"][..., i, j].sum() * alive[1][i + 2 * (j // 2)] * alive[2][j]
            for i, j in itertools.product(range(2), range(4))
        )
        + sum(
            held["c/kernel"][..., i, m].sum() * alive[2][i] * alive[3][2 * i + m]
            for i, m in itertools.product(range(4), range(2))
        )
        + (held["d/depthwise_kernel"][..., 0] & alive[3] & alive[4]).sum()
        + (held["d/pointwise_kernel"] & alive[4][:, None] & alive[5]).sum()
        + (held["e/kernel"] & alive[6][:, None] & alive[5]).sum()
        + (held["f/kernel"] & alive[6][:, None] & alive[7]).sum()
    )
    assert not found.exact


def test_moves_are_followed_place_by_place():
    x = keras.Input((2, 2))
    h = L.Permute((2, 1))(L.ZeroPadding1D(1)(x))
    model = keras.Model(x, L.Dense(1, name="out")(L.Flatten()(h)))
    # Padded to rows 0, x0, x1, 0; permuted to (2, 4): entry (1, 2) is x[1, 1].
    kernel = np.zeros((8, 1))
    kernel[4 + 2] = 1
    variables(model)["out/kernel"].assign(kernel)
    np.testing.assert_array_equal(liveness(model).inputs, [False, False, False, True])


def test_unknown_layers_pass_everything():
    x = keras.Input((4, 2))
    h = L.LSTM(3, name="memory")(L.Dense(2, name="a")(x))
    model = keras.Model(x, L.Dense(1, name="out")(h))
    held = variables(model)
    held["a/kernel"].assign([[1, 0], [0, 0]])
    held["out/kernel"].assign([[1], [0], [0]])
    found = liveness(model)
    np.testing.assert_array_equal(found.inputs.reshape(4, 2), [[True, False]] * 4)
    np.testing.assert_array_equal(found.units["a"], [True, False])
    assert "memory" not in found.units
    assert found.connections == 1 + (2 * 12 + 3 * 12) + 1
    assert not found.exact


def test_a_hidden_softmax_reads_all_its_units():
    model = sequential((2,), L.Dense(3, activation="softmax", name="a"), L.Dense(1, name="b"))
    variables(model)["b/kernel"].assign([[1], [0], [0]])
    assert liveness(model).units["a"].all()
    assert liveness(model).connections == 6 + 1


def test_nothing_alive():
    model = stack()
    variables(model)["b/kernel"].assign(np.zeros((5, 4)))
    found = liveness(model)
    assert not found.inputs.any() and found.connections == 0
    assert not any(units.any() for units in found.units.values())


def test_several_inputs_lie_side_by_side_and_tokens_count_once():
    words, number = keras.Input((3,), dtype="int32"), keras.Input((2,))
    h = L.Flatten()(L.Embedding(9, 2)(words))
    model = keras.Model([words, number], L.Dense(1, name="out")(L.Concatenate()([h, number])))
    kernel = np.zeros((8, 1))
    kernel[[3, 7]] = 1  # token 1, and the second number
    variables(model)["out/kernel"].assign(kernel)
    np.testing.assert_array_equal(liveness(model).inputs, [False, True, False, False, True])


def test_subclassed_model_is_refused():
    model = subclassed((4,), L.Dense(3))
    with pytest.raises(ValueError, match="type Own has no layer graph"):
        liveness(model)


def test_a_mask_leads_from_all_it_is_made_of_to_all_that_hangs_on_it():
    x, told = keras.Input((4, 3)), keras.Input((4,))
    pooled = L.GlobalAveragePooling1D()(x, mask=told > 0)
    model = keras.Model([x, told], L.Dense(2, name="d")(pooled))
    kernel = np.zeros((3, 2))
    kernel[0] = 1
    model.get_layer("d").kernel.assign(kernel)
    found = liveness(model)
    # Channel 0 is read in each place, and each entry of the mask tells which places count.
    assert found.inputs.tolist() == [True, False, False] * 4 + [True] * 4
    assert not found.exact
    model.get_layer("d").kernel.assign(np.zeros((3, 2)))
    assert not liveness(model).inputs.any()
