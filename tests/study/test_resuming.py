"""A study that is gone on with after something changed underneath: computed anew, never mixed."""

import json
import shutil

import numpy as np
import pytest

import explainprune as xp
from explainprune.keeping import Store
from explainprune.network import perceptron, save_model
from explainprune.study import run_study, study_config
from explainprune.study.kept import Kept, depends, keep_cell

RECIPE = """
from rate_of_mine import EPOCHS

def train(model, data, *, seed, after_step):
    model.fit(data.learnable.x, data.learnable.y, epochs=EPOCHS, verbose=0, batch_size=32)
    after_step()
    return model
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Rows, a model and a recipe, in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    rows(tmp_path, 0)
    (tmp_path / "recipe_of_mine.py").write_text(RECIPE)
    (tmp_path / "rate_of_mine.py").write_text("EPOCHS = 1")
    (tmp_path / "players.json").write_text('{"both": ["a", "b"]}')
    return tmp_path


def rows(folder, seed):
    x = np.random.default_rng(seed).normal(size=(120, 4)).astype("float32")
    np.savez(folder / "rows.npz", x=x, y=(x[:, 0] > 0).astype(int), feature_names=list("abcd"))


CONFIG = {
    "data": {"source": "rows.npz", "players": "players.json"},
    "model": {"hidden": [4], "recipe": "recipe_of_mine:train", "epochs": 1},
    "prune": {"sparsity": 0.3, "steps": 1, "finetune_epochs": 0, "criterion": "magnitude"},
    "explain": {"rows": 26, "metrics": [], "methods": ["gradient_input"]},
    "study": {"seeds": 2, "levels": [], "arms": [], "workers": 1},
}


def config(**changes):
    return study_config({key: {**part, **changes.get(key, {})} for key, part in CONFIG.items()})


def test_everything_that_is_named_counts(folder):
    save_model(perceptron(4, 2, seed=0), folder / "m.keras")
    asked = config(model={"path": "m.keras"})
    before = depends(asked)
    assert set(before) == {
        "configuration", "version", "data.source", "data.players", "model.path", "model.recipe",
    }  # fmt: skip
    assert depends(asked) == before
    rows(folder, 1)
    (folder / "players.json").write_text('{"both": ["c", "d"]}')
    (folder / "rate_of_mine.py").write_text("EPOCHS = 2")  # what the recipe imports
    save_model(perceptron(4, 2, seed=1), folder / "m.keras")
    after = depends(asked)
    assert {key for key in before if before[key] != after[key]} == set(before) - {
        "configuration", "version",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"study": {"workers": 2}}, True),
        ({"study": {"seeds": 5}}, True),
        ({"study": {"threads": 2}}, False),
        ({"explain": {"rows": 27}}, False),
        ({"prune": {"sparsity": 0.4}}, False),
        ({"data": {"class_names": ["yes:no", "a" * 5000]}}, False),
    ],
)
def test_settings_count_unless_no_seed_depends_on_them(folder, changes, same):
    assert (depends(config(**changes)) == depends(config())) is same


def cells(kept, seeds=(0, 1)):
    plain = {"config": config().to_dict(), "folder": None}
    return [kept.cell({**plain, "seed": seed, "detail": seed == 0}) for seed in seeds]


def opened(folder, *, resume=True):
    return Kept(folder / "out.cells", config(), resume)


def put(kept, cell, files=()):
    """Keep what `keep_cell` would."""
    store, name = Store(kept.store.folder), f"seed-{cell['seed']}"
    for file in files:
        part = (folder := store.folder / "x.saved") / file
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(f"{file} of {name}")
        store.put(f"{name}.{part.stem}", cell["key"], part.suffix, part.replace)
        shutil.rmtree(folder)
    text = json.dumps({"seed": cell["seed"], "files": list(files)})
    return store.put(name, cell["key"], ".json", lambda path: path.write_text(text))


FILES = ("models/dense.keras", "models/pruned.keras", "masks.npz")


def test_a_seed_counts_with_all_its_models(folder):
    kept = opened(folder)
    first, second = cells(kept)
    put(kept, first, FILES)
    put(kept, second)
    again = opened(folder)
    found = again.read(cells(again))
    assert list(found) == [0, 1] and again.said == {"reused": [0, 1], "anew": "", "damaged": []}
    for _ in range(2):  # a kill while they are copied loses none
        shutil.rmtree(folder / "out", ignore_errors=True)
        (folder / "out").mkdir()
        again.copy_models(cells(again)[0], found[0], folder / "out")
        for name in FILES:
            assert (folder / "out" / name).read_text() == f"{name} of seed-0"
    (damaged,) = kept.store.folder.glob("seed-0.pruned-*")
    damaged.write_text("half")
    third = opened(folder)
    with pytest.warns(UserWarning, match=r"'seed-0\.pruned-.*' in 'out\.cells' is damaged"):
        assert list(third.read(cells(third))) == [1]
    assert third.said["damaged"] == ["seed-0.pruned"]


def test_another_place_in_the_study_is_another_cell(folder):
    kept = opened(folder)
    put(kept, cells(kept)[1])
    again = opened(folder)
    cell = again.cell({**cells(again)[1], "detail": True})
    with pytest.warns(UserWarning, match="came of something else"):
        assert again.read([cell]) == {}


def test_what_changes_while_a_seed_is_computed_is_refused(folder, monkeypatch):
    def run_cell(cell):
        rows(folder, 2)
        return {"seed": cell["seed"]}

    monkeypatch.setattr("explainprune.study.cell.run_cell", run_cell)
    kept = opened(folder)
    with pytest.raises(ValueError, match=r"^data\.source changed while the study ran"):
        keep_cell(cells(kept)[1])
    assert Store(kept.store.folder).empty


def test_a_folder_of_the_users_is_in_the_way_before_any_work(folder):
    (folder / "out.cells").mkdir()
    (folder / "out.cells" / "thesis.tex").write_text("years")
    for resume in (False, True):
        with pytest.raises(FileExistsError, match=r"'out.cells' is in the way"):
            run_study(config(), folder / "out", resume=resume)
    assert (folder / "out.cells" / "thesis.tex").read_text() == "years"
    assert not (folder / "out").exists()


def _interrupt(done, total, cell):
    raise KeyboardInterrupt


@pytest.mark.slow
def test_a_study_on_other_rows_and_another_recipe_is_as_if_it_were_the_first(folder):
    with pytest.raises(KeyboardInterrupt):
        run_study(config(), folder / "out", progress=_interrupt)
    rows(folder, 1)
    (folder / "rate_of_mine.py").write_text("EPOCHS = 2")
    text = r"1 of the seeds kept in 'out\.cells' came of another data\.source, model\.recipe, and"
    with pytest.warns(UserWarning, match=text):
        run_study(config(), folder / "out", resume=True)
    run_study(config(), folder / "fresh")
    results = (folder / "out" / "results.json").read_bytes()
    assert results == (folder / "fresh" / "results.json").read_bytes()
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert manifest["resumed"]["reused"] == []
    assert "another data.source, model.recipe" in manifest["resumed"]["anew"]
    assert "resumed" not in json.loads((folder / "fresh" / "manifest.json").read_text())
    assert xp.Masks.load(folder / "out" / "masks.npz").removed > 0
    assert not [path.name for path in folder.iterdir() if path.suffix in (".cells", ".partial")]
