"""The tables of the drawn network: every connection and every weight of the filters."""

import csv

import numpy as np

from explainprune.reporting.svg.wires import became
from explainprune.reporting.tables import write_network
from explainprune.types import Detail


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_connection_is_listed_with_both_weights(comparison, tmp_path):
    write_network(comparison.detail, tmp_path)
    drawings, found = comparison.detail.drawings, {}
    for name, drawing in drawings.items():
        for edges in drawing.edges:
            start, end = (drawing.layers[at] for at in (edges.start, edges.end))
            for s, t, weight in zip(edges.source, edges.target, edges.weight, strict=True):
                key = (start.name, str(start.shown[s]), end.name, str(end.shown[t]))
                found.setdefault(key, {})[name] = weight
    lines = read(tmp_path / "connections.csv")
    assert len(lines) == len(found)
    full = [all(e.complete for e in d.edges if e.start == 2) for d in drawings.values()]
    for line in lines:
        pair = found[line["start"], line["start_unit"], line["end"], line["end_unit"]]
        assert {n: float(line[n]) for n in drawings if line[n]} == pair
        if line["start"] == "hidden_2":
            assert line["became"] == became(pair.get("dense"), pair.get("pruned"), complete=full)
    assert {line["start_name"] for line in lines if line["start"] == "inputs"} > {"pixel 3,4"}
    assert {line["became"] for line in lines} >= {"", "removed", "alike"}


def test_layers_and_filters_are_tables_too(comparison, tmp_path):
    write_network(comparison.detail, tmp_path)
    layers = read(tmp_path / "layers.csv")
    assert [int(line["removed"]) for line in layers] == [
        each.removed for each in comparison.detail.rewired
    ]
    before, after = (d.filters[0] for d in comparison.detail.drawings.values())
    lines = read(tmp_path / "filters.csv")
    assert len(lines) == 9 * len(before.values)
    for name, drawn in (("dense", before), ("pruned", after)):
        cells = np.reshape([line[name] for line in lines], (-1, 9))
        for image, row in zip(drawn.values, cells, strict=True):
            assert tuple(float(cell) for cell in row if cell) == image
    assert [lines[4][key] for key in ("filter", "input", "row", "column")] == [
        "0", "inputs 0", "1", "1",
    ]  # fmt: skip


def test_nothing_drawn_is_no_table(tmp_path):
    write_network(Detail(), tmp_path)
    assert not list(tmp_path.iterdir())
