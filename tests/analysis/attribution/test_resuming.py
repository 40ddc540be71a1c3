"""A run that is gone on with after something changed underneath: explained anew, never mixed."""

import shutil

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute_to
from explainprune.analysis.attribution.explained import Explained, base_output
from explainprune.data import load_data
from explainprune.keeping import temporary
from explainprune.network import FormulaNetwork, perceptron

X = np.random.default_rng(0).normal(size=(23, 4)).astype("float32")
WEIGHTS = np.random.default_rng(1).normal(size=(4, 3))


def formula(weights=WEIGHTS):
    return FormulaNetwork(lambda x: np.tanh(x @ weights), 4, n_outputs=3)


def ways(network, x, background, targets, *, share=1.0):
    """A method of one's own."""
    return Explained(np.full(x.shape, share), base_output(network, background, targets, len(x)))


def other_ways(network, x, background, targets, *, share=1.0):
    return ways(network, x, background, targets, share=share)


other_ways.__name__ = "ways"
SETTINGS = {"background": X[:3], "method": ways, "target": 0, "rows_at_once": 5}


def stop(rows, total):
    if rows >= 10:
        raise KeyboardInterrupt


def stopped(out, model, x, **settings):
    with pytest.raises(KeyboardInterrupt):
        attribute_to(out, model, x, progress=stop, **settings)


def keras_model(seed=0):
    return perceptron(4, 3, hidden=(5,), seed=seed)


def labelled(raw):
    data = load_data((X, np.arange(23) % 3))
    from dataclasses import replace

    return data.with_(scored=replace(data.scored, raw={"a": np.full(23, raw)}))


CHANGES = {
    "rows": (formula, {}, formula, {"x": X + 1}, "something else"),
    "known values": (formula, {"x": labelled("one")}, formula, {"x": labelled("two")}, "something"),
    "background": (formula, {}, formula, {"background": X[3:6]}, "another background"),
    "formula": (formula, {}, lambda: formula(-WEIGHTS), {}, "another model"),
    "weights": (keras_model, {}, lambda: keras_model(1), {}, "another model"),
    "method": (formula, {}, formula, {"method": other_ways}, "another function"),
    "players": (formula, {}, formula, {"players": [0, 0, 1, 1]}, "another players"),
    "batch size": (formula, {}, formula, {"batch_size": 2}, "another batch size"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_explained_anew_and_said(tmp_path, change):
    model, before, other, after, said = CHANGES[change]
    first, second = SETTINGS | {"x": X} | before, SETTINGS | {"x": X} | after
    stopped(tmp_path / "a.npz", model(), **first)
    with pytest.warns(UserWarning, match=rf"kept in 'a.npz.partial' came of {said}.* anew"):
        written = attribute_to(tmp_path / "a.npz", other(), resume=True, **second)
    assert written.reused == 0
    attribute_to(tmp_path / "b.npz", other(), **second)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    stopped(tmp_path / "c.npz", model(), **first)
    assert attribute_to(tmp_path / "c.npz", model(), resume=True, **first).reused == 10


def test_another_version_is_another_key(tmp_path, monkeypatch):
    from explainprune.analysis.attribution.in_parts import attribute_to as module

    stopped(tmp_path / "a.npz", formula(), X, **SETTINGS)
    monkeypatch.setattr(module, "code_mark", lambda: "another")
    with pytest.warns(UserWarning, match="another version"):
        assert attribute_to(tmp_path / "a.npz", formula(), X, resume=True, **SETTINGS).reused == 0


@pytest.mark.parametrize("damage", ["truncated", "flipped", "foreign"])
def test_a_damaged_part_is_explained_anew_and_said(tmp_path, damage):
    stopped(tmp_path / "a.npz", formula(), X, **SETTINGS)
    first, second = sorted((tmp_path / "a.npz.partial").glob("0*.npz"))
    whole = first.read_bytes()
    if damage == "foreign":
        shutil.copy(second, first)
    else:
        first.write_bytes(whole[:-9] if damage == "truncated" else whole[:-9] + b"!" + whole[-8:])
    with pytest.warns(UserWarning, match="'00000000-.*' in 'a.npz.partial' is damaged"):
        written = attribute_to(tmp_path / "a.npz", formula(), X, resume=True, **SETTINGS)
    assert written.reused == 5
    attribute_to(tmp_path / "b.npz", formula(), X, **SETTINGS)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_folder_of_the_users_is_in_the_way_before_any_work(tmp_path):
    mine = tmp_path / "a.npz.partial"
    mine.mkdir()
    (mine / "thesis.tex").write_text("years")
    for resume in (False, True):
        with pytest.raises(FileExistsError, match=r"'a.npz.partial' is in the way"):
            attribute_to(tmp_path / "a.npz", formula(), X, resume=resume, **SETTINGS)
    assert [path.name for path in tmp_path.rglob("*")] == ["a.npz.partial", "thesis.tex"]


def test_an_error_at_once_keeps_the_parts_of_an_earlier_run(tmp_path):
    stopped(tmp_path / "a.npz", formula(), X, **SETTINGS)
    nan = X.copy()
    nan[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        attribute_to(tmp_path / "a.npz", formula(), nan, resume=True, **SETTINGS)

    def broken(*_, **__):
        raise ValueError("no")

    broken.__name__ = "ways"
    with pytest.warns(UserWarning, match="another function"), pytest.raises(ValueError, match="no"):
        attribute_to(
            tmp_path / "a.npz", formula(), X, resume=True, **(SETTINGS | {"method": broken})
        )
    assert attribute_to(tmp_path / "a.npz", formula(), X, resume=True, **SETTINGS).reused == 10


def test_a_second_writer_is_refused_before_any_work(tmp_path):
    from threading import Thread

    found = []

    def second():
        try:
            attribute_to(tmp_path / "a.npz", formula(), X, **SETTINGS)
        except BlockingIOError as error:
            found.append(str(error))

    def progress(rows, total):
        if rows == 5:
            thread = Thread(target=second)
            thread.start()
            thread.join()

    attribute_to(tmp_path / "a.npz", formula(), X, progress=progress, **SETTINGS)
    assert len(found) == 1 and "is being written by process" in found[0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_leftovers_of_ours_are_no_obstacle(tmp_path):
    temporary(tmp_path / "a.npz.partial")
    assert attribute_to(tmp_path / "a.npz", formula(), X, resume=True, **SETTINGS).reused == 0
