"""Several models beside one: the same figures as one by one, and the dense one explained once."""

import numpy as np
import pytest

from explainprune import compare, compare_several
from explainprune.types import Overview


def test_figures_are_those_of_comparing_one_by_one(models, data, curved):
    others = {"near": models[1], "far": curved(seed=9)}
    found = compare_several(models[0], others, data, background=15, detail=False)
    for name, other in others.items():
        alone = compare(models[0], other, data, names=("dense", name), background=15, detail=False)
        assert found[name].to_json() == alone.to_json()


def test_the_dense_model_is_explained_once(models, data, curved, monkeypatch):
    from explainprune.analysis.comparison import arms

    explained = []
    attribute = arms.attribute

    def counted(network, *given, **options):
        explained.append(network)
        return attribute(network, *given, **options)

    monkeypatch.setattr(arms, "attribute", counted)
    options = {"background": 15, "backgrounds": 3, "detail": False, "effort": 1}
    compare(models[0], models[1], data, **options)
    alone = sum(network is models[0] for network in explained)
    explained.clear()
    several = {name: curved(noise=0.1 * place) for place, name in enumerate("abc", 1)}
    compare_several(models[0], several, data, **options)
    assert sum(network is models[0] for network in explained) == alone > 0


def test_progress_runs_over_all_models(models, data):
    seen = []
    compare_several(
        models[0],
        {"a": models[1], "b": models[1]},
        data,
        background=15,
        detail=False,
        progress=lambda *step: seen.append(step),
    )
    assert [step[0] for step in seen] == list(range(1, len(seen) + 1))
    assert {step[1] for step in seen} == {len(seen)}
    assert seen[0][2] == "a: explained dense" and seen[-1][2].startswith("b: ")


def test_an_overview_holds_what_each_came_to(models, data, curved):
    found = compare_several(
        models[0], {"near": models[1], "far": curved(seed=9)}, data, background=15, detail=False
    )
    overview = Overview.of(found)
    assert list(overview.models) == ["dense", "near", "far"]
    assert overview.verdicts["far"] == found["far"].verdict
    assert overview.moved["near"] == found["near"].comparisons["dense|near"]["moved_weight"]
    assert Overview.from_json(overview.to_json()) == overview


@pytest.mark.parametrize("others", [{}, []])
def test_no_models_are_refused(models, data, others):
    with pytest.raises(ValueError, match="others maps names to models, at least one"):
        compare_several(models[0], others, data)


def test_rows_drawn_are_the_same_for_all(models, data):
    found = compare_several(
        models[0], {"a": models[1], "b": models[1]}, data, rows=40, background=15, detail=False
    )
    values = [each.comparisons[f"dense|{n}"]["moved_weight"].value for n, each in found.items()]
    assert values[0] == values[1] and np.isfinite(values[0])
