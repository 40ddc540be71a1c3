"""docs/attribution.md says of every method what is true of it."""

import re
from ast import literal_eval
from pathlib import Path

import numpy as np
import pytest
from deep_shap_cases import L, sequential

import explainprune as xp
from explainprune.analysis.attribution.reading.options import own_options

PAGE = (Path(__file__).parents[3] / "docs" / "attribution.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S))
LINES = ("Cost", "Adds up", "Options", "Standard error", "Source")


def line(name, what):
    """What a section says after "- What:", its continuation included."""
    found = re.search(rf"^- {what}: (.*?)(?=^- |\Z)", SECTIONS[name], re.M | re.S)
    assert found, f"{name} has no line {what!r}"
    return " ".join(found[1].split())


def test_every_method_has_a_section_and_nothing_else_has():
    assert set(SECTIONS) == set(xp.METHODS)


@pytest.mark.parametrize("name", xp.METHODS)
def test_the_options_are_the_methods_own(name):
    for what in LINES:
        line(name, what)
    said = dict(re.findall(r"`(\w+)=([^`]+)`", line(name, "Options")))
    own = own_options(xp.METHODS[name], {"rng": None, "players": None})
    assert {key: literal_eval(value) for key, value in said.items()} == own


@pytest.fixture(scope="module")
def image_model():
    return sequential((4, 4, 1), L.Conv2D(2, 2, activation="relu"), L.Flatten(), L.Dense(2))


FEW = {"shap_gradient": {"nsamples": 5}, "shap_kernel": {"nsamples": 40}}
"""Options that keep a run short."""


@pytest.mark.parametrize("name", xp.METHODS)
def test_what_adds_up_and_what_has_an_error_is_so(name, image_model):
    rows = np.random.default_rng(0).normal(size=(4, 4, 4, 1)).astype("float32")
    draws = {"draws": 2} if "`draws=" in line(name, "Options") else {}
    found = xp.attribute(
        image_model, rows[:2], background=rows[2:], method=name, **draws, **FEW.get(name, {})
    )
    assert found.complete == line(name, "Adds up").startswith("yes")
    says_error = not line(name, "Standard error").startswith("none")
    # Of two background rows all orders and coalitions may be in: then nothing is drawn.
    assert (found.std_error is not None) <= says_error
    if "draws" in draws and name != "hybrid":
        assert found.std_error is not None
