import numpy as np
import pytest

from explainprune.network.variables import weights_of, with_weights
from explainprune.pruning import sensitivity
from explainprune.pruning.allocation import allocate


def test_one_layer_at_a_time_by_hand(model, data):
    frame = sensitivity(model, data, criterion="magnitude", sparsities=(0.25, 0.75))
    assert frame.layer.iloc[1:].tolist() == ["first", "first", "second", "second"]
    assert frame.layer.isna().tolist() == [True, False, False, False, False]
    assert frame.requested.tolist() == [0, 0.25, 0.75, 0.25, 0.75]
    assert frame.achieved.round(2).tolist() == [0, 0.25, 0.75, 0.25, 0.75]
    x, y = data.validation.x, data.validation.y
    weights = weights_of(model)
    for row in frame.iloc[1:].itertuples():
        path = f"{row.layer}/kernel"
        mask = allocate({"k": np.abs(weights[path])}, row.requested, unit_axes={"k": 1})["k"]
        alone = with_weights(model, {path: np.where(mask, weights[path], 0)})
        accuracy = (alone(x).numpy().argmax(axis=1) == y).mean()
        assert row.accuracy == pytest.approx(accuracy)
        assert row.drop == pytest.approx(frame.accuracy[0] - accuracy)
    assert frame["drop"].max() > 0.01


def test_as_much_as_the_floor_allows(model, data):
    settings = {"granularity": "unit", "sparsities": (0.5, 0.99), "protect": ["second"]}
    frame = sensitivity(model, (data.train.x, data.train.y), **settings)
    assert frame.achieved.tolist() == [0, 0.5, 11 / 12]
    assert frame.requested.tolist() == [0, 0.5, 0.99]


def test_errors(model, data):
    with pytest.raises(ValueError, match="it needs labels"):
        sensitivity(model, data.train.x)
    with pytest.raises(ValueError, match="granularity='2:4' itself says how much"):
        sensitivity(model, data, granularity="2:4")
    with pytest.raises(ValueError, match=r"0 ≤ sparsity < 1. Received: 1.2"):
        sensitivity(model, data, sparsities=(0.5, 1.2))
