"""What pages show runs: the one on pruning top to bottom, examples as they are printed."""

import re
from pathlib import Path

import numpy as np
import pytest

import explainprune as xp
from explainprune.network import fit, perceptron

PAGE = Path(__file__).parents[2] / "docs" / "pruning.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The model isn't compiled")
def test_pruning(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    untrained = perceptron(64, 10, hidden=(24, 16), seed=0)
    model, _ = fit(untrained, xp.load_data("digits").train, epochs=8, seed=0)
    before = model.get_weights()
    found = {"model": model, "untrained": untrained}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), found)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert found["pruned"].masks.sparsity == pytest.approx(0.8, abs=1e-3)
    reached = found["lighter"].history["budget_achieved"].iloc[-1]
    assert 0.45 < reached <= 0.5
    assert found["scan"]["layer"].dropna().nunique() == 2
    assert len(found["ticket"].history) == 3
    assert found["of_threes"].scores.keys() == {"hidden_1", "hidden_2"}
    assert found["shrunk"].model.count_params() < model.count_params()
    assert len(found["shrunk"].kept["hidden_1"]) < 24
    assert Path("small.keras").exists()


@pytest.mark.parametrize("name", ["metrics", "page", "verdicts"])
def test_the_example_prints_what_the_page_shows(name, capsys):
    page = (PAGE.parent / f"{name}.md").read_text(encoding="utf-8")
    (code,), (shown,) = (
        re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("python", "text")
    )
    exec(compile(code, f"{name}.md", "exec"), {})
    assert capsys.readouterr().out == shown
