"""What is held in training: the term by its definition, its slopes, what it keeps, refusals."""

import numpy as np
import pytest
from keras_cases import sequential
from training_cases import L, mlp, ninety_percent, rows, zeros

from explainprune.network.backend import keras, tf
from explainprune.network.training.fitting import fit
from explainprune.network.training.loop import Loop
from explainprune.network.training.preserving import WEIGHTS, Lesson, Preserve
from explainprune.network.training.trainer import Trainer
from explainprune.network.variables import weights_of
from explainprune.types import Rows


def smooth(seed, outputs=3, activation=None, loss=None):
    """A network of one tanh layer, which numpy can be asked about as well."""
    keras.utils.set_random_seed(seed)
    model = sequential((4,), L.Dense(5, "tanh", name="h"), L.Dense(outputs, activation, name="o"))
    for weight in model.weights:
        weight.assign(np.random.default_rng(seed).normal(size=weight.shape))
    if loss:
        model.compile("adam", loss)
    return model


def f(model, x):
    """The outputs before a softmax, in float64."""
    kernel, bias, last, end = (w.astype(float) for w in model.get_weights())
    return np.tanh(x @ kernel + bias) @ last + end


def slopes(model, x, wanted, centred):
    """Central differences of one output of each row, less the mean output where centred."""

    def chosen(x):
        out = f(model, x)
        out = out - centred * out.mean(axis=1, keepdims=True)
        return out[np.arange(len(x)), wanted]

    each = np.eye(x.shape[1]) * 1e-5
    return np.stack([(chosen(x + e) - chosen(x - e)) / 2e-5 for e in each], axis=1)


def by_definition(what, dense, trained, x, weight, drawn, classes=True):
    """The term, row by row."""
    pick, partner, place = drawn
    x = x.astype(float)
    out = f(dense, x)
    wanted = out.argmax(axis=1) if classes else np.arange(len(x)) % out.shape[1]
    total = 0.0
    for i, other, t in zip(pick, partner, place, strict=True):
        step = x[i] - x[other] if what == "attributions" else 1.0
        z = x[other] + t * step if what == "attributions" else x[i]
        if what == "logits" and classes:
            p, q = (np.exp(f(m, x[i : i + 1])[0] / 3) for m in (dense, trained))
            p, q = p / p.sum(), q / q.sum()
            apart = 9 * (p * np.log(p / q)).sum()
        elif what == "logits":
            apart = ((out[i] - f(trained, x[i : i + 1])[0]) ** 2).mean()
        else:
            a, s = (
                step * slopes(m, z[None], wanted[i : i + 1], centred=classes)[0]
                for m in (dense, trained)
            )
            apart = np.abs(a / np.abs(a).sum() - s / np.abs(s).sum()).sum() / 2
        total += weight[i] * apart
    return total / len(pick)


def lesson_of(what, model, dense=None, weight=1.0, given=None, y=None, row_weight=None, **more):
    x = np.random.default_rng(7).normal(size=(12, 4)).astype("float32") if given is None else given
    y = np.arange(len(x)) % 3 if y is None else y
    dense = smooth(1) if dense is None else dense
    return x, Lesson(Preserve(what, dense, weight, **more), model, Rows(x, y), row_weight)


def run(lesson, drawn):
    return float(tf.function(lesson.term)(lesson.tensors, [tf.constant(d) for d in drawn]))


SCORES, NUMBERS = keras.losses.SparseCategoricalCrossentropy(from_logits=True), "mse"
WEIGHT = np.linspace(0, 2, 12)
DRAWN = (
    np.array([3, 0, 11, 5, 5]),
    np.array([1, 2, 0, 9, 4]),
    np.array([0.1, 0.9, 0.4, 0.5, 0.2], "float32"),
)


@pytest.mark.parametrize("what", WEIGHTS)
def test_the_term_is_what_it_says(what):
    dense, trained = smooth(1, loss=SCORES), smooth(2, loss=SCORES)
    x, lesson = lesson_of(what, trained, dense, 0.7, row_weight=WEIGHT)
    expected = 0.7 * by_definition(what, dense, trained, x, WEIGHT, DRAWN)
    assert expected > 0.1
    assert run(lesson, DRAWN) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("what", WEIGHTS)
def test_numbers_are_held_in_turn_and_have_no_mean_taken_off(what):
    dense, trained = smooth(1, loss=NUMBERS), smooth(2, loss=NUMBERS)
    x, lesson = lesson_of(what, trained, dense, y=np.random.default_rng(0).normal(size=(12, 3)))
    expected = by_definition(what, dense, trained, x, np.ones(12), DRAWN, classes=False)
    assert run(lesson, DRAWN) == pytest.approx(expected, rel=1e-4)


def test_probabilities_are_looked_through():
    dense, trained = (smooth(s, activation="softmax") for s in (1, 2))
    for model in (dense, trained):
        model.compile("adam", "sparse_categorical_crossentropy")
    x, lesson = lesson_of("attributions", trained, dense)
    expected = by_definition("attributions", dense, trained, x, np.ones(12), DRAWN)
    assert run(lesson, DRAWN) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("what", WEIGHTS)
def test_its_slopes_are_those_of_its_definition(what):
    """Second derivatives of the network, by moving each of some weights."""
    dense, trained = smooth(1, loss=SCORES), smooth(2, loss=SCORES)
    x, lesson = lesson_of(what, trained, dense)
    tensors = [tf.constant(d) for d in DRAWN]

    @tf.function
    def taught():
        with tf.GradientTape() as tape:
            loss = lesson.term(lesson.tensors, tensors)
        weights = [each.value for each in trained.trainable_variables]
        return tape.gradient(loss, weights, unconnected_gradients="zero")

    found = [np.asarray(each) for each in taught()]
    start = trained.get_weights()
    for which, place in [(0, (1, 2)), (0, (3, 4)), (1, (2,)), (2, (0, 1)), (2, (4, 2))]:
        sides = []
        for by in (1e-3, -1e-3):
            moved = [w.copy() for w in start]
            moved[which][place] += by
            trained.set_weights(moved)
            sides.append(by_definition(what, dense, trained, x, np.ones(12), DRAWN))
        trained.set_weights(start)
        slope = (sides[0] - sides[1]) / 2e-3
        assert found[which][place] == pytest.approx(slope, rel=2e-3, abs=2e-4)


def test_a_model_is_held_to_itself_at_no_cost():
    model = smooth(1, loss=SCORES)
    assert run(lesson_of("attributions", model, model)[1], DRAWN) == pytest.approx(0, abs=1e-5)


def test_every_row_has_its_turn_and_unlabelled_ones_too():
    more = Rows(np.random.default_rng(3).normal(size=(6, 4)).astype("float32"), weight=np.zeros(6))
    model = smooth(2, loss=SCORES)
    x, lesson = lesson_of("gradients", model, unlabelled=more)
    np.testing.assert_array_equal(lesson.tensors[0], np.concatenate([x, more.x]))
    pick, partner, place = lesson.drawn(np.random.default_rng(0), 36)
    np.testing.assert_array_equal(np.bincount(pick), np.full(18, 2))
    assert partner.max() == 17 and place.min() >= 0 and place.max() < 1
    only_more = (np.arange(12, 18), partner[:6], place[:6])
    assert run(lesson, only_more) == 0  # rows that weigh nothing


KNOWN = rows()


def held(weight=None, what="attributions", **more):
    dense, _ = fit(mlp(), KNOWN, epochs=3, seed=0)
    return Preserve(what, dense, weight, **more)


def test_a_weight_of_zero_is_training_without_to_the_bit():
    model = mlp()
    masks = ninety_percent(model)
    plain, zero = (
        Trainer(model, KNOWN, preserve=preserve).train(model, epochs=2, seed=3, masks=masks)
        for preserve in (None, held(0.0))
    )
    assert plain[1] == zero[1]
    for path, values in weights_of(plain[0]).items():
        np.testing.assert_array_equal(weights_of(zero[0])[path], values, err_msg=path)


@pytest.mark.parametrize("what", WEIGHTS)
def test_masks_hold_nobodys_model_moves_and_nothing_is_compiled_anew(what, monkeypatch):
    model, preserve = mlp(), held(what=what)
    masks = ninety_percent(model)
    before = [each.get_weights() for each in (model, preserve.dense)]
    trainer = Trainer(model, KNOWN, preserve=preserve)
    first, history = trainer.train(model, epochs=2, seed=3, masks=masks)
    traced = []
    monkeypatch.setattr(Loop, "_trace_step", lambda *_: traced.append(1))
    again, same = trainer.train(model, epochs=2, seed=3, masks=masks)
    assert not traced and history == same
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert zeros(first, masks) == (0, 0)
    assert "compute_loss" not in vars(trainer.model) | vars(first)
    assert first.optimizer.get_config() == model.optimizer.get_config()
    for each, weights in zip((model, preserve.dense), before, strict=True):
        for a, b in zip(each.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(a, b)


def test_step_by_step_it_is_the_same_as_in_one_call():
    model = mlp(dropout=0.0)
    trainer = Trainer(model, KNOWN, preserve=held())
    whole, _ = trainer.train(model, epochs=2, seed=3)
    trainer.run(model, epochs=2, seed=3, after_step=lambda model: None)
    for a, b in zip(whole.get_weights(), trainer.model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


class OwnStep(keras.Model):
    """A step that asks no compute_loss."""

    def train_step(self, data):
        return {"loss": keras.ops.zeros(())}


def functional(end, kind=keras.Model, dtype="float32", loss=SCORES):
    x = keras.Input((6,), dtype=dtype, name="x")
    model = kind(x, end(x))
    model.compile("adam", loss)
    return model


class Rounded(keras.layers.Layer):
    def call(self, x):
        return keras.ops.concatenate([keras.ops.round(x[:, :1]), x[:, 1:]], axis=1)


@pytest.mark.parametrize(
    ("model", "given", "text"),
    [
        (
            lambda: functional(lambda x: [L.Dense(2)(x), L.Dense(2)(x)]),
            Rows(KNOWN.x, {"dense": KNOWN.y % 2, "dense_1": KNOWN.y % 2}),
            "holds a model of one output to another. Received: model .* with 2 outputs",
        ),
        (
            lambda: functional(lambda x: L.Dense(3)(L.Reshape((6, 1))(x))),
            Rows(KNOWN.x, np.arange(900).reshape(150, 6) % 3),
            r"one number, or one row of them.*outputs of shape \('n', 6, 3\)",
        ),
        (
            lambda: functional(lambda x: L.Dense(3)(Rounded()(x))),
            KNOWN,
            "No gradient reaches 1 of the 6 inputs .* number 0 only by Round.* preserve='logits'",
        ),
        (
            lambda: functional(
                lambda x: L.Dense(3)(L.Flatten()(L.Embedding(9, 2)(x))), dtype="int32"
            ),
            Rows(np.arange(900).reshape(150, 6) % 9, KNOWN.y),
            "are tokens. preserve='attributions' follows gradients to the inputs",
        ),
        (
            lambda: functional(lambda x: L.Dense(3)(x), kind=OwnStep),
            KNOWN,
            r"the train_step of model .* \(OwnStep\) doesn't call it: use a recipe",
        ),
    ],
)
def test_what_cannot_be_held_is_refused(model, given, text):
    made = model()
    names = [layer.name for layer in made.layers if layer.name.startswith("dense")]
    if given.by_output is not None:
        given = Rows(given.x, dict(zip(names, given.by_output.values(), strict=True)))
    with pytest.raises(ValueError, match=text):
        Trainer(made, given, preserve=Preserve("attributions", made)).run(made, epochs=1)
