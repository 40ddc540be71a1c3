"""The models of one seed: what a setting of pruning becomes in the arms that change it."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import explainprune as xp
from explainprune import network
from explainprune.analysis.verdict import wording as sentences
from explainprune.cli.settings import config_text
from explainprune.reporting import wording
from explainprune.study import config
from explainprune.study.arms import ARMS, pruned_at, train_arms
from explainprune.study.config import study_config
from explainprune.study.levels import sweep
from explainprune.study.recipes import check_functions
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


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Write a module of the user's own, and set a study that names its functions."""
    monkeypatch.chdir(tmp_path)

    def written(text, **model):
        (tmp_path / "my_own.py").write_text(text, encoding="utf-8")
        sys.modules.pop("my_own", None)
        named = {key: f"my_own:{value}" for key, value in model.items()}
        return study_config(
            {
                "model": {"hidden": [6], **named},
                "prune": {"criterion": "magnitude", "sparsity": 0.5, "steps": 2},
                "study": {"levels": [0.3]},
                "explain": {"background": 5, "rows": 8},
            }
        )

    yield written
    sys.modules.pop("my_own", None)
    sys.path[:] = [entry for entry in sys.path if entry != str(tmp_path)]


def on_the_page():
    """The recipe that the page on pruning prints."""
    page = Path(__file__).parents[2] / "docs" / "pruning.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return next(b for b in blocks if "def recipe(" in b).partition("xp.prune")[0]


BUILD = """
import keras
def build(data, *, seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [keras.Input((13,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(3, "softmax")]
    )
"""


@pytest.mark.slow
@pytest.mark.parametrize("model", [{}, {"build": "build"}, {"path": "dense.keras"}])
def test_the_recipe_of_the_page_trains_every_arm_the_same_each_time(mine, model):
    functions = {k: v for k, v in model.items() if k == "build"}
    config = mine(on_the_page() + BUILD, recipe="recipe", **functions)
    data = xp.load_data("wine")
    if "path" in model:
        dense = network.compiled_like(network.perceptron(13, 3, hidden=(6,)), data.train)
        network.save_model(dense, "dense.keras")
        config = study_config({**config.to_dict(), "model": {**config.to_dict()["model"], **model}})
    arms = train_arms(config, data, 0)
    again = train_arms(config, data, 0)
    assert set(arms.others) == {"placebo", "retrained", "random_pruned"}
    assert arms.masks.sparsity == pytest.approx(0.5, abs=0.01)
    one, two = ([each.pruned, *each.others.values()] for each in (arms, again))
    for ours, theirs in zip(one, two, strict=True):
        for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    for path, mask in arms.masks.items():
        assert (network.weights_of(arms.pruned)[path][~mask] == 0).all()
    rows, notes = sweep(config, arms.dense, data, 0)
    assert [row["arm"] for row in rows] == ["pruned", "random_pruned"] and notes == []


def test_after_step_can_be_called_in_every_arm(mine):
    config = mine(
        """
calls = []
def recipe(model, data, *, seed, after_step):
    after_step()
    after_step(model)
    calls.append(seed)
    return model
""",
        recipe="recipe",
    )
    train_arms(config, xp.load_data("wine"), 0)
    # dense, its pruning, the placebo, the twin, its placebo, and pruned at random
    assert len(sys.modules["my_own"].calls) == 1 + 2 + 2 + 1 + 2 + 2


@pytest.mark.parametrize(
    ("text", "model", "message"),
    [
        (
            "def r(model, data): ...",
            {"recipe": "r"},
            "A recipe is called as train(model, data, *, seed, after_step). "
            "Received: r(model, data).",
        ),
        (
            "def b(data): ...",
            {"build": "b"},
            "[model] build is called as build(data, seed=...). Received: b(data).",
        ),
    ],
)
def test_functions_that_cannot_be_called_are_refused_before_any_work(mine, text, model, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        xp.run_study(mine(text, **model))


def test_a_recipe_that_returns_no_model_is_refused(mine):
    config = mine("def r(model, data, *, seed, after_step): return model, {}", recipe="r")
    check_functions(config.model)
    with pytest.raises(TypeError, match=r"The recipe returned a tuple\. Expected: the trained"):
        train_arms(config, xp.load_data("wine"), 0)


@pytest.mark.filterwarnings("ignore:The model isn't compiled")
def test_pruned_at_random_loses_as_much_as_a_budget_came_to():
    config = study_config(
        {
            "model": {"hidden": [8, 4], "epochs": 1},
            "prune": {"criterion": "magnitude", "budget": {"accuracy_drop": 0.3}, "steps": 1},
            "study": {"arms": ["random_pruned"]},
        }
    )
    arms = train_arms(config, Data(ROWS, task="classification"), 0)
    removed, by_chance = (
        sum((w == 0).sum() for path, w in network.weights_of(model).items() if "kernel" in path)
        for model in (arms.pruned, arms.others["random_pruned"])
    )
    assert removed == by_chance > 0


@pytest.mark.filterwarnings("ignore:The model isn't compiled")
def test_a_twin_starts_elsewhere_and_a_placebo_from_the_dense_model():
    config = study_config(
        {
            "model": {"hidden": [8, 4], "epochs": 1},
            "prune": {"criterion": "magnitude", "sparsity": 0.5, "steps": 1, "finetune_epochs": 0},
            "study": {"arms": ["placebo", "retrained"]},
        }
    )
    arms = train_arms(config, Data(ROWS, task="classification"), 0)
    dense, placebo, twin = map(
        network.weights_of, (arms.dense, arms.others["placebo"], arms.others["retrained"])
    )
    for path, weights in dense.items():
        np.testing.assert_array_equal(placebo[path], weights)  # without fine-tuning: itself
        if path.endswith("kernel"):
            assert (twin[path] != weights).mean() > 0.9


@pytest.mark.filterwarnings("ignore:The model isn't compiled")
@pytest.mark.parametrize(
    ("settings", "rows", "note"),
    [
        ({"granularity": "2:4"}, 0, "No sweep over sparsities: 2:4 says itself how much"),
        ({"granularity": "fan_in:2"}, 0, "No sweep over sparsities: fan_in:2 says itself"),
        ({"allocation": {"hidden_1": 0.5}}, 2, "The sweep has no sparsity of 0.05: "),
    ],
)
def test_a_sweep_leaves_out_what_cannot_be_and_says_so(settings, rows, note):
    config = study_config(
        {
            "prune": {"criterion": "magnitude", "steps": 1, "finetune_epochs": 0, **settings},
            "study": {"levels": [0.05, 0.5]},
            "explain": {"background": 5},
        }
    )
    dense = network.perceptron(8, 2, hidden=(8, 4))
    found, notes = sweep(config, dense, Data(ROWS, task="classification"), 0)
    assert len(found) == rows
    assert len(notes) == 1 and notes[0].startswith(note)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"budget": {"params_kept": 0.5}, "refit": True},
        {"granularity": "2:4", "refit": "obs", "protect": ["a/b", "c"]},
        {"allocation": {"hidden_1": 0.5, "b": [0.1, 0.9]}, "finetune_epochs": 3},
    ],
)
def test_toml_gives_the_same_pruning_back(given, tmp_path):
    config = study_config({"prune": given})
    (tmp_path / "c.toml").write_text(config_text(config), encoding="utf-8")
    assert study_config(tmp_path / "c.toml") == config


def test_a_configuration_says_how_functions_are_called():
    text = config_text(study_config(None))
    assert '# build =  # "module:function": function(data, *, seed) -> untrained model' in text
    assert (
        '# recipe =  # "module:function": train(model, data, *, seed, after_step) -> model' in text
    )
    assert "sparsity = 0.9  # Share to remove." in text


def test_what_goes_wrong_within_an_arm_is_no_reason(mine):
    text = """
def recipe(model, data, *, seed, after_step):
    if seed == 7919:  # the twin's
        raise ValueError("broken")
    return model
"""
    config = mine(text, recipe="recipe")
    with pytest.raises(ValueError, match="broken"):
        train_arms(config, xp.load_data("wine"), 0)


def test_every_arm_that_a_config_may_name_is_made_and_has_a_name_on_the_page():
    assert tuple(ARMS) == config.ARMS
    assert all(name in wording.ARMS and name in sentences.ARMS for name in ARMS)
