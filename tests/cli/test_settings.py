"""Flags over environment over TOML over defaults."""

import tomllib

import pytest

from explainprune.cli.toml import assignments, merged, to_toml
from explainprune.study import StudyConfig, study_config
from explainprune.study.config import ARMS


def printed(cli, *arguments):
    outcome = cli("run", *arguments, "--print-config")
    assert outcome.code == 0, outcome.err
    return tomllib.loads(outcome.out)


def test_flags_come_before_environment_before_file_before_defaults(cli, files, monkeypatch):
    (files / "c.toml").write_text(
        '[prune]\nsparsity = 0.1\nsteps = 2\ncriterion = "random"\n[study]\nseeds = [3]\n'
    )
    config = printed(cli, "c.toml")
    assert config["prune"]["sparsity"] == 0.1 and config["study"]["seeds"] == [3]
    assert config["prune"]["keep_at_least"] == StudyConfig().prune.keep_at_least
    monkeypatch.setenv("EXPLAINPRUNE_SPARSITY", "0.2")
    monkeypatch.setenv("EXPLAINPRUNE_CRITERION", "magnitude")
    config = printed(cli, "c.toml", "--sparsity", "0.3")
    assert config["prune"]["sparsity"] == 0.3  # the flag
    assert config["prune"]["criterion"] == "magnitude"  # the environment
    assert config["prune"]["steps"] == 2  # the file


def test_every_setting_can_be_set(cli):
    config = printed(cli, "--set", "study.levels=[0.5]", "--set", "data.source=wine", "--seeds", 2)
    assert config["study"]["levels"] == [0.5] and config["data"]["source"] == "wine"
    assert config["study"]["seeds"] == [0, 1]


def test_what_is_printed_reads_back_as_the_same(cli):
    config = printed(cli, "--sparsity", "0.5", "--method", "gradient", "--data", 'wi"n\\e')
    assert study_config(config).to_dict() == {**study_config(config).to_dict()}
    assert study_config(config).explain.methods == ("gradient",)
    assert study_config(config).data.source == 'wi"n\\e'
    assert study_config(printed(cli)) == StudyConfig()


def test_flags_of_every_form_reach_the_configuration(cli, monkeypatch):
    monkeypatch.setenv("EXPLAINPRUNE_STEPS", "7")
    given = printed(
        cli,
        *("--budget", "params_kept=0.5", "--allocation", "a/b=0.5", "--allocation", "c=[0, 1]"),
        *("--protect", "a", "--protect", "b", "--refit", "obs"),
    )["prune"]
    assert given["budget"] == {"params_kept": 0.5} and "sparsity" not in given
    assert given["allocation"] == {"a/b": 0.5, "c": [0, 1]}
    assert (given["protect"], given["refit"], given["steps"]) == (["a", "b"], "obs", 7)
    plain = printed(cli, "--allocation", "uniform", "--refit", "true")["prune"]
    assert (plain["allocation"], plain["refit"], plain["sparsity"]) == ("uniform", True, 0.9)


def test_arms_are_named_by_flags_and_listed(cli):
    given = printed(cli, "--arm", "placebo", "--arm", "matched_churn")
    assert given["study"]["arms"] == ["placebo", "matched_churn"]
    assert printed(cli)["study"]["arms"] == ["placebo", "retrained", "random_pruned"]
    wrong = cli("run", "--arm", "matched", "--print-config")
    assert wrong.code == 2 and "Unknown arm in [study] 'matched'. Did you mean" in wrong.error
    listed = cli("list", "arms", "--json").json
    assert list(listed) == list(ARMS) and all(listed.values())


def test_print_config_as_json(cli):
    assert cli("run", "--print-config", "--json").json == StudyConfig().to_dict()


def test_init_writes_what_run_reads(cli, files):
    assert cli("init", "mine.toml").code == 0
    assert study_config(tomllib.loads((files / "mine.toml").read_text())) == StudyConfig()
    outcome = cli("init", "mine.toml")
    assert outcome.code == 2 and outcome.error == (
        "'mine.toml' exists already. Pass --force to replace it."
    )
    (files / "mine.toml").write_text("old")
    assert cli("init", "mine.toml", "--force", "--quiet").err == ""
    assert (files / "mine.toml").read_text() != "old"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[prune]\nsparsty = 0.5\n", "Unknown key in [prune] 'sparsty'. Did you mean 'sparsity'"),
        ("[prun]\n", "'prun'. Did you mean 'prune'"),
        ("[prune]\nsparsity = 1.0\n", "A sparsity lies in [0, 1). Received: 1.0"),
        ('[prune]\nsparsity = "much"\n', "sparsity"),
        ("[prune\n", "'c.toml' is not valid TOML"),
        ("prune = 3\n", "[prune] is a table of keys. Received: 3"),
        ("[study]\nseeds = [1, 1]\n", "seeds are distinct integers"),
    ],
)
def test_configurations_that_are_refused(cli, files, text, message):
    (files / "c.toml").write_text(text)
    outcome = cli("run", "c.toml", "-o", "out")
    assert outcome.code == 2 and message in outcome.error
    assert not (files / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["conf.toml"], "There is no configuration 'conf.toml'"),
        (["--set", "steps=3"], "--set takes SECTION.KEY=VALUE. Received: 'steps'"),
        (["--set", "prune.steps"], "--set takes KEY=VALUE. Received: 'prune.steps'"),
        (["--set", "prune.step=3"], "Unknown key in [prune] 'step'. Did you mean 'steps'"),
        (["--sparsity", "-0.1"], "A sparsity lies in [0, 1). Received: -0.1"),
    ],
)
def test_settings_that_are_refused(cli, arguments, message):
    outcome = cli("run", *arguments)
    assert outcome.code == 2 and message in outcome.error


def test_merging_leaves_the_configuration_alone():
    config = {"prune": {"steps": 5}}
    assert merged(config, {"prune.steps": 1, "data.source": "wine"}) == {
        "prune": {"steps": 1},
        "data": {"source": "wine"},
    }
    assert config == {"prune": {"steps": 5}}


def test_values_of_assignments_are_toml_where_they_can_be():
    found = assignments(["a=1", "b=[0.5]", "c=true", 'd="x"', "e=x=y", "f="], "--set")
    assert found == {"a": 1, "b": [0.5], "c": True, "d": "x", "e": "x=y", "f": ""}


def test_toml_round_trip():
    sections = {"a": {"text": 'q"\n\x7f ü', "on": True, "n": [1, 2.5], "t": {"k": 1}}}
    assert tomllib.loads(to_toml(sections, {"a": "About a."})) == sections


def test_flags_of_a_study_set_their_keys_zero_included():
    from explainprune.cli.study import FLAGS, config_of

    config = config_of(None, sparsity=0.0, steps=3, method=["gradient"], trust=False, refit=False)
    assert (config.prune.sparsity, config.prune.steps) == (0.0, 3)
    assert config.explain.methods == ("gradient",) and config.model.trust is False
    plain = StudyConfig().to_dict()
    for key in FLAGS.values():
        section, name = key.split(".")
        assert name in plain[section], key
