import csv
from dataclasses import replace

import pytest

from explainprune.reporting.tables import write_attributions, write_units
from explainprune.types import Detail


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


def test_no_content_is_a_header_alone(tmp_path):
    write_units(Detail(), tmp_path / "units.csv")
    assert (tmp_path / "units.csv").read_text() == (
        "layer,unit,before,after,rank_before,rank_after,kept\n"
    )
