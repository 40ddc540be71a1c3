import keras
import numpy as np
import pytest
from keras import layers as kl
from keras_cases import sequential

from explainprune.network.graph.graph import Graph, read_graph
from explainprune.network.masking import apply_masks
from explainprune.network.training import refitting
from explainprune.network.training.refitting import refitted
from explainprune.network.variables import variables, weights_of, with_weights

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 5)).astype("float32")


def dense(activation="tanh"):
    return sequential(
        (5,),
        kl.Dense(4, activation, name="a"),
        kl.Dense(3, name="b", bias_initializer="random_normal"),
    )


def kept_all(model):
    return {path: np.ones(v.shape, bool) for path, v in variables(model).items()}


def without_unit(model, unit):
    masks = kept_all(model)
    masks["a/kernel"][:, unit] = masks["a/bias"][unit] = masks["b/kernel"][unit] = False
    return masks


def least_squares(a, z, start, ridge):
    """Solve min ‖A w − z‖² + λ ‖w − w₀‖² by stacking the penalty below the equations."""
    root = np.sqrt(ridge)
    rows = np.vstack([a, root * np.eye(a.shape[1])])
    return np.linalg.lstsq(rows, np.concatenate([z, root * start]), rcond=None)[0]


def test_a_unit_that_others_can_replace_is_replaced():
    model = dense("linear")
    kernel = weights_of(model)["a/kernel"]
    kernel[:, 3] = kernel[:, 0] - 2 * kernel[:, 1]
    bias = np.array([0.1, 0.2, 0.3, 5.0])
    model = with_weights(model, {"a/kernel": kernel, "a/bias": bias})
    masks = without_unit(model, 3)
    masked = apply_masks(model, masks)
    fitted = refitted(masked, model, masks, X, ridge=1e-9)
    assert np.abs(masked(X).numpy() - model(X).numpy()).max() > 0.5
    np.testing.assert_allclose(fitted(X), model(X), atol=1e-4)
    for path, mask in masks.items():
        assert (weights_of(fitted)[path][~mask] == 0).all()


@pytest.mark.parametrize("ridge", [1e-4, 0.1])
def test_dense_equals_stacked_least_squares(ridge):
    model = dense()
    masks = kept_all(model)
    masks["a/kernel"][[0, 2], [1, 1]] = False
    masks["b/kernel"][:, 0] = [True, False, True, False]
    masks["b/kernel"][:, 1] = [True, False, True, False]
    masked = apply_masks(model, masks)
    fitted = weights_of(refitted(masked, model, masks, X, ridge=ridge))
    before, start = weights_of(model), weights_of(masked)
    read, read_before = X, X
    for layer in ("a", "b"):
        kernel, bias = f"{layer}/kernel", f"{layer}/bias"
        z = read_before @ before[kernel] + before[bias]
        penalty = ridge * np.square(read.astype(float)).sum(axis=0).mean()
        for unit in range(z.shape[1]):
            keep = masks[kernel][:, unit]
            a = np.column_stack([read[:, keep], np.ones(len(read))])
            w0 = np.append(start[kernel][keep, unit], start[bias][unit])
            expected = least_squares(a, z[:, unit], w0, penalty)
            np.testing.assert_allclose(fitted[kernel][keep, unit], expected[:-1], atol=1e-4)
            np.testing.assert_allclose(fitted[bias][unit], expected[-1], atol=1e-4)
        read = np.tanh(read @ fitted[kernel] + fitted[bias])
        read_before = np.tanh(read_before @ before[kernel] + before[bias])


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_convolutions_gather_what_they_read(padding):
    settings = {"strides": (2, 1), "padding": padding, "use_bias": False}
    model = sequential(
        (6, 5, 2), kl.Conv2D(3, 1, name="a"), kl.Conv2D(2, (3, 2), name="b", **settings)
    )
    kernel = weights_of(model)["a/kernel"]
    # Two channels far from alike: what is fitted is then known to float32.
    kernel[..., :2] = [[1.0, -0.3], [0.4, 0.8]]
    kernel[..., 2] = kernel[..., 0] + kernel[..., 1]
    model = with_weights(model, {"a/kernel": kernel})
    masks = kept_all(model)
    masks["a/kernel"][..., 2] = masks["b/kernel"][:, :, 2] = False
    masked = apply_masks(model, masks)
    x = np.random.default_rng(3).normal(size=(40, 6, 5, 2)).astype("float32")
    fitted = refitted(masked, model, masks, x, ridge=1e-9)
    assert np.abs(masked(x).numpy() - model(x).numpy()).max() > 0.1
    np.testing.assert_allclose(fitted(x), model(x), atol=1e-4)
    # Only the third channel is gone: its weights moved to the two that make it up.
    expected = weights_of(model)["b/kernel"]
    moved = expected[:, :, :2] + expected[:, :, 2:]
    np.testing.assert_allclose(weights_of(fitted)["b/kernel"][:, :, :2], moved, atol=1e-4)


def test_the_sweep_starts_at_the_minimum_and_costs_less_than_zeroing():
    model = dense()
    masks = kept_all(model)
    masks["a/kernel"][[0, 2], [1, 1]] = False
    masks["a/kernel"][1, 3] = False
    masked = apply_masks(model, masks)
    errors = {}
    for name, fitted in {
        "zeroed": masked,
        "exact": refitted(masked, model, masks, X, ridge=1e-9),
        "obs": refitted(masked, model, masks, X, ridge=1e-9, solver="obs"),
    }.items():
        after, before = weights_of(fitted), weights_of(model)
        assert (after["a/kernel"][~masks["a/kernel"]] == 0).all()
        moved = X @ (after["a/kernel"] - before["a/kernel"]) + after["a/bias"] - before["a/bias"]
        errors[name] = np.square(moved).sum(axis=0)
    # Nothing is lost of units 0 and 2; of unit 1 the first row goes first, so all can make up.
    np.testing.assert_allclose(errors["obs"][[0, 2]], 0, atol=1e-6)
    assert (errors["exact"][[1, 3]] <= errors["obs"][[1, 3]]).all()
    assert (errors["obs"][[1, 3]] < errors["zeroed"][[1, 3]]).all()
    with pytest.raises(ValueError, match=r"Unknown solver 'obd'. Did you mean 'obs'"):
        refitted(masked, model, masks, X, solver="obd")


def test_kernels_with_too_many_equations_are_swept(monkeypatch):
    model = dense()
    masks = kept_all(model)
    masks["b/kernel"][[0, 1], [0, 1]] = False
    masked = apply_masks(model, masks)
    expected = weights_of(refitted(masked, model, masks, X, solver="obs"))["b/kernel"]
    assert np.abs(expected - weights_of(refitted(masked, model, masks, X))["b/kernel"]).max() > 1e-3
    most = 3 * 5**3 + 1
    monkeypatch.setattr(refitting, "OPERATIONS", most)
    monkeypatch.setattr(refitting, "_operations", lambda support: most + 1)
    np.testing.assert_array_equal(
        weights_of(refitted(masked, model, masks, X))["b/kernel"], expected
    )


def test_a_constant_unit_goes_into_the_bias():
    model = dense("linear")
    kernel, bias = weights_of(model)["a/kernel"], np.zeros(4)
    kernel[:, 1], bias[1] = 0, 3.0
    model = with_weights(model, {"a/kernel": kernel, "a/bias": bias})
    masks = without_unit(model, 1)
    fitted = refitted(apply_masks(model, masks), model, masks, X, ridge=1e-9)
    np.testing.assert_allclose(fitted(X), model(X), atol=1e-4)


def test_nothing_lost_nothing_changes_and_the_callers_models_neither():
    model = dense()
    before = weights_of(model)
    same = refitted(model, model, kept_all(model), X)
    masks = without_unit(model, 0)
    masked = apply_masks(model, masks)
    after_mask = weights_of(masked)
    refitted(masked, model, masks, X)
    for path, values in before.items():
        np.testing.assert_array_equal(weights_of(same)[path], values)
        np.testing.assert_array_equal(weights_of(model)[path], values)
        np.testing.assert_array_equal(weights_of(masked)[path], after_mask[path])


def test_shared_and_frozen_layers_keep_their_weights():
    shared, frozen = kl.Dense(4, name="shared"), kl.Dense(2, name="frozen", trainable=False)
    x = keras.Input((5,))
    model = keras.Model(x, frozen(shared(shared(kl.Dense(4, name="a")(x)))))
    masks = {"a/kernel": np.ones((5, 4), bool)}
    masks["a/kernel"][0] = False
    masked = apply_masks(model, masks)
    fitted, start = weights_of(refitted(masked, model, masks, X)), weights_of(masked)
    for path in ("shared/kernel", "frozen/kernel"):
        np.testing.assert_array_equal(fitted[path], start[path])
    assert (fitted["a/kernel"] != start["a/kernel"]).any()


def test_a_part_of_many_places_is_enough(monkeypatch):
    model = dense("linear")
    kernel = weights_of(model)["a/kernel"]
    kernel[:, 3] = kernel[:, 0] - 2 * kernel[:, 1]
    model = with_weights(model, {"a/kernel": kernel})
    masks = without_unit(model, 3)
    monkeypatch.setattr(refitting, "PATCHES", 50)
    fit = refitting._Fit(read_graph(model), read_graph(model), [X], np.ones(300), 64, 1e-4)
    gram, _, moved = fit._moments(0, 6)
    assert not moved
    assert 80 < gram[-1, -1] < 160  # ones squared and added up: how many places were read of 300
    fitted = refitted(apply_masks(model, masks), model, masks, X, ridge=1e-9)
    np.testing.assert_allclose(fitted(X), model(X), atol=1e-4)


WEIGHT = np.array([2.0, 1.0, 3.0, 0.0, 0.5] * 60)


def test_rows_count_by_their_weights():
    model = dense()
    masks = without_unit(model, 3)
    masked = apply_masks(model, masks)
    fitted = weights_of(refitted(masked, model, masks, X, ridge=1e-6, weight=7 * WEIGHT))
    before, start = weights_of(model), weights_of(masked)
    root = np.sqrt(WEIGHT * 300 / WEIGHT.sum())[:, None]
    z = np.tanh(X @ before["a/kernel"] + before["a/bias"]) @ before["b/kernel"] + before["b/bias"]
    keep = [0, 1, 2]
    read = np.tanh(X @ start["a/kernel"] + start["a/bias"])
    penalty = 1e-6 * np.square(root * read).sum(axis=0).mean()
    a = root * np.column_stack([read[:, keep], np.ones(300)])
    for unit in range(3):
        w0 = np.append(start["b/kernel"][keep, unit], start["b/bias"][unit])
        expected = least_squares(a, (root * z)[:, unit], w0, penalty)
        np.testing.assert_allclose(fitted["b/kernel"][keep, unit], expected[:-1], atol=1e-4)
        np.testing.assert_allclose(fitted["b/bias"][unit], expected[-1], atol=1e-4)
    plain = weights_of(refitted(masked, model, masks, X, ridge=1e-6))
    assert np.abs(plain["b/kernel"] - fitted["b/kernel"]).max() > 1e-2


@pytest.mark.parametrize("solver", ["exact", "obs"])
def test_a_weight_of_two_is_the_row_twice(solver):
    model = sequential((5, 2), kl.Conv1D(4, 2, activation="tanh", name="a"), kl.Conv1D(2, 2))
    masks = kept_all(model)
    masks["a/kernel"][..., 1] = masks["a/bias"][1] = False
    masked = apply_masks(model, masks)
    x = np.random.default_rng(1).normal(size=(40, 5, 2)).astype("float32")
    counts = np.arange(40) % 3
    by_weight = refitted(masked, model, masks, x, weight=counts, solver=solver, batch_size=16)
    repeated = refitted(masked, model, masks, np.repeat(x, counts, axis=0), solver=solver)
    for path, values in weights_of(repeated).items():
        np.testing.assert_allclose(weights_of(by_weight)[path], values, atol=1e-5)


def test_a_graph_that_computes_something_else_is_refused(monkeypatch):
    model = dense()
    masks = without_unit(model, 3)
    results = Graph.results
    monkeypatch.setattr(Graph, "results", lambda *args: [2 * each for each in results(*args)])
    with pytest.raises(ValueError, match="The copy that is fitted outputs something else"):
        refitted(apply_masks(model, masks), model, masks, X)
