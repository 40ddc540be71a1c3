"""A whole study, small: the folder it writes, the same bytes however it runs, and going on."""

import hashlib
import json

import numpy as np
import pytest

import explainprune as xp
from explainprune.analysis.intervals import skewed_mean
from explainprune.cli.toml import to_toml
from explainprune.study import run_study, study_config
from explainprune.study.cell import study_data
from explainprune.study.run import study_protocol
from explainprune.types.encoding import encode

SMALL = {
    "data": {"source": "wine"},
    "model": {"hidden": [6], "epochs": 8},
    "prune": {"sparsity": 0.5, "steps": 2, "finetune_epochs": 2},
    "explain": {"background": 20, "rows": 24},
    "study": {"seeds": 2, "levels": [0.5], "workers": 2},
}


def with_(**study):
    return {**SMALL, "study": {**SMALL["study"], **study}}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "wine"
    seen = []
    study = run_study(SMALL, out, progress=lambda done, total, cell: seen.append((done, total)))
    return study, out, seen


@pytest.mark.slow
def test_a_study_writes_its_folder(ran):
    study, out, seen = ran
    names = {path.name for path in out.iterdir()}
    assert names == {
        "report.html", "results.json", "manifest.json", "units.csv", "attributions.csv",
        "figures", "models", "masks.npz", "certificate.json", "seeds.csv", "features.csv",
        "metrics.csv", "levels.csv", "models.csv", "slices.csv", "layers.csv", "connections.csv",
        "evidence.csv", "reliability.csv", "sources.csv",
    }  # fmt: skip
    assert not out.with_name("wine.cells").exists()
    assert not out.with_name("wine.partial").exists()
    assert seen == [(1, 2), (2, 2)]
    plain = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert list(plain)[:5] == ["schema", "verdict", "clarity", "models", "comparisons"]
    assert xp.Study.from_dict(plain) == study
    assert xp.Certificate.load(out) == study.pair.certificate is not None
    assert {"dense", "pruned", "placebo", "retrained", "random_pruned"} <= set(study.models)
    assert {level.arm for level in study.levels} == {"pruned", "random_pruned"}
    assert (study.verdict.label, study.clarity.label) == ("inconclusive", "inconclusive")
    for verdict in (study.verdict, study.clarity):
        assert verdict.illustrative
        assert "Two seeds can't decide: a verdict on a procedure needs 6 at least." in (
            verdict.sentence
        )
    assert study.verdict.evidence["moved_weight"].value > 0


@pytest.mark.slow
def test_its_manifest_holds_checksums_and_no_paths(ran):
    _, out, _ = ran
    text = (out / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    results = (out / "results.json").read_bytes()
    assert manifest["sha256"]["results.json"] == hashlib.sha256(results).hexdigest()
    assert set(manifest["sha256"]) >= {"models/dense.keras", "models/pruned.keras"}
    assert str(out.parent) not in text
    assert manifest["seeds"] == [0, 1]


@pytest.mark.slow
def test_its_models_hold_their_masks(ran):
    _, out, _ = ran
    from explainprune.network import load_model, weights_of

    masks = xp.Masks.load(out / "masks.npz")
    weights = weights_of(load_model(out / "models" / "pruned.keras"))
    assert masks.removed == round(0.5 * masks.total)
    for path, mask in masks.items():
        assert (weights[path][~mask] == 0).all()


@pytest.mark.slow
def test_the_bytes_depend_on_neither_workers_nor_interruption(ran, tmp_path):
    _, out, _ = ran
    expected = (out / "results.json").read_bytes()
    again = tmp_path / "again"
    with pytest.raises(KeyboardInterrupt):
        run_study(with_(workers=1), again, progress=_interrupt)
    assert not again.exists()
    assert len(list((tmp_path / "again.cells").glob("seed-0-*.json"))) == 1
    computed = []
    run_study(with_(workers=1), again, resume=True, progress=lambda *said: computed.append(said))
    assert [(done, "seed" in cell) for done, _, cell in computed] == [(1, False), (2, True)]
    assert computed[0][2] == {"reused": [0]}
    assert (again / "results.json").read_bytes() == expected


DIGITS = {
    "data": {"source": "digits"},
    "model": {"hidden": [8], "epochs": 1},
    "prune": {"sparsity": 0.3, "steps": 1, "finetune_epochs": 1, "criterion": "magnitude"},
    "explain": {"rows": 26, "metrics": [], "methods": ["gradient_input"]},
    "study": {
        "seeds": 3,
        "levels": [0.5],
        "arms": ["placebo", "retrained", "random_pruned", "repruned", "distilled", "matched_churn"],
    },
}


@pytest.mark.slow
def test_a_study_of_digits_is_the_same_bytes_for_any_number_of_workers(tmp_path):
    protocol = study_protocol(study_config(DIGITS))
    plain = {**encode(protocol), "sha256": protocol.sha256}
    (tmp_path / "P.toml").write_text(to_toml({"protocol": plain}, {}), encoding="utf-8")
    written = []
    for workers in (1, 2, 3):
        config = study_config({**DIGITS, "study": {**DIGITS["study"], "workers": workers}})
        study = run_study(config, protocol=tmp_path / "P.toml")
        written.append(study.to_json())
    assert written[0] == written[1] == written[2]
    assert study.pair.provenance["protocol"] == {"hash": protocol.sha256}
    assert {"placebo", "repruned", "matched_churn"} <= set(study.verdict.evidence)
    assert [each.name for each in study.sources][:2] == ["training", "pruning"]
    assert "alidation rows" in study.choice.sentence
    moved = study.verdict.evidence["moved_weight"]
    each = [row["dense|pruned"]["moved_weight"] for row in study.per_seed]
    assert (moved.n, moved.value) == (3, pytest.approx(np.mean(each)))
    assert moved.interval == skewed_mean(each, bounds=(0.0, 1.0)).interval


def _interrupt(done, total, cell):
    raise KeyboardInterrupt


def test_an_existing_folder_is_refused_before_any_work(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="exists already"):
        run_study(SMALL, tmp_path / "there", progress=_interrupt)


def test_data_without_labels_needs_a_model(tmp_path):
    path = tmp_path / "rows.npz"
    np.savez(path, x=np.random.default_rng(0).normal(size=(40, 3)))
    config = {**SMALL, "data": {"source": str(path)}}
    with pytest.raises(ValueError, match="has no labels, so no model can be trained"):
        run_study(config)


@pytest.mark.slow
def test_a_study_has_names_and_a_cut_off_of_ones_own(tmp_path):
    config = study_config(
        {
            "data": {"source": "breast_cancer"},
            "model": {"hidden": [6], "epochs": 4},
            "prune": {"sparsity": 0.5, "steps": 1, "finetune_epochs": 1},
            "explain": {
                "metrics": ["accuracy"], "methods": ["gradient_input"], "threshold": 0.15
            },
            "study": {"seeds": 1, "levels": [0.5], "arms": ["random_pruned", "matched_churn"],
                      "names": ["champion", "challenger"]},
        }
    )  # fmt: skip
    study = run_study(config, tmp_path / "s")
    assert list(study.models)[:2] == ["champion", "challenger"]
    assert {level.arm for level in study.levels} == {"challenger", "random_pruned"}
    assert "champion|challenger" in study.comparisons
    assert (
        study.clarity.sentence.count("challenger") and "pruned model" not in study.clarity.sentence
    )
    data = study_data(config)
    for name, file in (("champion", "dense"), ("challenger", "pruned")):
        logits = xp.load_model(tmp_path / "s" / "models" / f"{file}.keras")(data.x).numpy()
        decided = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1])) >= 0.15
        right = (decided == data.y).mean()
        assert (
            study.models[name].accuracy
            == pytest.approx(right)
            != ((logits.argmax(axis=1) == data.y).mean())
        )
    level = next(each for each in study.levels if each.arm == "challenger")
    assert level.measures["accuracy"].value == study.models["challenger"].accuracy
    page = (tmp_path / "s" / "report.html").read_text(encoding="utf-8")
    assert "challenger" in page and "Pruned model" not in page
