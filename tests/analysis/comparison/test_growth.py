"""Draws and backgrounds grow by floor and variances, within the effort."""

import numpy as np
import pytest

from explainprune.analysis import compare
from explainprune.analysis.attribution import Explained
from explainprune.analysis.comparison import growth
from explainprune.analysis.intervals import Crossed
from explainprune.types import Data, Rows

OPTIONS = {"metrics": [], "detail": False}


def noisy(scale):
    """Gradient times the difference from the background, and noise: an explainer that draws."""

    def explainer(network, x, background, targets, *, rng):
        values = network.gradients(x, targets) * (x - background.mean(axis=0))
        noise = scale * rng.normal(size=values.shape) * np.abs(values).mean()
        return Explained(values + noise, np.zeros(len(x)))

    explainer.linear_in_background = True
    return explainer


@pytest.fixture
def rows(normal_rows):
    return Data(Rows(normal_rows(60)), train=Rows(normal_rows(500, seed=1)))


def test_draws_grow_until_the_floor_is_a_quarter_of_the_margin(curved, rows):
    pair = curved(), curved(noise=0.05)
    short, long = (
        compare(*pair, rows, methods=[noisy(0.5)], effort=effort, **OPTIONS)
        for effort in (7_200, 10**6)
    )
    assert short.provenance["explainer_draws"] == 1
    assert long.provenance["explainer_draws"] > 3
    floors = [r.verdict.evidence["floor"].value for r in (short, long)]
    assert floors[0] > 0.0375 >= floors[1]
    assert long.provenance["pairs"] <= 10**6
    assert short.provenance["pairs"] == 60 * 20 * 6


def test_a_noisy_explainer_vouches_for_nothing(curved, rows):
    pair = curved(), curved(noise=0.001)
    verdict = compare(*pair, rows, methods=[noisy(8.0)], effort=7_200, **OPTIONS).verdict
    assert verdict.label == "inconclusive"
    assert "Two runs of the explainer on one model already differ by" in verdict.sentence


def test_a_deterministic_explainer_has_no_floor(curved, rows):
    found = compare(curved(), curved(noise=0.05), rows, methods=["gradient_input"], **OPTIONS)
    assert found.verdict.evidence["floor"].interval == (0.0, 0.0)
    assert found.provenance["explainer_draws"] == 1


def test_backgrounds_are_counted_by_the_variance_formula():
    wide = Crossed(0.1, rows=1e-5, backgrounds=4e-3, n_rows=200, n_backgrounds=6)
    draws = growth._draws_for(wide, 0.03)
    half = Crossed(0, 1e-5, 4e-3 * 6 / draws, 200, draws).half_width()
    fewer = Crossed(0, 1e-5, 4e-3 * 6 / (draws - 1), 200, draws - 1).half_width()
    assert half <= 0.03 < fewer
    narrow = Crossed(0.1, rows=1e-5, backgrounds=1e-5, n_rows=200, n_backgrounds=6)
    assert growth._draws_for(narrow, 0.03) == 6
    # Rows alone are wider than that: backgrounds stop at a quarter of their variance.
    hopeless = Crossed(0.1, rows=1e-2, backgrounds=1e-2, n_rows=30, n_backgrounds=6)
    assert growth._draws_for(hopeless, 0.03) == 24


def test_growth_never_looks_at_the_moved_weight(monkeypatch):
    for value in (0.0, 0.15, 0.9):
        assert growth._draws_for(Crossed(value, 1e-5, 4e-3, 200, 6), 0.03) == growth._draws_for(
            Crossed(0.15, 1e-5, 4e-3, 200, 6), 0.03
        )


def test_backgrounds_grow_where_they_vary(linear):
    """A feature that is 0 in most background rows and large in others: draws differ a good deal."""
    rng = np.random.default_rng(0)
    train = rng.normal(size=(600, 4))
    train[:, 0] *= np.where(rng.random(600) < 0.4, 30.0, 0.0)
    data = Data(Rows(rng.normal(size=(100, 4))), train=Rows(train))
    pair = linear([1.0, 1, 1, 1]), linear([2.0, 1, 1, 1])
    found = compare(*pair, data, **OPTIONS)
    assert found.provenance["backgrounds"] > 6
    assert found.provenance["pairs"] <= found.provenance["effort"] == 50_000
    assert any(note.startswith("Each model was explained on ") for note in found.notes)


def test_little_effort_scores_fewer_rows(curved, normal_rows):
    data = Data(Rows(normal_rows(500)), train=Rows(normal_rows(500, seed=1)))
    found = compare(curved(), curved(noise=0.05), data, effort=6_000, **OPTIONS)
    assert found.verdict.evidence["moved_weight"].n == 50
    assert "A sample of 50 of 500 rows was scored." in found.notes


def test_a_network_that_costs_much_is_looked_at_once(curved, rows, monkeypatch):
    from explainprune.analysis.comparison import case, growth

    seen = []
    some_rows = growth.some_rows
    monkeypatch.setattr(
        growth, "some_rows", lambda n, most, *at: (seen.append(most), some_rows(n, most, *at))[1]
    )
    pair = curved(), curved(noise=0.05)
    cheap = compare(*pair, rows, methods=[noisy(0.5)], **OPTIONS)
    assert cheap.provenance["effort"] == 50_000 and set(seen) == {200}
    seen.clear()
    monkeypatch.setattr(case, "MUCH", -1)
    dear = compare(*pair, rows, methods=[noisy(0.5)], **OPTIONS)
    assert dear.provenance["effort"] == dear.provenance["pairs"] == 60 * 20 * 6
    assert dear.provenance["explainer_draws"] == 1 < cheap.provenance["explainer_draws"]
    assert set(seen) == {48}
    asked = compare(*pair, rows, methods=[noisy(0.5)], effort=10**5, **OPTIONS)
    assert asked.provenance["explainer_draws"] > 1  # what is asked for is done


def test_what_costs_much_is_counted_from_passes(monkeypatch):
    from types import SimpleNamespace

    from explainprune.analysis.comparison.case import MUCH, Case

    drawn = SimpleNamespace(size=20, first=6)
    for flops, costly in ((MUCH / 36_000 / 6 + 1, True), (MUCH / 36_000 / 6 - 1, False)):
        case = SimpleNamespace(targets=np.zeros(150), backgrounds=drawn, flops=flops)
        assert Case.costly.fget(case) is costly
