import numpy as np
import pytest

from explainprune.network.masking import apply_masks
from explainprune.network.training.performance import performance
from explainprune.network.training.recalibrating import recalibrated
from explainprune.network.training.refitting import refitted
from explainprune.network.variables import variables, weights_of, with_weights
from explainprune.pruning import prune, repair
from explainprune.pruning.repair import repaired
from explainprune.pruning.rows import Given, given
from explainprune.types import Masks, Rows


def without_units(model, *units):
    masks = {path: np.ones(v.shape, bool) for path, v in variables(model).items()}
    masks["first/kernel"][:, units] = masks["first/bias"][list(units)] = False
    masks["second/kernel"][list(units)] = False
    return Masks(masks)


@pytest.fixture
def halved(model):
    masks = without_units(model, 0, 2, 3, 5, 6, 7)
    return apply_masks(model, masks), masks


def test_a_refit_that_helps_is_kept(model, data, halved):
    masked, masks = halved
    found, chosen = repaired(masked, model, masks, given(data))
    assert chosen == "refit"
    before, after = (performance(m, data.validation)["loss"] for m in (masked, found))
    assert after < 0.8 * before
    expected = refitted(masked, model, masks, data.train.x)
    for path, values in weights_of(expected).items():
        np.testing.assert_array_equal(weights_of(found)[path], values)


def test_one_that_does_not_help_is_not(model, data, halved, monkeypatch):
    masked, masks = halved
    for ruin in (5.0, np.nan):
        ruined = with_weights(masked, {"out/bias": np.full(3, ruin) * [1, -1, 1]})
        monkeypatch.setattr(repair, "refitted", lambda *a, ruined=ruined, **k: ruined)
        for rows in (data, data.train.x) if np.isfinite(ruin) else (data,):
            found, chosen = repaired(masked, model, masks, given(rows))
            assert chosen == "none"
            assert found is masked


def test_more_right_answers_count_before_a_lower_loss(model, data, monkeypatch):
    whole = Masks({path: np.ones(v.shape, bool) for path, v in variables(model).items()})
    out = {path: v for path, v in weights_of(model).items() if path.startswith("out/")}
    mute = with_weights(model, {path: 0 * v for path, v in out.items()})
    sure = with_weights(model, {path: 1000 * v for path, v in out.items()})
    both = [performance(m, data.validation) for m in (mute, sure)]
    right, lost = ([each[name] for each in both] for name in ("accuracy", "loss"))
    assert right[1] > 1.5 * right[0]
    assert lost[1] > 2 * lost[0]
    monkeypatch.setattr(repair, "refitted", lambda *a, **k: sure)
    assert repaired(mute, model, whole, given(data)) == (sure, "refit")
    monkeypatch.setattr(repair, "refitted", lambda *a, **k: mute)
    assert repaired(sure, model, whole, given(data)) == (sure, "none")


def test_without_labels_the_outputs_say(model, data, halved):
    masked, masks = halved
    found, chosen = repaired(masked, model, masks, given(data.train.x))
    assert chosen == "refit"
    x = data.scored.x
    missed = [np.square(m(x).numpy() - model(x).numpy()).mean() for m in (masked, found)]
    assert missed[1] < 0.5 * missed[0]


def test_judged_by_rows_it_was_not_fitted_on(model, data, halved, monkeypatch):
    masked, masks = halved
    seen = []

    def record(model, reference, masks, x, *, solver, weight):
        seen.append(x)
        return model

    monkeypatch.setattr(repair, "refitted", record)
    monkeypatch.setattr(repair, "_badness", lambda m, r, rows: seen.append(rows.x) or (0.0,))
    repaired(masked, model, masks, given(data.train))
    fitting, judging = seen[0], seen[1]
    assert (len(fitting), len(judging)) == (160, 40)
    joined = np.concatenate([fitting, judging])
    assert len(np.unique(joined, axis=0)) == 200
    seen.clear()
    repaired(masked, model, masks, given(data))
    np.testing.assert_array_equal(seen[0], data.train.x)
    np.testing.assert_array_equal(seen[1], data.validation.x)


def test_statistics_of_normalisation_are_tried_too(normalised, data, monkeypatch):
    monkeypatch.setattr(repair, "refitted", lambda model, *rest, **how: model)
    # Its statistics are those of its rows, as after training: renewed ones lead back to it.
    reference = recalibrated(normalised, data.train.x)
    far = {
        path: np.full(v.shape, 3.0)
        for path, v in variables(reference).items()
        if path.endswith("moving_mean")
    }
    shifted = with_weights(reference, far)
    mask = np.ones(12, bool)
    mask[0] = False
    name = next(path for path in far if far[path].shape == (12,))
    masks = Masks({name: mask})
    masked = apply_masks(shifted, masks)
    found, chosen = repaired(masked, reference, masks, given(data.train.x))
    assert chosen == "batchnorm"
    means = weights_of(found)[name]
    assert means[0] == 0
    assert (np.abs(means[1:]) < 2.5).all()


def test_in_prune_the_history_says_what_was_kept(model, data):
    settings = {"granularity": "unit", "sparsity": 0.6, "finetune_epochs": 0, "steps": 2}
    plain, fitted = (prune(model, data, refit=refit, **settings) for refit in (False, True))
    assert "refit" not in plain.history
    assert fitted.history.refit.iloc[1:].tolist() == ["refit", "refit"]
    assert fitted.history.validation_loss.iloc[-1] < plain.history.validation_loss.iloc[-1]
    for path, mask in fitted.masks.items():
        assert (weights_of(fitted.model)[path][~mask] == 0).all()


def test_errors(model, data, halved):
    masked, masks = halved
    with pytest.raises(ValueError, match=r"refit=True needs rows to fit on. Received: no data"):
        repaired(masked, model, masks, Given())
    few = Rows(data.train.x[:4], data.train.y[:4])
    with pytest.raises(ValueError, match=r"holds a fifth of the rows out.*Received: 4 rows"):
        repaired(masked, model, masks, given(few))


def test_the_surgeons_sweep_in_place_of_least_squares(model, data):
    settings = {"criterion": "obs", "allocation": "uniform", "sparsity": 0.7}
    settings |= {"schedule": "one_shot", "finetune_epochs": 0}
    plain, exact, sweep = (prune(model, data, refit=r, **settings) for r in (False, True, "obs"))
    assert sweep.history.refit.iloc[-1] == "obs"
    losses = [p.history.validation_loss.iloc[-1] for p in (plain, exact, sweep)]
    assert losses[2] < 0.7 * losses[0]
    for path, mask in sweep.masks.items():
        assert (weights_of(sweep.model)[path][~mask] == 0).all()
        np.testing.assert_array_equal(mask, exact.masks[path])
    moved = weights_of(sweep.model)["second/kernel"] != weights_of(plain.model)["second/kernel"]
    assert moved[sweep.masks["second/kernel"]].mean() > 0.5
    with pytest.raises(ValueError, match=r"refit is True, False or 'obs'. Received: 'obd'"):
        prune(model, data, refit="obd", **settings)


def test_rows_weigh_in_fitting_and_in_judging(model, data, halved):
    masked, masks = halved
    rows = Rows(data.train.x)
    counts = np.arange(len(rows)) % 3
    whole = Rows(data.validation.x, weight=np.ones(len(data.validation)))
    found, _ = repaired(masked, model, masks, Given(Rows(rows.x, weight=counts), whole))
    repeated = rows.take(np.repeat(np.arange(len(rows)), counts))
    expected, _ = repaired(masked, model, masks, Given(repeated, Rows(whole.x)))
    for path, values in weights_of(expected).items():
        np.testing.assert_allclose(weights_of(found)[path], values, atol=1e-4)
    first = Rows(whole.x, weight=np.eye(len(whole))[0])
    one = repair._badness(masked, model, first)
    np.testing.assert_allclose(one, repair._badness(masked, model, whole.take([0])), rtol=1e-6)
