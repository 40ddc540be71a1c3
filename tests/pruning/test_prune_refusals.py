"""What `prune` refuses, before anything is done."""

import numpy as np
import pytest

from explainprune.pruning import prune


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sparsity": 1.0}, r"0 ≤ sparsity < 1. Received: 1.0"),
        ({"sparsity": -0.2}, r"0 ≤ sparsity < 1. Received: -0.2"),
        ({"sparsity": None}, r"How much is to be removed\? Pass sparsity="),
        (
            {"budget": {"params_kept": 0.5}},
            r"Pass sparsity or budget, not both. Received: sparsity",
        ),
        ({"sparsity": 0.99}, r"keep_at_least=1 needs at least 20. The closest .*sparsity=0.88095"),
        ({"criterion": "tailor"}, r"Unknown criterion 'tailor'. Did you mean 'taylor'\?"),
        ({"granularity": "wieght"}, r"Unknown granularity 'wieght'. Did you mean 'weight'\?"),
        ({"allocation": "unifrm"}, r"Unknown allocation 'unifrm'. Did you mean 'uniform'\?"),
        ({"allocation": {"frist": 0.5}}, r"allocation 'frist'. Did you mean 'first'\?"),
        ({"schedule": "kubic"}, r"Unknown schedule 'kubic'. Did you mean 'cubic'\?"),
        ({"steps": 0}, r"steps is 1 or more. Received: 0"),
        ({"protect": ["frist"]}, r"Unknown layer in protect 'frist'. Did you mean 'first'\?"),
        ({"protect": ["first", "second"]}, r"'small' has nothing prunable"),
        ({"keep_at_least": -1}, r"keep_at_least is 0 or more. Received: -1"),
        ({"finetune_epochs": -1}, r"finetune_epochs is 0 or more. Received: -1"),
        ({"recipe": lambda *a, **k: None, "finetune_epochs": 3}, r"A recipe decides how long"),
        ({"recipe": "mine"}, r"recipe is a function train\(model, data.*'mine' of type str"),
        ({"recipe": lambda *a, **k: None}, r"The recipe returned None"),
    ],
)
def test_options_that_are_wrong(model, data, change, text):
    with pytest.raises((ValueError, TypeError), match=text):
        prune(model, data, **({"sparsity": 0.5, "steps": 1} | change))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda x, y: (x[:, :5], y), r"5"),
        (lambda x, y: (x, y + 1), r"go from 0 to 2. Received: label 3"),
        (lambda x, y: (x, np.zeros_like(y)), r"at least two classes"),
        (lambda x, y: (np.where(x == x.max(), np.nan, x), y), r"1 values that are NaN"),
        (lambda x, y: (x[:0], y[:0]), r"at least one row"),
        (lambda x, y: (x, y[:-1]), r"one entry for each of the 200 rows"),
        (lambda x, y: "digits", r"data is a Data, an array.*Received: str"),
    ],
)
def test_data_that_is_wrong(model, data, wrong, text):
    with pytest.raises((ValueError, TypeError), match=text):
        prune(model, wrong(data.train.x, data.train.y), sparsity=0.5)


def test_wrong_features_are_refused_even_where_they_would_not_be_used(model, data):
    with pytest.raises(ValueError, match="6"):
        prune(model, data.train.x[:, :5], criterion="magnitude", sparsity=0.5, finetune_epochs=0)


def test_epochs_without_labels(model, data):
    with pytest.raises(ValueError, match=r"finetune_epochs=2 needs labels. Received: data without"):
        prune(model, data.train.x, sparsity=0.5, finetune_epochs=2)
    with pytest.raises(ValueError, match=r"finetune_epochs=2 needs labels. Received: no data"):
        prune(model, criterion="magnitude", sparsity=0.5, finetune_epochs=2)
    with pytest.raises(ValueError, match=r"[Rr]ows are needed"):
        prune(model, sparsity=0.5)


def test_nan_weights(untrained):
    untrained.get_layer("first").kernel.assign(np.full((6, 12), np.nan))
    with pytest.raises(ValueError, match=r"'small' are NaN or infinite: 72 of 'first/kernel'"):
        prune(untrained, criterion="magnitude", sparsity=0.5)
