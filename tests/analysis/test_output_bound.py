"""The verb `output_bound`: data or a box, what `shrink` returned, and what is refused."""

import numpy as np
import pytest
from keras_cases import scrambled, sequential

import explainprune as xp
from explainprune.network.backend import keras
from explainprune.types import OutputBound

L = keras.layers


@pytest.fixture
def model():
    return scrambled(sequential((3,), L.Dense(6, "relu", name="hidden"), L.Dense(2, "softmax")))


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(150, 3)).astype("float32")


def test_the_range_of_the_scored_rows_is_the_box(model, x):
    other = xp.prune(model, None, criterion="magnitude", sparsity=0.3, finetune_epochs=0).model
    before = model.get_weights()
    bound = xp.output_bound(model, other, x)
    by_hand = xp.output_bound(model, other, box=(x.min(axis=0), x.max(axis=0)))
    assert bound.each == by_hand.each and bound.measured <= bound.largest <= max(bound.alone)
    assert by_hand.measured is None and by_hand.box == "the box given"
    assert bound == xp.output_bound(model, other, (x, np.zeros(150, int)))
    text = str(bound)
    assert text.startswith("over the range of 150 rows no logit can differ by more than ")
    assert "from each model by itself" in text and "measured on 150 rows" in text
    for mine, was in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, was)


def test_what_shrink_returned_brings_its_own_places(model, x):
    kernel = model.get_layer("hidden").kernel
    kernel.assign(kernel.numpy() * (np.arange(6) < 4))
    shrunk = xp.shrink(model, data=x)
    assert shrunk.certificate.removed["hidden"] == 2
    bound = xp.output_bound(model, shrunk, x)
    assert bound.largest < 1e-5 * max(bound.alone) and bound.note == ""
    assert xp.output_bound(model, shrunk.model, x, kept=shrunk.kept) == bound
    assert "`kept` says which units it has" in str(xp.output_bound(model, shrunk.model, x))


def test_a_bound_that_says_little_says_so(model, x):
    other = scrambled(sequential((3,), L.Dense(6, "relu"), L.Dense(2, "softmax")), seed=5)
    bound = xp.output_bound(model, other, x, box=(-1000, 1000))
    assert bound.useful is False and "says little" in str(bound)
    assert xp.output_bound(model, model, x).useful


def test_refusals(model, x):
    with pytest.raises(ValueError, match=r"Unknown output 'logits'\. Did you mean 'logit'\?"):
        xp.output_bound(model, model, x, output="logits")
    with pytest.raises(ValueError, match=r"needs rows, or a box"):
        xp.output_bound(model, model)
    with pytest.raises(ValueError, match=r"applies softmax, for which no rule is known"):
        xp.output_bound(model, model, x, output="probability")


def test_a_result_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"a number for each output, twice\. Received: 1 and 2"):
        OutputBound((1.0,), (1.0, 2.0))
    with pytest.raises(ValueError, match=r"no more than that of each model by itself"):
        OutputBound((2.0,), (1.0,))
