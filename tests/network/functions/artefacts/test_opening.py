"""What stands for a model: paths, ``module:function``, functions; and verbs that need layers."""

import numpy as np
import pytest
from artefact_cases import ROWS, dense_model

import explainprune as xp
from explainprune.network import Artefact, FormulaNetwork, opened


def test_functions_and_references_are_artefacts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scoring_of_mine.py").write_text("def score(x):\n    return x.sum(axis=1)\n")
    found = xp.load_model("scoring_of_mine:score")
    assert isinstance(found, Artefact) and found.name == "scoring_of_mine:score"
    np.testing.assert_allclose(found(ROWS), ROWS.sum(axis=1), rtol=1e-6)
    mine = opened(lambda x: x)
    assert isinstance(mine, Artefact) and mine.sha256 == ""
    with pytest.raises(ValueError, match=r"Unknown function in scoring_of_mine for model 'scor'"):
        xp.load_model("scoring_of_mine:scor")


def test_what_is_ready_stays_itself():
    model, formula = dense_model(), FormulaNetwork(lambda x: x, 4)
    artefact = Artefact("mine", lambda x: x)
    assert [opened(each) is each for each in (model, formula, artefact)] == [True] * 3


def test_an_estimator_is_told_what_to_pass():
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(ROWS, ROWS[:, 0] > 0)
    with pytest.raises(TypeError, match=r"a function of rows or a Network. Pass its predict_proba"):
        xp.attribute(fitted, ROWS, background=ROWS[:5], method="permutation")
    found = xp.attribute(
        fitted.predict_proba, ROWS[:3], background=ROWS[:5], method="permutation", target=1
    )
    assert found.output_kind == "probability"
    np.testing.assert_allclose(found.output, fitted.predict_proba(ROWS[:3])[:, 1], rtol=1e-5)
    np.testing.assert_allclose(found.gap, 0, atol=1e-9)


@pytest.mark.parametrize(
    "verb",
    [
        lambda each: xp.prune(each, (ROWS, ROWS[:, 0] > 0), sparsity=0.5),
        lambda each: xp.shrink(each),
        lambda each: xp.importance(each, ROWS, criterion="activation"),
        lambda each: xp.export(each, "m.tflite"),
    ],
)
def test_what_needs_layers_says_so(verb):
    with pytest.raises(
        TypeError, match=r"Expected a keras.Model, whose layers|takes a Keras model"
    ):
        verb(Artefact("mine", lambda x: x))
