"""`protocol` states what `compare` and `run` are then held to."""

import json
import tomllib

import pytest


def stated(files, name="P.toml"):
    return tomllib.loads((files / name).read_text(encoding="utf-8"))["protocol"]


def test_a_pairs_protocol_takes_the_options_of_compare(cli, files):
    common = ("protocol", "dense.keras", "other.keras", "--data", "d.npz", "--margin", 0.07)
    outcome = cli(*common, "--rows", 20, "--arm", "twin=x.keras", "--seed", 4, "-o", "P.toml")
    assert outcome.code == 0, outcome.err
    found = stated(files)
    assert (found["scope"], found["margin"], found["rows"]) == ("pair", 0.07, 20)
    assert (found["arms"], found["seeds"]) == (["twin"], [4])
    assert outcome.out == f"Wrote P.toml: {found['sha256']}\n"
    again = cli(*common, "-o", "P.toml")
    assert again.code == 2 and "exists already" in again.error
    assert cli(*common, "-o", "P.txt").code == 2


def test_a_studys_protocol_takes_the_options_of_run(cli, files):
    outcome = cli("init", "c.toml")
    for number, options in enumerate([("c.toml",), ("--seeds", 3, "--data", "digits")]):
        outcome = cli("protocol", *options, "-o", f"{number}.toml", "--json")
        assert outcome.code == 0, outcome.err
        assert outcome.json == {
            "protocol": f"{number}.toml",
            **_nulls(stated(files, f"{number}.toml")),
        }
    assert stated(files, "1.toml")["scope"] == "procedure"
    assert stated(files, "1.toml")["seeds"] == [0, 1, 2]
    assert stated(files, "1.toml")["arms"] == ["placebo", "random_pruned", "retrained"]


def _nulls(found):
    from explainprune.analysis.protocol import Protocol

    return {name: found.get(name) for name in (*Protocol.__dataclass_fields__, "sha256")}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "A protocol of a pair needs --data; one of a study a CONFIG.toml."),
        (("c.toml", "--arm", "a=b.keras"), "Unknown arm in [study] 'a=b.keras'. Known: distilled"),
        (("c.toml", "--accuracy-margin", "0.1"), "only `compare` has: accuracy_margin"),
        (("c.toml", "d.toml"), "is of `run` or of `compare`. Received: c.toml, d.toml"),
    ],
)
def test_what_is_neither_is_refused(cli, files, options, message):
    cli("init", "c.toml")
    outcome = cli("protocol", *options, "-o", "P.toml")
    assert outcome.code == 2 and message in outcome.error
    assert not (files / "P.toml").exists()


def test_a_run_that_differs_is_refused_before_any_work(cli, files):
    assert cli("protocol", "--data", "digits", "--seeds", 3, "-o", "P.toml").code == 0
    outcome = cli("run", "--data", "digits", "--seeds", 2, "--protocol", "P.toml", "-o", "out")
    assert outcome.code == 2
    assert "states seeds = [0, 1, 2], but seeds = [0, 1] was asked for" in outcome.error
    assert not (files / "out").exists() and not (files / "out.cells").exists()


def test_compare_is_held_to_its_protocol_and_the_results_repeat_the_hash(cli, files):
    common = ("dense.keras", "other.keras", "--data", "d.npz", "--rows", 20, "--metric", "churn")
    assert cli("protocol", *common, "-o", "P.toml").code == 0
    outcome = cli("compare", *common, "--margin", 0.1, "--protocol", "P.toml", "-o", "out")
    assert outcome.code == 2 and "states margin = 0.15, but margin = 0.1" in outcome.error
    outcome = cli("compare", *common, "--protocol", "P.toml", "-o", "out")
    assert outcome.code == 0, outcome.err
    results = json.loads((files / "out" / "results.json").read_text(encoding="utf-8"))
    digest = stated(files)["sha256"]
    assert results["provenance"]["protocol"] == {"hash": digest}
    page = (files / "out" / "report.html").read_text(encoding="utf-8")
    assert f"stated before (hash {digest[:10]}" in page
    assert "stated with the results" not in page
