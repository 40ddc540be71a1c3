"""DeepSHAP against DeepLIFT written out by hand, against shap where shap is right, and its sum."""

import numpy as np
import pytest
from deep_shap_cases import MODELS, L, functional, ops, sequential

import explainprune as xp
from explainprune.analysis.attribution.deep_shap import deep_shap
from explainprune.network import FormulaNetwork, as_network
from explainprune.network.backend import keras
from explainprune.network.walks.multipliers import Multipliers, tiles
from explainprune.network.walks.rescale.rules import RULES
from explainprune.network.walks.unrolling import unrolled

RIGHT_IN_SHAP = ["relu", "elu", "selu", "tanh", "softplus", "sigmoid", "exponential"]


def rows(model, n=3, b=4):
    network = as_network(model)
    rng = np.random.default_rng(1)
    x, background = (rng.normal(size=(k, network.n_inputs)).astype("float32") for k in (n, b))
    return network, x, background


@pytest.mark.parametrize("name", MODELS)
def test_values_add_up(name):
    network, x, background = rows(MODELS[name]())
    found = deep_shap(network, x, background, None)
    gap = network.outputs(x) - found.base - found.values.sum(axis=1)
    assert np.abs(gap).max() <= 1e-5 * max(1.0, np.abs(found.values).max())
    assert np.abs(found.values).max() > 1e-3


def by_hand(model, x, row):
    """DeepLIFT's rescale rule for Dense layers, one sample and one reference, all outputs."""
    carried = np.eye(model.layers[-1].kernel.shape[1])
    for layer in reversed(model.layers):
        carried = layer.kernel.numpy().astype(float) @ carried
        if layer is model.layers[0]:
            return carried * (x - row)[:, None]
        before = keras.Model(model.inputs[0], layer.input)  # post-activation of the layer below
        below = model.layers[model.layers.index(layer) - 1]
        z = [
            keras.Model(model.inputs[0], below.input)(r[None]).numpy() @ below.kernel.numpy()
            + below.bias.numpy()
            for r in (x, row)
        ]
        a = [before(r[None]).numpy() for r in (x, row)]
        carried = carried * ((a[0] - a[1]) / (z[0] - z[1]))[0][:, None]
    raise AssertionError


@pytest.mark.parametrize("name", ["relu", "gelu", "swish", "tanh", "leaky_relu"])
def test_values_are_deeplifts(name):
    model = MODELS[name]()
    network, x, background = rows(model)
    expected = [np.mean([by_hand(model, s, r) for r in background], axis=0) for s in x]
    found = deep_shap(network, x, background, None).values
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize("name", [*RIGHT_IN_SHAP, "time"])
@pytest.mark.filterwarnings("ignore")
def test_values_are_shaps_where_shap_is_right(name):
    import shap

    from explainprune.network import untouched_gradients

    model = MODELS[name]()
    network, x, background = rows(model)
    shape = (-1, *model.input_shape[1:])
    with untouched_gradients():
        explainer = shap.DeepExplainer(model, background.reshape(shape))
        theirs = np.asarray(explainer.shap_values(x.reshape(shape)))
    ours = deep_shap(network, x, background, None).values
    difference = np.abs(ours - theirs.reshape(ours.shape)).max()
    assert difference <= 1e-5 * np.abs(theirs).max()


def test_a_product_is_shared_as_shapley_shares_it():
    model = functional((2,), lambda x: L.Multiply()([x[:, :1], x[:, 1:]]))
    found = deep_shap(as_network(model), np.array([[3.0, 5.0]]), np.array([[1.0, 2.0]]), None)
    np.testing.assert_allclose(found.values[0, :, 0], [2 * 3.5, 3 * 2.0], rtol=1e-6)


def test_targets_pick_outputs():
    network, x, background = rows(MODELS["relu"]())
    everything = deep_shap(network, x, background, None)
    picked = deep_shap(network, x, background, np.array([2, 0, 1]))
    for sample, target in enumerate([2, 0, 1]):
        expected = everything.values[sample, :, target]
        np.testing.assert_allclose(picked.values[sample], expected, rtol=1e-5, atol=1e-6)


def windowed_by_hand(model, x, row):
    """DeepLIFT's rule through one MaxPooling2D and one Dense layer, one output at a time."""
    pool, _, dense = model.layers
    size, step = pool.pool_size, pool.strides
    kernel = dense.kernel.numpy().reshape(*pool.output.shape[1:], -1)
    values = np.zeros((*x.shape, kernel.shape[-1]))
    for i, j, c in np.ndindex(kernel.shape[:3]):
        at = (
            slice(i * step[0], i * step[0] + size[0]),
            slice(j * step[1], j * step[1] + size[1]),
            c,
        )
        winner = x[at] if x[at].max() > row[at].max() else row[at]
        place = np.unravel_index(winner.argmax(), winner.shape)
        values[at][place] += (x[at].max() - row[at].max()) * kernel[i, j, c]
    return values


@pytest.mark.parametrize(("size", "step"), [((2, 2), None), ((3, 2), None), ((3, 3), 2)])
def test_a_window_pays_the_larger_sides_maximum(size, step):
    model = sequential((7, 8, 2), L.MaxPooling2D(size, step), L.Flatten(), L.Dense(2))
    network, x, background = rows(model)
    images = [part.reshape(-1, 7, 8, 2) for part in (x, background)]
    expected = [
        np.mean([windowed_by_hand(model, s, r) for r in images[1]], axis=0) for s in images[0]
    ]
    found = deep_shap(network, x, background, None).values
    np.testing.assert_allclose(found.reshape(np.shape(expected)), expected, atol=1e-5)


@pytest.mark.parametrize("most", [1, 3, 5, 16])
def test_values_do_not_depend_on_how_the_work_is_cut(most):
    network, x, background = rows(MODELS["convolutions"](), n=5, b=7)
    whole = deep_shap(network, x, background, None).values
    cut = Multipliers(network)
    cut.rows = most
    found = cut.values(x, background, np.tile(np.arange(3), (5, 1)))
    np.testing.assert_allclose(found.swapaxes(1, 2), whole, atol=1e-6 * np.abs(whole).max())


@pytest.mark.parametrize("sizes", [(1, 1, 1), (5, 7, 3), (20, 3, 10), (3, 40, 1)])
@pytest.mark.parametrize("most", [1, 4, 10, 1000])
def test_tiles_cover_everything_once_within_the_bound(sizes, most):
    seen = np.zeros(sizes, int)
    for own, part, kept in tiles(*sizes, most):
        seen[own, part, kept] += 1
        assert seen[own, part, kept].size <= most
    assert (seen == 1).all()


def test_a_sample_equal_to_the_reference_gets_zero():
    network, x, _ = rows(MODELS["convolutions"]())
    assert (deep_shap(network, x[:1], x[:1], None).values == 0).all()


def test_an_operation_without_a_rule_is_named():
    model = functional((4,), lambda x: keras.ops.sort(L.Dense(4, name="before")(x)))
    network, x, background = rows(model)
    with pytest.raises(ValueError, match="no rule for operation 'TopKV2'"):
        deep_shap(network, x, background, None)


@pytest.mark.parametrize("name", ["Tanh", "MatMul"])
def test_a_missing_rule_is_told_before_anything_is_computed(name):
    network, x, background = rows(MODELS["tanh"]())
    known = {key: rule for key, rule in RULES.items() if key != name}
    with pytest.raises(ValueError, match=f"no rule for operation '{name}' of layer 'dense"):
        Multipliers(network, rules=known)  # it has seen no rows yet
    rough = Multipliers(network, rules=known, fallback="gradient")
    assert rough.approximated and all(f"{name} of dense" in each for each in rough.approximated)
    values = rough.values(x, background, np.zeros((3, 1), int))[:, 0]
    right = deep_shap(network, x, background, np.zeros(3, int)).values
    apart = np.abs(values - right).max() / np.abs(right).max()
    assert apart < 1e-5 if name == "MatMul" else apart > 1e-3  # a gradient is right where linear


def test_an_operation_without_a_rule_may_go_by_its_gradient():
    model = functional((4,), lambda x: L.Dense(2)(keras.ops.sort(L.Dense(4, name="before")(x))))
    x, background = (np.full((1, 4), value, "float32") for value in (0.3, 0.1))
    found = xp.attribute(model, x, background=background, fallback="gradient")
    assert any("TopKV2 of sort" in note for note in found.notes)
    assert not found.complete
    network = as_network(model)  # x and background sort alike: there the gradient is right
    expected = network.gradients(x, found.targets) * (x - background)
    order = [np.argsort(model.get_layer("before")(row)[0]) for row in (x, background)]
    assert (order[0] == order[1]).all()
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)
    with pytest.raises(ValueError, match="Did you mean 'gradient'"):
        deep_shap(network, x, background, None, fallback="gradients")


def test_a_condition_is_paid_as_a_product():
    """where(a > 0, b, 0) is step(a) · b: the Shapley values of that product."""
    model = functional((2,), lambda x: ops.where(x[:, :1] > 0, x[:, 1:], 0.0))
    found = deep_shap(as_network(model), np.array([[3.0, 5.0]]), np.array([[-1.0, 2.0]]), None)
    np.testing.assert_allclose(found.values[0, :, 0], [3.5, 1.5], rtol=1e-6)


def test_recurrent_layers_are_rolled_again_afterwards():
    model = MODELS["rolled"]()
    network, x, background = rows(model)
    before = model.get_config()
    deep_shap(network, x, background, None)
    assert model.get_config() == before
    inner = model.layers[0].forward_layer
    assert not inner.unroll
    with pytest.raises(RuntimeError), unrolled([inner]):
        assert inner.unroll
        raise RuntimeError
    assert not inner.unroll


def test_a_formula_is_refused():
    network = FormulaNetwork(lambda x: x.sum(axis=1), 2)
    with pytest.raises(ValueError, match="Received: a FormulaNetwork"):
        deep_shap(network, np.ones((1, 2)), np.zeros((1, 2)), None)
