"""A trainer that is used again; what is refused before it trains."""

import gc
import weakref

import numpy as np
import pytest
from training_cases import mlp, ninety_percent, rows, zeros

from explainprune.network.backend import keras
from explainprune.network.training.fitting import fit
from explainprune.network.training.loop import Fed, Loop
from explainprune.network.training.trainer import Trainer
from explainprune.network.variables import weights_of
from explainprune.types import Masks, Rows


def bad(**changes):
    x, y = np.array(rows().x), np.array(rows().y)
    return {"x": x, "y": y} | changes


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (bad(y=None), {}, "Training needs labels"),
        (bad(y=np.ones(150, int)), {}, "at least two classes.*150 rows, all of class 1"),
        (bad(y=np.arange(150) % 4), {}, "3 outputs.*go from 0 to 2.*label 3 in row 3"),
        (bad(y=np.arange(150) % 3 - 1), {}, "go from 0 to 2.*label -1 in row 0"),
        (bad(x=np.ones((150, 7))), {}, r"expects shape \(n, 6\).*\(150, 7\)"),
        (bad(), {"validation": Rows(rows().x, rows().y + 1)}, "go from 0 to 2.*label 3"),
        (
            bad(y=np.arange(300).reshape(150, 2) % 2),
            {},
            r"by number or one-hot: .* Received: shape=\(150, 2\)",
        ),
        (bad(), {"epochs": -1}, "epochs is a whole number of at least 0. Received: -1"),
        (bad(), {"batch_size": 0}, "batch_size is a whole number of at least 1"),
        (bad(), {"learning_rate": 0}, "learning_rate is above 0. Received: 0"),
        (bad(), {"patience": 2}, "patience= needs validation="),
        (bad(), {"sample_weight": np.ones(3)}, r"sample_weight needs shape \(150,\)"),
        (bad(), {"masks": {"fist/kernel": np.ones((6, 20), bool)}}, "Did you mean 'first/kernel'"),
        (bad(), {"masks": {"last/bias": np.ones(4, bool)}}, r"'last/bias' needs shape \(3,\)"),
    ],
)
def test_bad_input_in_plain_words(given, options, message):
    with pytest.raises(ValueError, match=message):
        fit(mlp(), Rows(**given), **{"epochs": 1, "seed": 0} | options)


def test_divergence_is_said():
    model = mlp(1, None, False)
    model.compile(keras.optimizers.SGD(1e30), "mse")
    with pytest.raises(ValueError, match=r"Training diverged: the loss is .* in epoch"):
        fit(model, Rows(rows().x, np.arange(150.0)), epochs=3, seed=0)


def test_a_trainer_used_again_trains_as_a_new_one_does_and_compiles_nothing_anew(monkeypatch):
    model, data = mlp(), rows()
    masks = ninety_percent(model)
    other = Masks({path: ~mask for path, mask in masks.items() if path != "first/bias"})
    trainer = Trainer(model, data)
    first, _ = trainer.train(model, epochs=2, seed=3, masks=masks)
    traced = []
    monkeypatch.setattr(Loop, "_trace_epoch", lambda *_: traced.append(1))
    again, history = trainer.train(first, epochs=2, seed=4, masks=other)
    assert not traced
    monkeypatch.undo()
    expected, expected_history = fit(first, data, epochs=2, seed=4, masks=other)
    assert history == expected_history
    for path, values in weights_of(expected).items():
        np.testing.assert_array_equal(weights_of(again)[path], values, err_msg=path)
    assert zeros(again, other)[0] == 0 and zeros(first, masks) == (0, 0)


def test_a_trainer_compiles_anew_for_variables_it_has_not_held_before():
    model, data = mlp(), rows()
    masks = ninety_percent(model)
    trainer = Trainer(model, data)
    whole, _ = trainer.train(model, epochs=1, seed=3)
    held, _ = trainer.train(model, epochs=1, seed=3, masks=masks)
    freed, _ = trainer.train(model, epochs=1, seed=3)
    assert zeros(held, masks) == (0, 0) and zeros(whole, masks)[0] > 0
    for path, values in weights_of(whole).items():
        np.testing.assert_array_equal(weights_of(freed)[path], values, err_msg=path)


def test_rows_are_given_back_without_a_search_for_cycles(monkeypatch):
    """Python looks for cycles rarely where there is much: copies of rows would pile up."""
    held = []

    def of(*args):
        held.append(weakref.ref(made := made_of(*args)))
        return made

    made_of = Fed.of
    monkeypatch.setattr(Fed, "of", of)
    gc.disable()
    try:
        fit(mlp(), rows(), epochs=1, seed=0, validation=rows(), masks=ninety_percent(mlp()))
        assert [each() for each in held] == [None, None]
    finally:
        gc.enable()
