import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers as kl
from keras_cases import sequential

from explainprune.analysis.attribution import exact_cost
from explainprune.network.variables import variables
from explainprune.network.ways.size import size_of
from explainprune.pruning import prune, shrink
from explainprune.pruning.budget import read_budget, within_accuracy
from explainprune.pruning.candidates import candidates
from explainprune.pruning.costs import flops_kept
from explainprune.pruning.granularity import Sharing, view
from explainprune.pruning.pairing import exact_cost as pairing_cost
from explainprune.pruning.pairing import pairing
from explainprune.pruning.rows import given
from explainprune.types import Rows

PARAMS = 6 * 12 + 12 + 12 * 8 + 8 + 8 * 3 + 3


def convolutional():
    model = sequential(
        (8, 8, 2),
        kl.Conv2D(6, 3, name="c1"),
        kl.BatchNormalization(name="norm"),
        kl.ReLU(),
        kl.MaxPooling2D(),
        kl.SeparableConv2D(5, 2, activation="relu", name="c2"),
        kl.Flatten(),
        kl.Dense(7, "relu", name="d"),
        kl.Dense(3, name="out"),
    )
    rng = np.random.default_rng(0)
    for variable in variables(model).values():
        variable.assign(rng.uniform(0.2, 1.0, variable.shape))
    return model


def one_shot(model, **options):
    return prune(model, criterion="magnitude", schedule="one_shot", **options)


def test_parameters_to_the_last(untrained):
    pruned = one_shot(untrained, budget={"params_kept": 0.5})
    assert pruned.masks.removed == 108  # 107 of 215 left; 107 removed would leave 108, over half
    last = pruned.history.iloc[-1]
    assert last.budget == "params_kept"
    assert last.budget_requested == 0.5
    assert last.budget_achieved == pytest.approx(107 / 215)
    assert last.requested == last.achieved == 108 / 168


def test_parameters_of_units_are_those_of_the_shrunk_model():
    model = convolutional()
    pruned = one_shot(model, granularity="unit", budget={"params_kept": 0.5})
    achieved = pruned.history.budget_achieved.iloc[-1]
    smaller = shrink(pruned.model, masks=pruned.masks).model
    left = size_of(model).params * achieved
    assert left == pytest.approx(size_of(smaller).params)
    assert achieved <= 0.5


def test_operations_of_units_are_those_of_the_shrunk_model():
    model = convolutional()
    pruned = one_shot(model, granularity="unit", budget={"flops_kept": 0.4})
    achieved = pruned.history.budget_achieved.iloc[-1]
    smaller = shrink(pruned.model, masks=pruned.masks).model
    assert achieved == pytest.approx(size_of(smaller).flops / size_of(model).flops)
    assert achieved <= 0.4
    fewer = view("unit", model, candidates(model))
    scores = {path: np.arange(size, dtype=float) for path, size in fewer.sizes.items()}
    for removed in range(1, 9):
        entries = fewer.choose(scores, removed / 18, None, Sharing())
        assert 0 < flops_kept(model, fewer.masks(entries)) < 1


def test_operations_of_weights_count_how_often_each_is_used():
    model = convolutional()
    ones = {path: np.ones(v.shape, bool) for path, v in variables(model).items()}
    assert flops_kept(model, ones) == 1
    ones["c1/kernel"][0, 0, 0, 0] = False
    assert flops_kept(model, ones) == pytest.approx(1 - 2 * 36 / size_of(model).flops)


def test_operations_of_a_subclassed_model():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = kl.Dense(3, name="a"), kl.Dense(2, name="b")

        def call(self, x):
            return self.b(self.a(x))

    model = Own()
    model(np.ones((1, 2), "float32"))
    masks = {"a/kernel": np.array([[True, False, False], [True, True, True]])}
    assert flops_kept(model, masks) == pytest.approx(10 / 12)


def test_bytes_through_gzip(untrained):
    start = size_of(untrained).bytes_gzip
    pruned = one_shot(untrained, budget={"bytes": start // 2})
    achieved = pruned.history.budget_achieved.iloc[-1]
    assert achieved == size_of(pruned.model).bytes_gzip <= start // 2
    fewer = one_shot(untrained, sparsity=(pruned.masks.removed - 1) / 168)
    assert size_of(fewer.model).bytes_gzip > start // 2


def test_a_budget_is_neared_in_steps(untrained, data):
    pruned = prune(
        untrained,
        data.train.x,
        criterion="random",
        budget={"params_kept": 0.4},
        schedule="linear",
        steps=3,
        recipe=lambda model, data, **options: model,
    )
    history = pruned.history
    np.testing.assert_allclose(history.budget_requested[1:], [0.8, 0.6, 0.4])
    np.testing.assert_allclose(history.budget_achieved[1:] * PARAMS, [172, 129, 86])
    assert pruned.masks.removed == PARAMS - 86


def test_a_budget_that_is_met_already_removes_nothing(untrained):
    assert one_shot(untrained, budget={"params_kept": 1.0}).masks.removed == 0
    assert one_shot(untrained, budget={"bytes": 10**6}).masks.removed == 0


def test_a_budget_out_of_reach_says_the_closest(untrained):
    with pytest.raises(ValueError, match=r"closest is params_kept=0.311628, at sparsity=0.880952"):
        one_shot(untrained, budget={"params_kept": 0.2})
    assert one_shot(untrained, budget={"params_kept": 0.3117}).masks.removed == 148


@pytest.mark.parametrize("drop", [0.25, 0.04, 0.0])
def test_accuracy_is_bisected(untrained, drop):
    tried = []

    def trial(sparsity):
        tried.append(sparsity)
        lost = max(0.0, sparsity - 0.2) ** 2
        history = pd.DataFrame({"train_accuracy": [1, 0], "validation_accuracy": [0.9, 0.9 - lost]})
        return sparsity, None, history

    seen = view("weight", untrained, candidates(untrained))
    sparsity, _, history = within_accuracy(trial, seen, untrained, drop, Sharing())
    highest, exact = 148 / 168, 0.2 + drop**0.5
    assert exact - highest / 128 <= sparsity <= exact
    assert sparsity in tried
    assert len(tried) == 7
    assert history.budget_requested.tolist() == [drop, drop]
    np.testing.assert_allclose(history.budget_achieved, [0, max(0.0, sparsity - 0.2) ** 2])


@pytest.mark.parametrize("granularity", ["weight", "unit"])
def test_coalitions_of_exact_values(model, data, granularity):
    options = {"criterion": "magnitude", "granularity": granularity, "finetune_epochs": 0}
    pruned = prune(model, data, budget={"exact_cost": 60}, steps=1, **options)
    counted = pairing(model, given(data))
    cost = exact_cost(pruned.model, counted.x, counted.background)
    last = pruned.history.iloc[-1]
    assert (last.budget, last.budget_requested) == ("exact_cost", 60)
    assert last.budget_achieved == cost.total <= 60
    # As little as will do: with one entry less removed it costs more.
    one_less = last.achieved - 1 / (168 if granularity == "weight" else 20)
    more = prune(model, data, sparsity=one_less, schedule="one_shot", **options)
    assert exact_cost(more.model, counted.x, counted.background).total > 60


def test_coalitions_go_down_by_orders_of_magnitude(model, data):
    budget = {"exact_cost": 60}
    pruned = prune(model, data, budget=budget, steps=3, schedule="linear", finetune_epochs=3)
    due = pruned.history.budget_requested.to_numpy()[1:]
    start = pairing_cost(model, {}, pairing(model, given(data)))
    np.testing.assert_allclose(
        due, [60 * (start / 60) ** (2 / 3), 60 * (start / 60) ** (1 / 3), 60]
    )
    # What was achieved is that of the fine-tuned model.
    counted = pairing(model, given(data))
    cost = exact_cost(pruned.model, counted.x, counted.background).total
    assert pruned.history.budget_achieved.iloc[-1] == cost
    assert cost < 120


def test_pairs_that_coalitions_are_counted_on(data):
    rows = np.arange(60.0).reshape(10, 6)
    model = sequential((6,), kl.Dense(1))
    alternating = pairing(model, given(rows))
    np.testing.assert_array_equal(alternating.x, rows[::2])
    np.testing.assert_array_equal(alternating.background, rows[1::2])
    own = data.with_(background=rows, players=np.array([0, 0, 1, 1, 2, 2]))
    taken = pairing(model, given(own))
    np.testing.assert_array_equal(taken.background, rows)
    assert len(taken.x) == 32
    assert taken.players.tolist() == [0, 0, 1, 1, 2, 2]


def test_coalitions_that_cannot_be_counted(model):
    with pytest.raises(ValueError, match="'exact_cost' needs rows to count on"):
        one_shot(model, budget={"exact_cost": 60}, finetune_epochs=0)
    loop = sequential((3, 2), kl.LSTM(2, name="loop"), kl.Dense(1))
    with pytest.raises(ValueError, match=r"can't be counted: layer 'loop' \(LSTM\) is not read"):
        one_shot(loop, data=np.ones((4, 3, 2)), budget={"exact_cost": 60}, finetune_epochs=0)


def test_accuracy_of_a_trained_model(model, data):
    pruned = prune(model, data, budget={"accuracy_drop": 0.05}, finetune_epochs=0, steps=1)
    history = pruned.history.validation_accuracy
    assert history.iloc[0] - history.iloc[-1] <= 0.05 + 1e-9
    assert pruned.masks.removed > 0


def test_accuracy_out_of_reach_or_without_labels(model, data):
    wrong = Rows(data.train.x, np.roll(data.train.y, 1))

    def ruin(model, data, *, seed, after_step):
        model.get_layer("out").kernel.assign(np.zeros((8, 3)))
        model.get_layer("out").bias.assign([-9.0, 9.0, -9.0])
        return model

    settings = {"budget": {"accuracy_drop": 0.01}, "criterion": "magnitude", "steps": 1}
    with pytest.raises(
        ValueError, match=r"can't be reached: the closest is accuracy_drop=0\.\d+, at"
    ):
        prune(model, data, recipe=ruin, **settings)
    with pytest.raises(ValueError, match=r"budget 'accuracy_drop' and objective .* need labels"):
        prune(model, wrong.x, finetune_epochs=0, **settings)


@pytest.mark.parametrize(
    ("budget", "text"),
    [
        ({"param_kept": 0.5}, r"Unknown budget 'param_kept'. Did you mean 'params_kept'\?"),
        ({"params_kept": 0.5, "bytes": 9}, r"budget has one entry.*Received: {'params_kept': 0.5"),
        ({}, r"budget has one entry"),
        (0.5, r"budget has one entry.*Received: 0.5"),
        ({"params_kept": 1.5}, r"'params_kept' takes a share between 0 and 1. Received: 1.5"),
        ({"flops_kept": 0}, r"'flops_kept' takes a share between 0 and 1. Received: 0"),
        ({"exact_cost": 0}, r"'exact_cost' takes a number above 0. Received: 0"),
        ({"bytes": -3}, r"'bytes' takes a number above 0. Received: -3"),
        ({"accuracy_drop": float("nan")}, r"'accuracy_drop' takes a share .* Received: nan"),
        ({"bytes": "9 kB"}, r"Received: '9 kB'"),
    ],
)
def test_budgets_that_are_wrong(budget, text):
    with pytest.raises(ValueError, match=text):
        read_budget(budget)
