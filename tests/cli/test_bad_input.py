"""Bad input: one clear sentence, exit code 2, and nothing half-written."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest


def snapshot(folder):
    """Names and times of what is there; what a study keeps in order to resume aside."""
    return {
        path.name: path.stat().st_mtime_ns
        for path in folder.iterdir()
        if not path.name.endswith(".cells")
    }


@pytest.fixture
def refused(cli, files):
    """Run a command that must be refused, and see that it left the folder as it was."""

    def call(*arguments):
        before = snapshot(files)
        outcome = cli(*arguments)
        assert outcome.code == 2, (outcome.out, outcome.err)
        assert snapshot(files) == before
        return outcome.error

    return call


def commands(model, data):
    """The same model and data, given to each command that takes both."""
    return [
        ("prune", model, "--data", data, "-o", "out.keras", "--sparsity", 0.5),
        ("attribute", model, "--data", data, "-o", "out.npz"),
        ("compare", model, "other.keras", "--data", data, "-o", "out"),
        ("compare", "dense.keras", model, "--data", data, "-o", "out"),
    ]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("dens.keras", "no model file 'dens.keras'. Did you mean 'dense.keras'"),
        ("corrupt.keras", "'corrupt.keras' is corrupt, or no model file"),
        ("torn.keras", "'torn.keras'"),
        ("empty.keras", "'empty.keras' is empty"),
        ("lambda.keras", "Lambda"),
        ("d.npz", "'d.npz'"),
    ],
)
def test_models_that_are_refused(refused, files, model, message):
    (files / "corrupt.keras").write_bytes(b"no model at all")
    (files / "empty.keras").write_bytes(b"")
    whole = (files / "dense.keras").read_bytes()
    (files / "torn.keras").write_bytes(whole[: len(whole) // 2])
    for arguments in commands(model, "d.npz"):
        assert message in refused(*arguments)


def data_files(folder):
    """Write data that doesn't fit, each with what the error must say."""
    x = np.zeros((6, 4), dtype=np.float32)
    y = np.arange(6) % 3
    nan = x.copy()
    nan[2, 1] = np.nan
    frame = pd.DataFrame(x, columns=list("abcd")).assign(label=y)
    np.savez(folder / "nan.npz", x=nan, y=y)
    np.savez(folder / "inf.npz", x=np.where(np.isnan(nan), np.inf, nan), y=y)
    np.savez(folder / "narrow.npz", x=x[:, :3], y=y)
    np.savez(folder / "rank.npz", x=np.zeros(6), y=y)
    np.savez(folder / "none.npz", x=x[:0], y=y[:0])
    np.savez(folder / "labels.npz", x=x, y=y + 5)
    np.savez(folder / "short.npz", x=x, y=y[:3])
    np.savez(folder / "background.npz", x=x, y=y, background=x[:0])
    frame.assign(b="text").to_csv(folder / "text.csv", index=False)
    frame[:0].to_csv(folder / "none.csv", index=False)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("gone.npz", "No data file 'gone.npz'"),
        ("digts", "Unknown data set 'digts'. Did you mean 'digits'"),
        ("nan.npz", "x has 1 values that are NaN or infinite"),
        ("inf.npz", "x has 1 values that are NaN or infinite"),
        ("rank.npz", "Received: shape=(6,)"),
        ("none.npz", "Data needs at least one row"),
        ("none.csv", "The table has no rows"),
        ("short.npz", "y needs one entry for each of the 6 rows"),
        ("background.npz", "background needs at least one row"),
        ("text.csv", "columns that aren't numbers: 'b' ('text')"),
        ("dense.keras", "'dense.keras' is a model, not data"),
        ("narrow.npz", "4"),
    ],
)
def test_data_that_is_refused(refused, files, data, message):
    data_files(files)
    for arguments in commands("dense.keras", data)[:3]:
        assert message in refused(*arguments)


def test_labels_outside_the_outputs(refused, files):
    data_files(files)
    prune, _, compare, _ = commands("dense.keras", "labels.npz")
    for arguments in (prune, compare):
        assert "label" in refused(*arguments).lower()


def test_training_labels_of_one_class(refused, files):
    np.savez(files / "one.npz", x=np.random.default_rng(0).normal(size=(20, 4)), y=np.ones(20, int))
    assert "class" in refused("run", "--data", "one.npz", "-o", "out", "--seeds", 1)


PRUNE = "prune dense.keras -o o.keras --sparsity 0.5"
ATTRIBUTE = "attribute dense.keras --data d.npz -o o.npz"
COMPARE = "compare dense.keras other.keras --data d.npz -o out"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("prune dense.keras --data d.npz -o o.keras --sparsity 1", "Received: 1.0"),
        ("prune dense.keras --data d.npz -o o.keras --sparsity=-.1", "Received: -0.1"),
        (
            f"{PRUNE} --data d.npz --criterion tailor",
            "Unknown criterion 'tailor'. Did you mean 'taylor'",
        ),
        (f"{PRUNE} --protect hiden", "'hiden'. Did you mean 'hidden'"),
        (f"{PRUNE} --recipe nope:f", "recipe 'nope:f' could not be imported"),
        (f"{ATTRIBUTE} --method dep_shap", "Unknown method 'dep_shap'. Did you mean 'deep_shap'"),
        (f"{ATTRIBUTE} --explain 9", "9"),
        (f"{ATTRIBUTE} --method gradient --option stps=3", "stps"),
        (f"{ATTRIBUTE} --rows 0", "--rows is at least 1"),
        (f"{COMPARE} --metric signed_topk", "'signed_topk'. Did you mean 'signed_top_k'"),
        (f"{COMPARE} --margin 2", "margin"),
        (f"{COMPARE} --background 0", "background"),
        (f"{COMPARE} --arm other.keras", "--arm takes NAME=FILE"),
    ],
)
def test_names_and_numbers_that_are_refused(refused, arguments, message):
    assert message in refused(*arguments.split())


@pytest.mark.parametrize(
    ("arguments", "out", "message"),
    [
        (commands("dense.keras", "d.npz")[0], "d.npz", "The output's name ends in .keras"),
        (commands("dense.keras", "d.npz")[0], "gone/o.keras", "There is no folder 'gone'"),
        (commands("dense.keras", "d.npz")[0], "other.keras", "'other.keras' exists already"),
        (commands("dense.keras", "d.npz")[1], "d.npz", "'d.npz' exists already. Pass --force"),
        (commands("dense.keras", "d.npz")[1], "o.txt", "ends in .npz or .csv"),
        (commands("dense.keras", "d.npz")[2], "d.npz", "d.npz exists and is a file"),
        (commands("dense.keras", "d.npz")[2], ".", "exists already"),
    ],
)
def test_outputs_that_are_refused(refused, arguments, out, message):
    arguments = [out if str(a).startswith("out") else a for a in arguments]
    assert message in refused(*arguments)


def test_a_folder_without_a_report_is_not_replaced_even_by_force(refused, files):
    (files / "mine").mkdir()
    (files / "mine" / "thesis.tex").write_text("years")
    message = refused(*commands("dense.keras", "d.npz")[2][:-1], "mine", "--force")
    assert "it holds 1 entries but no report" in message
    assert (files / "mine" / "thesis.tex").read_text() == "years"


def test_an_unwritable_folder_is_named(refused, files, monkeypatch):
    import tempfile

    def full(*_, **__):
        raise PermissionError(13, "Permission denied", "readonly")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    message = refused("init", "new.toml")
    assert message == "Permission denied: 'readonly'."


def test_results_that_are_refused(refused, files):
    (files / "results.json").write_text('{"schema": "other"}')
    (files / "torn").mkdir()
    (files / "torn" / "results.json").write_text("{")
    for command in ("check", "report"):
        assert "No results at gone" in refused(command, "gone")
    assert "Expected schema" in refused("check", "results.json")
    assert "lies beside no report" in refused("report", "results.json")
    assert "Not valid JSON" in refused("check", "torn")
    assert "Unknown verdict 'preservd'. Did you mean 'preserved'" in refused(
        "check", "torn", "--require", "preservd"
    )


def interrupted(folder, arguments):
    """Start a command in a process of its own, and press Ctrl-C once it says what it does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "explainprune", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores SIGINT and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    first = process.stderr.readline()
    assert first.rstrip().endswith("…"), first + process.communicate()[1]
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "dense.keras", "other.keras", "--data", "d.npz", "-o", "out"),
        ("run", "--data", "d.csv", "-o", "out", "--workers", "1"),
        (
            *("prune", "dense.keras", "--data", "d.npz", "-o", "out.keras"),
            *("--sparsity", "0.5", "--finetune-epochs", "100000"),
        ),
    ],
    ids=["compare", "run", "prune"],
)
def test_ctrl_c_exits_130_and_leaves_nothing_under_the_final_name(files, arguments):
    code, out, err = interrupted(files, arguments)
    assert (code, out) == (130, ""), err
    assert "Interrupted: nothing was written" in err and "Traceback" not in err
    assert not [path.name for path in files.iterdir() if path.name in ("out", "out.keras")]
    assert not [path.name for path in files.iterdir() if path.name.endswith(".partial")]
