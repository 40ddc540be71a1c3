"""Pruning that holds what the dense model does: a planted case, its options, what is refused."""

import numpy as np
import pytest
from keras_cases import sequential

import explainprune as xp
from explainprune.network.backend import keras
from explainprune.network.training.fitting import fit
from explainprune.network.training.preserving import Preserve
from explainprune.pruning import prune
from explainprune.types import Data, Rows

HELD = Preserve("logits", None)


@pytest.fixture(scope="module")
def planted():
    """A model that reads x₀, and rows to fine-tune on where x₁ to x₃ tell the same.

    Rows to compare on have them apart again, so that it shows which of them a model reads.
    """
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 4)).astype("float32")
    y = (x[:, 0] > 0).astype(int)
    keras.utils.set_random_seed(0)
    model = sequential((4,), keras.layers.Dense(16, "relu"), keras.layers.Dense(2))
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(True))
    dense, _ = fit(model, Rows(x, y), epochs=20, seed=0)
    alike = np.repeat(x[:, :1], 4, axis=1) + 0.1 * rng.normal(size=x.shape).astype("float32")
    return dense, Data(Rows(x, y), Rows(alike, y)), x


def moved(dense, other, x):
    """The share of the reasons' weight that moved, on rows whose features are independent."""
    target = dense(x).numpy().argmax(axis=1)
    found = [
        xp.attribute(
            model, x[:100], background=x[100:130], method="expected_gradients",
            target=target[:100], output="centred",
        ).values
        for model in (dense, other)
    ]  # fmt: skip
    return float(np.nanmean(xp.METRICS["moved_weight"](*found)))


def pruned(planted, **options):
    dense, data, _ = planted
    given = {"criterion": "magnitude", "sparsity": 0.5, "steps": 2, "finetune_epochs": 10}
    return prune(dense, data, **given | options)


def test_reasons_that_plain_fine_tuning_moves_are_held(planted):
    dense, _, x = planted
    plain = pruned(planted)
    found = {what: pruned(planted, preserve=what) for what in ("attributions", "gradients")}
    shares = {what: moved(dense, each.model, x) for what, each in found.items()}
    assert moved(dense, plain.model, x) > 0.3
    assert shares["attributions"] < 0.15 and shares["gradients"] < 0.15
    for each in found.values():
        assert each.history["train_accuracy"].iloc[-1] > 0.9
        assert each.masks.sparsity == plain.masks.sparsity


def test_rows_without_labels_hold_it_where_labelled_ones_cannot(planted):
    """Labelled rows with one feature don't say what others are worth; unlabelled ones do."""
    dense, _, x = planted
    labelled, more = (
        pruned(planted, preserve="logits"),
        pruned(planted, preserve="logits", unlabelled=x, preserve_weight=3.0),
    )
    assert moved(dense, more.model, x) < moved(dense, labelled.model, x) - 0.1


def test_nothing_held_is_plain_fine_tuning(planted):
    plain, none = pruned(planted), pruned(planted, preserve="logits", preserve_weight=0)
    for a, b in zip(plain.model.get_weights(), none.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"preserve": "atributions"}, "Unknown value of preserve .* mean 'attributions'"),
        ({"preserve": "logits", "finetune_epochs": 0}, "nothing is fine-tuned: it needs labels"),
        ({"preserve": "logits", "preserve_weight": -1}, "at least 0. Received: -1"),
        ({"preserve": "logits", "preserve_weight": np.inf}, "at least 0. Received: inf"),
        (
            {"preserve": "logits", "recipe": lambda *a, **k: None, "finetune_epochs": None},
            "a recipe decides by which loss",
        ),
        ({"preserve": HELD, "preserve_weight": 1.0}, "A Preserve says itself what it weighs"),
        (
            {"preserve": HELD, "recipe": lambda *a, **k: None, "finetune_epochs": None},
            "preserve='logits' is a term",
        ),
        ({"unlabelled": np.zeros((3, 4))}, "pass preserve= as well, one of attributions"),
        ({"preserve": "logits", "unlabelled": np.zeros((3, 5))}, r"expects shape \(n, 4\)"),
    ],
)
def test_what_cannot_be_asked(planted, options, text):
    with pytest.raises(ValueError, match=text):
        pruned(planted, **options)


def test_rows_without_labels_alone_are_not_enough(planted):
    dense, _, x = planted
    with pytest.raises(ValueError, match="it needs labels"):
        prune(dense, x, criterion="magnitude", sparsity=0.5, preserve="attributions")
