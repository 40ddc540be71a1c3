"""One declaration: what `prune` takes is what the command line and a study take."""

import inspect
from dataclasses import fields

import pytest

from explainprune import prune
from explainprune.cli.main import app
from explainprune.options import PruneOptions
from explainprune.study.config import PruneSettings, study_config

DECLARED = {each.name: each.default for each in fields(PruneOptions)}
NOT_PLAIN = {"recipe", "masks", "sample_weight", "unlabelled", "seed"}
"""Arguments of `prune` that a command or a study says elsewhere, or that have no plain form."""


def test_prune_takes_what_is_declared_with_the_same_defaults():
    taken = inspect.signature(prune).parameters.values()
    keywords = {p.name: p.default for p in taken if p.kind is p.KEYWORD_ONLY}
    assert set(keywords) == set(DECLARED) | NOT_PLAIN
    assert {name: keywords[name] for name in DECLARED} == DECLARED
    assert all(f"\n{name} : " in inspect.getdoc(prune) for name in DECLARED)


@pytest.mark.parametrize("command", ["prune", "run"])
def test_commands_have_a_flag_for_each(command):
    import typer

    parameters = typer.main.get_command(app).commands[command].params
    flags = {flag for parameter in parameters for flag in parameter.opts}
    assert {f"--{name.replace('_', '-')}" for name in DECLARED} <= flags


def test_a_study_has_a_key_for_each():
    assert {each.name for each in fields(PruneSettings)} == {*DECLARED, "shrink"}


@pytest.mark.parametrize(
    ("given", "sparsity"),
    [
        ({}, 0.9),
        ({"granularity": "block:2x2"}, 0.9),
        ({"sparsity": 0.3}, 0.3),
        ({"budget": {"params_kept": 0.5}}, None),
        ({"granularity": "2:4"}, None),
        ({"granularity": "fan_in:16,4"}, None),
        ({"allocation": {"hidden_1": 0.5}}, None),
    ],
)
def test_a_study_has_a_sparsity_of_its_own_only_where_nothing_else_says_how_much(given, sparsity):
    config = study_config({"prune": given})
    assert config.prune.sparsity == sparsity
    assert study_config(config.to_dict()) == config


def test_a_value_of_neither_form_is_refused():
    with pytest.raises(ValueError, match=r"expected str \| dict.*Received: 3"):
        study_config({"prune": {"allocation": 3}})
