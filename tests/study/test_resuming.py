"""A study that is gone on with after something changed underneath: computed anew, never mixed."""

import json
import shutil

import pytest
from small_studies import config, laid_out, rows

import explainprune as xp
from explainprune.network import perceptron, save_model
from explainprune.study import run_study
from explainprune.study.kept import Kept, depends


@pytest.fixture
def folder(tmp_path, monkeypatch):
    laid_out(tmp_path, monkeypatch)
    return tmp_path


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


def cells(seeds=(0, 1)):
    plain = {"config": config().to_dict(), "save": True}
    return [{**plain, "seed": seed, "detail": seed == 0} for seed in seeds]


def opened(folder, *, resume=True):
    return Kept(folder / "out.cells", config(), resume)


def put(kept, cell, files=()):
    """Keep what might be a seed's result."""
    seed = cell["seed"]
    kept.put(cell, {"seed": seed, "files": {f: f"{f} of seed-{seed}".encode() for f in files}})


FILES = ("models/dense.keras", "models/pruned.keras", "masks.npz")


def test_a_seed_counts_with_all_its_models(folder):
    kept = opened(folder)
    first, second = cells()
    put(kept, first, FILES)
    put(kept, second)
    again = opened(folder)
    found = again.read(cells())
    assert list(found) == [0, 1] and again.said == {"reused": [0, 1], "anew": "", "damaged": []}
    for _ in range(2):  # a kill while they are copied loses none
        shutil.rmtree(folder / "out", ignore_errors=True)
        (folder / "out").mkdir()
        again.copy_models(cells()[0], found[0], folder / "out")
        for name in FILES:
            assert (folder / "out" / name).read_text() == f"{name} of seed-0"
    (damaged,) = kept.store.folder.glob("seed-0.pruned-*")
    damaged.write_text("half")
    third = opened(folder)
    with pytest.warns(UserWarning, match=r"'seed-0\.pruned-.*' in 'out\.cells' is damaged"):
        assert list(third.read(cells())) == [1]
    assert third.said["damaged"] == ["seed-0.pruned"]


def test_another_place_in_the_study_is_another_cell(folder):
    kept = opened(folder)
    put(kept, cells()[1])
    again = opened(folder)
    cell = {**cells()[1], "detail": True}
    with pytest.warns(UserWarning, match="came of something else"):
        assert again.read([cell]) == {}


def test_what_changes_while_a_seed_is_computed_is_refused(folder):
    kept = opened(folder)
    rows(folder, 2)
    with pytest.raises(ValueError, match=r"^data\.source changed while the study ran"):
        put(kept, cells()[1])
    assert opened(folder).store.empty


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
