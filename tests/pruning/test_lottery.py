import numpy as np
import pytest

from explainprune.network.variables import clone, weights_of
from explainprune.pruning import lottery_ticket
from explainprune.pruning.allocation import allocate

KERNELS = ("first/kernel", "second/kernel")


def halve(model, data, *, seed, after_step):
    """A recipe: every weight becomes 3 w² sign(w), which changes their order across layers not."""
    trained = clone(model)
    for variable in trained.trainable_variables:
        variable.assign(3 * np.sign(variable) * np.square(variable))
    return trained


def test_each_round_goes_back_to_the_first_weights(untrained):
    ticket = lottery_ticket(untrained, None, sparsity=0.75, rounds=2, recipe=halve)
    first = weights_of(untrained)
    scores = {path: np.abs(first[path]) for path in KERNELS}
    # The recipe keeps the order of weights, so that two rounds come to one.
    expected = allocate(scores, 0.75, unit_axes=dict.fromkeys(KERNELS, 1))
    initial, trained = weights_of(ticket.initial), weights_of(ticket.model)
    for path, values in first.items():
        mask = expected.get(path, True)
        np.testing.assert_array_equal(initial[path], np.where(mask, values, 0))
        np.testing.assert_allclose(
            trained[path], np.where(mask, 3 * np.sign(values) * values**2, 0), rtol=1e-6
        )
    assert ticket.history["round"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(ticket.history.requested, [0, 0.5, 0.75])
    np.testing.assert_allclose(ticket.history.achieved, [0, 0.5, 0.75])


def test_the_control_has_the_masks_and_other_weights(untrained):
    ticket = lottery_ticket(untrained, None, sparsity=0.5, rounds=1, recipe=halve)
    control, trained = weights_of(ticket.control), weights_of(ticket.model)
    for path in KERNELS:
        np.testing.assert_array_equal(control[path] == 0, ~ticket.masks[path])
        assert not np.isclose(control[path], trained[path])[ticket.masks[path]].any()
    without = lottery_ticket(untrained, None, sparsity=0.5, rounds=1, recipe=halve, control=False)
    assert without.control is None


def test_trained_and_measured(untrained, data):
    settings = {"sparsity": 0.5, "rounds": 1, "epochs": 2, "control": False}
    with_rewind = lottery_ticket(untrained, data, rewind_epochs=1, **settings)
    assert {"train_accuracy", "validation_loss"} <= set(with_rewind.history)
    x, y = data.validation.x, data.validation.y
    accuracy = (with_rewind.model(x).numpy().argmax(axis=1) == y).mean()
    assert with_rewind.history.validation_accuracy.iloc[-1] == pytest.approx(accuracy)
    start = weights_of(with_rewind.initial)["out/bias"]
    assert np.abs(start).min() > 0  # an epoch away from the zeros that biases begin with


def test_a_fifth_of_what_is_left_goes_each_round(untrained):
    ticket = lottery_ticket(untrained, None, sparsity=1 - 0.8**3, recipe=halve, control=False)
    np.testing.assert_allclose(ticket.history.requested, [0, 0.2, 0.36, 0.488])


def test_labels_are_needed_without_a_recipe(untrained, data):
    with pytest.raises(ValueError, match="it needs labels, or a recipe"):
        lottery_ticket(untrained, data.train.x, sparsity=0.5)
    with pytest.raises(ValueError, match=r"0 ≤ sparsity < 1. Received: 1"):
        lottery_ticket(untrained, data, sparsity=1)
