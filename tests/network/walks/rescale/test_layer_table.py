"""The committed table of layers speaks of every tiny model there is, and keeps its promise."""

import csv
from pathlib import Path

from tiny_models import TINY

TABLE = Path(__file__).parents[4] / "docs" / "deep_shap.csv"


def test_the_table_names_every_tiny_model_and_all_add_up():
    with TABLE.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    expected = {(kind, layer) for kind, models in TINY.items() for layer in models}
    for explainer in ("ours", "shap"):
        named = {(r["kind"], r["layer"]) for r in lines if r["explainer"] == explainer}
        assert named == expected, "run benchmarks/deep_shap_layers.py again"
    ours = [line for line in lines if line["explainer"] == "ours"]
    raised = {line["layer"] for line in ours if not line["draw"]}
    assert raised == {"ops.sort", "sparsemax"}
    assert max(float(line["residual"]) for line in ours if line["draw"]) <= 1e-5
