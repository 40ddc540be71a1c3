"""A layer that no gradient reaches is not called worthless."""

import numpy as np
import pytest

import explainprune as xp
from explainprune.network.backend import keras

L, ops = keras.layers, keras.ops
BY_KERNEL = ("taylor", "fisher", "gradient", "snip", "movement", "grasp", "synflow")
BY_ACTIVATION = ("activation_taylor", "conductance", "internal_influence", "shap", "lrp")


def with_a_step(step):
    keras.utils.set_random_seed(0)
    x = keras.Input((4,))
    return keras.Model(x, L.Dense(3, "softmax")(step(L.Dense(8, name="first")(x))))


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 4)).astype("float32"), rng.integers(0, 3, 20)


@pytest.mark.parametrize("criterion", [*BY_KERNEL, *BY_ACTIVATION])
@pytest.mark.parametrize("step", [
    ops.round, lambda h: ops.one_hot(ops.argmax(h, axis=1), 8),
])  # fmt: skip
def test_criteria_by_gradients_refuse_a_layer_that_gets_none(step, criterion, rows):
    message = (
        rf"^{criterion}: No (gradient|relevance) reaches (layer )?'first.* Use "
        r"criterion='ablation', which needs none: it was tried, and works\.$"
    )
    if criterion == "lrp" and step is ops.round:  # an activation function passes relevance on
        assert xp.importance(with_a_step(step), *rows, criterion=criterion)["first"].any()
        return
    with pytest.raises(ValueError, match=message):
        xp.importance(with_a_step(step), *rows, criterion=criterion)


def test_prune_refuses_too(rows):
    with pytest.raises(ValueError, match=r"^taylor: No gradient reaches layer 'first'"):
        xp.prune(with_a_step(ops.round), rows, criterion="taylor", sparsity=0.5, finetune_epochs=0)


def test_an_activation_that_steps_cuts_the_kernel_and_not_what_comes_out(rows):
    keras.utils.set_random_seed(0)
    x = keras.Input((4,))
    model = keras.Model(x, L.Dense(3, "softmax")(L.Dense(8, ops.sign, name="first")(x)))
    with pytest.raises(ValueError, match=r"No gradient reaches layer 'first'.* by Sign"):
        xp.importance(model, *rows, criterion="taylor")
    for criterion in ("activation_taylor", "conductance"):
        scores = xp.importance(model, *rows, criterion=criterion).scores["first"]
        assert (scores > 0).all()


@pytest.mark.parametrize("criterion", ["taylor", "conductance", "synflow"])
def test_a_way_beside_the_cut_one_is_enough(criterion, rows):
    model = with_a_step(lambda h: ops.round(h) + h)
    assert xp.importance(model, *rows, criterion=criterion).scores["first"].max() > 0


class Rounded(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.last = L.Dense(8), L.Dense(3, "softmax")

    def call(self, x):
        return self.last(ops.round(self.first(x)))


def test_a_subclassed_model_is_looked_through(rows):
    keras.utils.set_random_seed(0)
    model = Rounded()
    model(rows[0])
    with pytest.raises(ValueError, match=r"^taylor: No gradient reaches layer 'first'.* by Round"):
        xp.importance(model, *rows, criterion="taylor", level="weight")


@pytest.mark.parametrize("layer", [
    L.LSTM(3, dropout=0.2), L.Bidirectional(L.GRU(3)), L.Conv1D(3, 2, activation="relu"),
    L.MultiHeadAttention(1, 2),
])  # fmt: skip
def test_ordinary_layers_are_scored_as_ever(layer):
    keras.utils.set_random_seed(0)
    x = keras.Input((4, 3))
    recurrent = isinstance(layer, (L.RNN, L.Bidirectional))
    h = layer(L.Masking()(x)) if recurrent else layer(*[x] * (1 + ("head" in layer.name)))
    h = L.Flatten()(h) if len(h.shape) == 3 else h
    model = keras.Model(x, L.Dense(2, "softmax")(L.LayerNormalization()(h)))
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(10, 4, 3)).astype("float32"), rng.integers(0, 2, 10)
    scores = xp.importance(model, *rows, criterion="taylor", level="weight").scores
    assert all(np.abs(each).max() > 0 for each in scores.values())
