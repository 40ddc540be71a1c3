"""One list of what a layer is: whole, printed, and true."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from explainprune.network.backend import keras
from explainprune.network.layers import elementwise
from explainprune.network.layers.kind import UNKNOWN
from explainprune.network.layers.registry import KINDS, OPERATIONS, kind_of

ROOT = Path(__file__).parents[3]
EXPORTED = {
    each
    for each in vars(keras.layers).values()
    if isinstance(each, type) and issubclass(each, keras.layers.Layer)
}
FIRST = {
    "RandomTranslation": (0.3, 0.3),
    "RandomPosterization": (3,),
    **dict.fromkeys(("RandomColorJitter", "RandomErasing", "RandomFlip", "RandomGaussianBlur"), ()),
    **dict.fromkeys(("RandomGrayscale", "Identity", "ActivityRegularization"), ()),
}
IDLE = sorted(
    (layer for layer, kind in KINDS.items() if kind.idle and layer in EXPORTED),
    key=lambda layer: layer.__name__,
)


def test_every_layer_that_keras_ships_is_listed():
    assert sorted(each.__name__ for each in EXPORTED - KINDS.keys()) == []


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_listed_is_one_of_keras(name):
    operations = {each.__name__ for each in _below(keras.Operation)}
    assert name in operations


def _below(base):
    for each in base.__subclasses__():
        if each.__module__.startswith("keras."):
            yield each
            yield from _below(each)


def test_the_page_is_what_the_list_says(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    file = ROOT / "benchmarks" / "layers_page.py"
    spec = importlib.util.spec_from_file_location("layers_page", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), (
        "docs/layers.md is out of date: run python benchmarks/layers_page.py"
    )


def test_a_class_of_ones_own_is_of_no_kind():
    mine = type("Dense", (keras.layers.Dense,), {})
    assert kind_of(mine(2)) is kind_of(object()) is UNKNOWN
    assert kind_of(keras.layers.Identity()) is elementwise.IDLE


@pytest.mark.parametrize("layer", IDLE, ids=lambda layer: layer.__name__)
def test_what_is_idle_does_nothing_but_in_training(layer):
    rank = {"1": 3, "3": 5}.get(layer.__name__[-2], 4)
    rows = np.random.default_rng(0).uniform(size=(2, *[8] * (rank - 2), 3))
    made = layer(*FIRST.get(layer.__name__, (0.3,)))
    found = made(rows.astype("float32"), training=False)
    np.testing.assert_array_equal(np.asarray(found), rows.astype("float32"))
