import csv
import json
from dataclasses import replace

import pytest

from explainprune.reporting import load_results, render, report, writing
from explainprune.reporting.subject import subject_of
from explainprune.reporting.tables import write_attributions, write_tables, write_units
from explainprune.types import Certificate, Detail

MANIFEST = {"command": "explainprune demo", "timings": {"training": 1.5}, "seeds": [0, 1]}
FILES = [
    "attributions.csv", "certificate.json", "connections.csv", "cut_offs.csv", "evidence.csv",
    "features.csv", "figures", "filters.csv", "layers.csv", "manifest.json", "metrics.csv",
    "models.csv", "power.csv", "reasons.csv", "reliability.csv", "report.html", "results.json",
    "slices.csv", "units.csv", "where.csv",
]  # fmt: skip


@pytest.fixture(scope="module")
def written(small, tmp_path_factory):
    out = tmp_path_factory.mktemp("reports") / "pair"
    assert report(small, out, manifest=MANIFEST) == out / "report.html"
    return out


def test_a_report_holds_the_page_and_everything_as_data(written, small):
    assert sorted(path.name for path in written.iterdir()) == FILES
    assert (written / "report.html").read_text("utf-8") == render(small, MANIFEST)
    assert (written / "results.json").read_text("utf-8") == small.to_json()
    assert json.loads((written / "manifest.json").read_text("utf-8")) == MANIFEST
    assert Certificate.load(written) == small.certificate
    assert {path.stem for path in (written / "figures").iterdir()} == {
        "reasons", "clarity", "sizes", "network", "performance", "features", "changes", "units",
        "samples", "reliability", "where", "codes", "cut_offs", "filters",
    }  # fmt: skip
    assert not written.with_name("pair.partial").exists()


def test_a_report_is_rendered_again_from_its_folder_to_the_same_bytes(written, tmp_path):
    report(written, tmp_path / "again")
    for file in (path for path in written.rglob("*") if path.is_file()):
        again = tmp_path / "again" / file.relative_to(written)
        assert again.read_bytes() == file.read_bytes(), file.name


def test_rendering_in_place_keeps_models(small, tmp_path):
    page = report(small, tmp_path / "out", manifest=MANIFEST)
    (tmp_path / "out" / "models").mkdir()
    (tmp_path / "out" / "models" / "a.keras").write_text("weights")
    page.write_text("broken")
    assert report(tmp_path / "out", tmp_path / "out", force=True) == page
    assert page.read_text("utf-8") == render(small, MANIFEST)
    assert (tmp_path / "out" / "models" / "a.keras").read_text() == "weights"


def test_a_report_is_rendered_again_from_its_results_alone(written, tmp_path):
    page = report(written / "results.json", tmp_path / "again")
    assert page.read_bytes() == (written / "report.html").read_bytes()


def test_without_a_manifest_there_is_no_file(small, tmp_path):
    report(small, tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disk_or_ctrl_c_leaves_nothing(small, tmp_path, monkeypatch, error):
    def stop(*_):
        assert (tmp_path / "out.partial" / "report.html").is_file()
        raise error

    monkeypatch.setattr(writing, "write_figures", stop)
    with pytest.raises(type(error)):
        report(small, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_hostile_names_are_written_and_read_back(table, tmp_path):
    report(table, tmp_path / "out")
    assert load_results(tmp_path / "out")[0] == table


def test_an_existing_report_is_refused_before_any_work(written, small, monkeypatch):
    monkeypatch.setattr(writing, "render", lambda *_: pytest.fail("work was done"))
    with pytest.raises(FileExistsError, match="--force"):
        report(small, written)


def test_paths_without_results_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"No results at .*nowhere. Expected a "):
        report(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"No results at .*empty"):
        report(tmp_path / "empty", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "results.json can't be read: Not valid JSON"),
        ('{"schema": "other/1"}', r"can't be read: Expected schema 'explainprune/results/2\.1'"),
        ('{"schema": "explainprune/results/2"}', "can't be read: Not a Comparison"),
    ],
)
def test_results_that_are_none_are_refused(tmp_path, text, message):
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        report(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(cell):
    return None if cell == "" else float(cell)


def test_units_read_back_as_the_same_bits(comparison, tmp_path):
    write_units(comparison.detail, tmp_path / "units.csv")
    lines = read(tmp_path / "units.csv")
    assert [
        (
            line["layer"],
            int(line["unit"]),
            *(number(line[key]) for key in ("before", "after", "rank_before", "rank_after")),
            {"true": True, "false": False}[line["kept"]],
        )
        for line in lines
    ] == [
        (u.layer, u.unit, u.before, u.after, u.rank_before, u.rank_after, u.kept)
        for u in comparison.detail.units
    ]
    assert any(line["after"] == "" for line in lines)


@pytest.mark.parametrize("which", ["comparison", "table"])
def test_attributions_read_back_as_the_same_bits(which, request, tmp_path):
    detail = request.getfixturevalue(which).detail
    # A lone surrogate can't be written in UTF-8: it becomes its escape.
    names = [n.encode("utf-8", "backslashreplace").decode() for n in detail.feature_names]
    write_attributions(detail, tmp_path / "a.csv")
    assert [
        (int(line["row"]), line["feature"], *(float(line[k]) for k in ("x", "dense", "other")))
        for line in read(tmp_path / "a.csv")
    ] == [
        (sample.row, *cells)
        for sample in detail.samples
        for cells in zip(names, sample.x, sample.dense, sample.other, strict=True)
    ]


def test_features_without_names_are_numbered(comparison, tmp_path):
    write_attributions(replace(comparison.detail, feature_names=()), tmp_path / "a.csv")
    assert [line["feature"] for line in read(tmp_path / "a.csv")][:65:64] == ["x0", "x0"]


def test_pandas_reads_them_too(comparison, tmp_path):
    import pandas as pd

    write_units(comparison.detail, tmp_path / "units.csv")
    frame = pd.read_csv(tmp_path / "units.csv")
    assert frame.before.tolist() == pytest.approx([u.before for u in comparison.detail.units])
    assert frame.kept.tolist() == [u.kept for u in comparison.detail.units]


def test_every_figure_lies_beside_the_page(study, tmp_path):
    write_tables(subject_of(study), tmp_path)

    def figures(file, *keys):
        return {
            tuple(line[key] for key in keys): [number(line[k]) for k in ("value", "low", "high")]
            for line in read(tmp_path / file)
        }

    def told(measure):
        return [measure.value, *(measure.interval or (None, None))]

    pairs = {(p, m): told(v) for p, part in study.comparisons.items() for m, v in part.items()}
    own = {
        (name, metric): told(v)
        for name, row in study.models.items()
        for metric, v in row.slices["all rows"].items()
    }
    assert figures("metrics.csv", "of", "metric") == pairs | own
    within = figures("slices.csv", "of", "slice", "metric")
    assert within["dense|pruned", "class 3", "moved_weight"] == pytest.approx([0.15, 0.11, 0.19])
    assert within["pruned", "group east", "accuracy"] == [1.0, None, None]
    assert not [key for key in within if key[1] == "all rows"]
    levels = figures("levels.csv", "arm", "sparsity", "metric")
    assert levels == {
        (level.arm, repr(level.sparsity), metric): told(v)
        for level in study.levels
        for metric, v in level.measures.items()
    }
    seeds = {
        (line["seed"], line["of"], line["figure"]): number(line["value"])
        for line in read(tmp_path / "seeds.csv")
    }
    assert seeds["2", "dense|pruned", "churn"] == study.per_seed[2]["dense|pruned"]["churn"]
    assert len(seeds) == 9
    features = read(tmp_path / "features.csv")
    assert [float(line["dense_high"]) for line in features] == [
        row.dense_interval[1] for row in study.pair.detail.features
    ]


def test_no_content_is_a_header_alone(tmp_path):
    write_units(Detail(), tmp_path / "units.csv")
    assert (tmp_path / "units.csv").read_text() == (
        "layer,unit,before,after,rank_before,rank_after,kept\n"
    )
