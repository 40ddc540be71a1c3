"""The models of one seed: what a setting of pruning becomes in the arms that change it."""

import numpy as np
import pytest

from explainprune import network
from explainprune.study.arms import pruned_at
from explainprune.study.config import study_config
from explainprune.types import Data, Rows

ROWS = Rows(np.random.default_rng(0).normal(size=(40, 8)).astype("float32"), np.arange(40) % 2)


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({"budget": {"params_kept": 0.5}}, 0.5),
        ({"granularity": "2:4"}, 0.5),
        ({"allocation": {"hidden_1": 0.5}}, 0.3),
        ({"sparsity": 0.6, "refit": True}, 0.6),
    ],
)
@pytest.mark.filterwarnings("ignore:The model isn't compiled")
def test_a_placebo_trains_as_long_and_loses_nothing(settings, least):
    config = study_config({"prune": {"criterion": "magnitude", "steps": 2, **settings}})
    dense = network.perceptron(8, 2, hidden=(8, 4))
    data = Data(ROWS, task="classification")
    pruned = pruned_at(config, dense, data, 0)
    placebo = pruned_at(config, dense, data, 0, sparsity=0.0)
    assert pruned.masks.sparsity >= least and placebo.masks.removed == 0
    assert pruned.history["epochs"].tolist() == placebo.history["epochs"].tolist()
