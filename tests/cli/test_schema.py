"""How rows are read, said once, in a file or by flags that every command has."""

import inspect
from dataclasses import fields

import pandas as pd
import pytest

from explainprune.cli.main import COMMANDS
from explainprune.options import ReadOptions

SCHEMA = """
[data]
target = "outcome"
features = ["a", "b", "c", "d"]
group = "site"
"""


@pytest.fixture
def table(files):
    """The rows of `files` as people have them: another order, an id, a place, labels elsewhere."""
    frame = pd.read_csv(files / "d.csv").rename(columns={"label": "outcome"})
    frame = frame.assign(id=range(len(frame)), site=["north", "south"] * (len(frame) // 2))
    frame[["id", "outcome", "d", "b", "site", "a", "c"]].to_csv(files / "own.csv", index=False)
    (files / "S.toml").write_text(SCHEMA, encoding="utf-8")
    return files


@pytest.mark.parametrize("command", ["attribute", "compare", "prune", "sensitivity", "run"])
def test_every_command_that_reads_rows_has_every_option(command):
    has = inspect.signature(COMMANDS[command]).parameters
    assert {each.name for each in fields(ReadOptions)} | {"schema"} <= set(has)


def test_a_schema_reads_as_its_flags_do(cli, table):
    common = ("attribute", "dense.keras", "--method", "gradient", "--rows", 5, "--data")
    assert cli(*common, "d.csv", "-o", "plain.csv").code == 0
    assert cli(*common, "own.csv", "--schema", "S.toml", "-o", "schema.csv").code == 0
    flags = ("--target", "outcome", "--features", "a,b,c,d", "--drop", "id")
    assert cli(*common, "own.csv", *flags, "-o", "flags.csv").code == 0
    plain, by_schema, by_flags = (
        (table / f"{name}.csv").read_text() for name in ("plain", "schema", "flags")
    )
    assert plain == by_schema == by_flags


def test_flags_come_before_the_schema(cli, table):
    common = ("attribute", "dense.keras", "--method", "gradient", "--rows", 5, "--data", "own.csv")
    other = cli(*common, "--schema", "S.toml", "--features", "d,c,b,a", "-o", "o.csv")
    assert other.code == 0
    assert list(pd.read_csv(table / "o.csv")["feature"][:4]) == ["d", "c", "b", "a"]


def test_a_protocol_says_how_its_rows_were_read(cli, table):
    models = ("dense.keras", "other.keras", "--data", "own.csv")
    assert cli("protocol", *models, "--schema", "S.toml", "-o", "P.toml").code == 0
    outcome = cli("compare", *models, "--protocol", "P.toml", "-o", "R", "--json")
    assert outcome.code == 0, outcome.err
    groups = pd.read_json(table / "R" / "results.json", typ="series")
    assert "north" in str(groups.to_dict())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rows]\n", "'S.toml' has no [data], which says target, group"),
        ('[data]\ntarge = "y"\n', "'targe'"),
        ("[data]\nfeatures = 3\n", "features"),
        ("[data\n", "'S.toml' is not valid TOML"),
    ],
)
def test_a_schema_that_cant_be_read_is_named(cli, table, text, message):
    (table / "S.toml").write_text(text, encoding="utf-8")
    outcome = cli(
        *("attribute", "dense.keras", "--data", "own.csv", "--schema", "S.toml", "-o", "o.csv")
    )
    assert outcome.code == 2 and message in outcome.error
    assert not (table / "o.csv").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_no_help_holds_marks_that_the_terminal_takes_for_styles(command):
    """Of ``[data]`` in a help text nothing is shown."""
    parameters = inspect.signature(COMMANDS[command], eval_str=True).parameters
    for each in parameters.values():
        for info in getattr(each.annotation, "__metadata__", ()):
            assert "[" not in (getattr(info, "help", None) or ""), each.name
