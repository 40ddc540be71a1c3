import numpy as np
import pytest
from keras_cases import sequential

import explainprune as xp
from explainprune.network import check_weights
from explainprune.network.backend import keras

L = keras.layers
X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
Y = (X[:, 0] > 0).astype(int)

VERBS = {
    "attribute": lambda m: xp.attribute(m, X, background=X),
    "attribute_change": lambda m: xp.attribute_change(m, m, X, background=X),
    "exact_cost": lambda m: xp.exact_cost(m, X, X),
    "importance": lambda m: xp.importance(m, X),
    "importance of weights": lambda m: xp.importance(m, criterion="magnitude"),
    "sensitivity": lambda m: xp.sensitivity(m, (X, Y)),
    "prune": lambda m: xp.prune(m, (X, Y), sparsity=0.5),
    "shrink": lambda m: xp.shrink(m),
    "compare": lambda m: xp.compare(m, m, X),
    "compare_several": lambda m: xp.compare_several(m, {"other": m}, X),
    "explain": lambda m: xp.explain(m, X),
    "attribute_to": lambda m: xp.attribute_to("never.npz", m, X, background=X),
    "output_bound": lambda m: xp.output_bound(m, m, X),
    "reason_codes": lambda m: xp.reason_codes(m, X, threshold=0.5, adverse=1),
    "export": lambda m: xp.export(m, "never.tflite"),
    "export_query": lambda m: xp.export_query(m, m, "never.vnnlib", eps=1, box=(0, 1)),
    "circuit": lambda m: xp.circuit(m, X),
    "shapes": lambda m: xp.shapes(m, X),
    "formula": lambda m: xp.formula(m),
}


def spoiled(value, layer, weight):
    model = sequential((4,), L.Dense(5, "relu"), L.BatchNormalization(), L.Dense(2))
    weights = model.layers[layer].get_weights()
    weights[weight].ravel()[1] = value
    model.layers[layer].set_weights(weights)
    return model


def test_every_verb_that_takes_a_model_is_here():
    functions = {n for n in xp.__all__ if callable(getattr(xp, n)) and n[0].islower()}
    others = {"load_data", "load_model", "metric", "report", "recurring", "run_study"}
    assert functions - others <= VERBS.keys()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_names_the_weight_that_is_no_number(verb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"dense\w*/kernel'.*NaN or infinite|NaN.*dense\w*/kernel"):
        VERBS[verb](spoiled(np.nan, 0, 0))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_the_path_of_a_model(verb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spoiled(np.nan, 0, 0).save("m.keras")
    with pytest.raises(ValueError, match=r"dense\w*/kernel'.*NaN or infinite|NaN.*dense\w*/kernel"):
        VERBS[verb]("m.keras")


@pytest.mark.parametrize(
    ("value", "layer", "weight", "name"),
    [(np.inf, 2, 1, "bias"), (-np.inf, 1, 3, "moving_variance"), (np.nan, 1, 0, "gamma")],
)
def test_any_variable_counts(value, layer, weight, name):
    with pytest.raises(ValueError, match=rf"The weight '\w+/{name}' of model .* has 1 values that"):
        check_weights(spoiled(value, layer, weight))
    check_weights(spoiled(1.0, layer, weight))


def test_a_network_is_checked_each_time_it_is_asked_for():
    model = spoiled(1.0, 0, 0)
    VERBS["attribute"](model)
    weights = model.get_weights()
    model.set_weights([w * np.nan for w in weights])
    with pytest.raises(ValueError, match="has 20 values that are NaN or infinite, of 20"):
        VERBS["attribute"](model)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("verb", ["attribute", "importance", "sensitivity", "compare"])
def test_stateful_layers_are_refused_by_name(verb, wrapped):
    layer = L.LSTM(3, stateful=True, name="memory")
    layer = L.Bidirectional(layer) if wrapped else layer
    model = keras.Sequential([keras.Input(batch_shape=(1, 2, 2)), layer, L.Dense(2)])
    rows = X.reshape(12, 2, 2)
    calls = {
        "attribute": lambda: xp.attribute(model, rows, background=rows, method="permutation"),
        "importance": lambda: xp.importance(model, rows),
        "sensitivity": lambda: xp.sensitivity(model, (rows, Y)),
        "compare": lambda: xp.compare(model, model, rows),
    }
    with pytest.raises(ValueError, match=r"Layer '(memory|bidir\w+)' .* is stateful: .* stateful="):
        calls[verb]()


def test_the_advice_for_stateful_layers_holds():
    def build(batch, stateful):
        layers = [L.LSTM(3, stateful=stateful), L.Dense(2)]
        return keras.Sequential([keras.Input(batch_shape=(batch, 2, 2)), *layers])

    model, other = build(1, True), build(None, False)
    other.set_weights(model.get_weights())
    rows = X.reshape(12, 2, 2)
    found = xp.attribute(other, rows[:1], background=rows, method="permutation", target="all")
    model.layers[0].reset_states()
    np.testing.assert_allclose(found.output, model.predict(rows[:1], verbose=0), atol=1e-6)
