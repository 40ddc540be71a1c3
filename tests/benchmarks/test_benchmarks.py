"""The benchmark beside peers runs, and its figures are what its words say."""

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_attributions_beside_peers(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["attribution_peers.py", "--quick"])
    runpy.run_path(str(FOLDER / "attribution_peers.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert not list(tmp_path.iterdir()), "--quick leaves no files"
    assert "shap fails" not in printed
    lines = [line for line in printed.splitlines() if "'method': 'deep_shap, all" in line]
    assert len(lines) == 2  # ours and shap's
    assert "'method': 'gradcam', 'who': 'explainprune'" in printed
    assert all(float(re.search(r"'error': ([\d.e-]+)", line)[1]) <= 1e-5 for line in lines)


def test_truths_are_those_of_a_product():
    import keras
    from peers import truth
    from peers.cases import Case

    inputs = keras.Input((3,))
    x, y, z = (keras.layers.Lambda(lambda v, i=i: v[:, i : i + 1])(inputs) for i in range(3))
    joined = keras.layers.Multiply()([x, y])
    outputs = keras.layers.Concatenate()([keras.layers.Add()([joined, z]), -100 + z])
    row, start = np.array([[3.0, 2.0, 5.0]], "f"), np.array([[1.0, 0.5, 1.0]], "f")
    case = Case("product", keras.Model(inputs, outputs), row, start, 1)
    expected = [[2 * 1.25, 1.5 * 2.0, 4.0]]  # each factor's change times the other's middle
    found = truth.expected_gradients(case, start, 64)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(truth.shapley(case, start, 4), expected, rtol=1e-5)
    np.testing.assert_allclose(truth.smoothgrad(case, 0.1, 20_000), [[2, 3, 1]], atol=3e-3)


def test_the_page_says_what_was_not_reached(tmp_path):
    from peers import page

    def line(who, seconds, ratio, name):
        shared = {"network": "CNN 28×28", "method": "expected_gradients", "who": who}
        shared |= {"settings": "", "samples": 5, "background": 50, "rows": 500, "error": 0.0123}
        for clock, found in (("", ratio), ("CPU, ", 2 * ratio)):
            shared |= {clock + name: found, f"{clock + name}, low": 1, f"{clock + name}, high": 90}
        return shared | {"seconds": seconds}

    lines = [line("explainprune", 0.5, 1.3, "of the limit"), line("shap", 2.5, 4.9, "of ours")]
    peaks = [{"network": "CNN", "method": "deep_shap", "explainprune": 1234, "shap": None}]
    page.write(tmp_path, lines, ["xplique isn't installed"], peaks, [0.1, 0.2])
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "| ≤ 1.3× | 1.3 (1–90) | yes | 2.6 (1–90) | **no** |" in text
    assert "| ≥ 5× | 4.9 (1–90) | **no** | 9.8 (1–90) | yes |" in text
    shown = (
        "| expected_gradients | 5 on 50 | shap |  | 500 | 0.0123 | 2.5 |  | 4.9 (1–90) |  | 9.8 ("
    )
    assert shown in text
    assert "| CNN | deep_shap | 1,234 | fails |" in text
    assert "- xplique isn't installed" in text
    assert "figures are rough" not in text
    assert (tmp_path / "benchmarks.csv").read_text(encoding="utf-8").count("\n") == 3
