"""Arms beside placebo and twins: what they share with the pruned model, and why one is missing."""

import numpy as np
import pytest

import explainprune as xp
from explainprune import network
from explainprune.study.arms import train_arms
from explainprune.study.config import study_config

ALL = ["repruned", "preserving", "small_dense", "distilled", "l1", "dropout", "matched_churn"]


def made_of(data, arms=ALL, **sections):
    config = study_config(
        {
            "model": {"hidden": [12, 6], "epochs": 3, **sections.pop("model", {})},
            "prune": {
                "criterion": "magnitude", "granularity": "unit", "sparsity": 0.5, "steps": 1,
                "finetune_epochs": 2, **sections.pop("prune", {}),
            },
            "study": {"arms": arms, **sections.pop("study", {})},
        }
    )  # fmt: skip
    return train_arms(config, data, 0)


@pytest.mark.slow
def test_further_arms_are_what_they_say():
    data = xp.load_data("wine")
    arms = made_of(data)
    assert list(arms.others) == ALL and not [n for n in arms.notes if n.startswith("No ")]
    of_small = {tuple(map(np.shape, arms.others[n].get_weights())) for n in ALL[2:4]}
    assert of_small == {tuple(map(np.shape, arms.shrunk.model.get_weights()))}
    dense = network.weights_of(arms.dense)

    def apart(name):
        found = network.weights_of(arms.others[name])
        return max(np.abs(found[path] - dense[path]).max() for path in dense)

    for name in ("l1", "dropout", "matched_churn"):
        assert apart(name) > 0
        assert (network.weights_of(arms.others[name])["hidden_1/kernel"] != 0).all()
    gone = arms.masks["hidden_1/kernel"]
    repruned, held = (network.weights_of(arms.others[n]) for n in ALL[:2])
    for found in (repruned, held):  # the same units go by magnitude
        assert (found["hidden_1/kernel"][~gone] == 0).all()
    pruned = network.weights_of(arms.pruned)
    assert not np.allclose(repruned["outputs/kernel"], pruned["outputs/kernel"])
    assert not np.allclose(held["outputs/kernel"], pruned["outputs/kernel"])
    again = made_of(data)
    for name in ALL:
        for a, b in zip(
            arms.others[name].get_weights(), again.others[name].get_weights(), strict=True
        ):
            np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_a_penalty_and_dropout_are_as_strong_as_the_study_says():
    data = xp.load_data("wine")
    weak, strong = (
        made_of(
            data,
            ["l1", "dropout"],
            prune={"finetune_epochs": 30},
            study={"l1_penalty": l1, "dropout_rate": rate},
        ).others
        for l1, rate in ((1e-6, 0.1), (0.1, 0.6))
    )
    total = [sum(np.abs(w).sum() for w in each["l1"].get_weights()) for each in (weak, strong)]
    assert total[1] < 0.95 * total[0]
    rates = [
        layer.rate for each in (weak, strong) for layer in each["dropout"].layers
        if hasattr(layer, "rate")
    ]  # fmt: skip
    assert rates == [0.1, 0.1, 0.6, 0.6]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The model isn't compiled")
@pytest.mark.parametrize(
    ("arms", "given", "reason"),
    [
        (
            ["small_dense"], {"prune": {"granularity": "weight", "sparsity": 0.1}},
            "No small_dense arm: shrinking takes no unit of the pruned model: the small one is the "
            "dense.",
        ),
        (
            ["distilled"], {"prune": {"class_weight": "balanced"}},
            "No distilled arm: what is taught isn't weighed by class.",
        ),
        (
            ["dropout"], {"model": {"dropout": 0.5}},
            "No dropout arm: Model 'perceptron' drops units already.",
        ),
        (
            ["matched_churn"], {"prune": {"sparsity": 0.0, "finetune_epochs": 0}},
            "No matched_churn arm: the pruned model changes no prediction: there is nothing to",
        ),
        (
            ["retrained", "small_dense", "distilled"], {"model": {"path": "dense.keras"}},
            "No {} arm: without a recipe nothing says how to train one.",
        ),
    ],
)  # fmt: skip
def test_an_arm_that_cannot_be_made_says_why(arms, given, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = xp.load_data("wine")
    network.save_model(network.perceptron(13, 3, hidden=(12, 6)), "dense.keras")
    found = made_of(data, arms, **given)
    assert found.others == {}
    notes = [note for note in found.notes if note.startswith("No ")]
    assert len(notes) == len(arms)
    for arm, note in zip(arms, notes, strict=True):
        assert note.startswith(reason.format(arm))


@pytest.mark.slow
def test_a_cell_loads_its_model_once(tmp_path, monkeypatch):
    from explainprune.study import cell

    path = tmp_path / "dense.keras"
    network.save_model(network.perceptron(13, 3, hidden=(6,)), path)
    loaded = []

    def counted(settings):
        loaded.append(settings.path)
        return network.load_model(settings.path)

    for module in ("cell", "arms"):
        monkeypatch.setattr(f"explainprune.study.{module}.trained", counted)
    config = {
        "data": {"source": "wine"},
        "model": {"path": str(path)},
        "prune": {"criterion": "magnitude", "sparsity": 0.5, "steps": 1, "finetune_epochs": 0},
        "explain": {"rows": 24, "metrics": [], "methods": ["gradient_input"]},
        "study": {"arms": [], "levels": []},
    }
    result = cell.run_cell({"config": config, "seed": 0, "detail": False, "save": False})
    assert loaded == [str(path)]
    assert result["variance"]["value"] > 0 and result["variance"]["explainer"] is None
