"""The delete-one-background jackknife: from its definition, and what it is for."""

import numpy as np

from explainprune.analysis.comparison.moving import moved_values
from explainprune.analysis.metrics.agreement.moved_weight import moved_weight


def slowly(a, b):
    """p_ij = R D_i(ā, b̄) − (R − 1) D_i(ā₋j, b̄₋j), mean by mean."""
    draws = len(a)
    whole = moved_weight(a.mean(axis=0), b.mean(axis=0))
    parts = []
    for j in range(draws):
        others = [k for k in range(draws) if k != j]
        without = moved_weight(a[others].mean(axis=0), b[others].mean(axis=0))
        parts.append(draws * whole - (draws - 1) * without)
    return np.array(parts)


def test_pseudo_values_are_the_definitions():
    a, b = np.random.default_rng(0).normal(size=(2, 5, 8, 4))
    np.testing.assert_allclose(moved_values(a, b, linear=True), slowly(a, b), atol=1e-12)


def test_methods_that_are_not_linear_keep_each_background():
    a, b = np.random.default_rng(1).normal(size=(2, 5, 8, 4))
    each = [moved_weight(x, y) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(moved_values(a, b, linear=False), each)


def test_a_single_baseline_is_the_metric_itself():
    a, b = np.random.default_rng(2).normal(size=(2, 1, 8, 4))
    np.testing.assert_allclose(moved_values(a, b, linear=True)[0], moved_weight(a[0], b[0]))


def test_rows_without_reasons_are_undefined_throughout():
    a, b = np.random.default_rng(3).normal(size=(2, 4, 6, 3))
    a[:, 2], b[:, 2] = 0, 0
    a[:, 4] = 0
    for linear in (True, False):
        values = moved_values(a, b, linear=linear)
        assert np.isnan(values[:, 2]).all()
        assert not np.isnan(np.delete(values, 2, axis=1)).any()
        np.testing.assert_allclose(values[:, 4], 1.0)


def test_the_bias_of_few_background_rows_is_taken_out():
    """Noise that both explanations get independently of each other raises the plain mean."""
    rng = np.random.default_rng(4)
    a, b = np.array([3.0, 2.0, 1.0, 0.5]), np.array([3.0, 1.0, 1.5, 0.7])
    truth = moved_weight([a], [b])[0]
    plain, mended = [], []
    for _ in range(400):
        noise = 0.6 * rng.normal(size=(2, 6, 20, 4))
        x, y = a + noise[0], b + noise[1]
        plain.append(moved_weight(x.mean(axis=0), y.mean(axis=0)).mean())
        mended.append(moved_values(x, y, linear=True).mean())
    assert np.mean(plain) - truth > 0.01
    assert abs(np.mean(mended) - truth) < (np.mean(plain) - truth) / 2


def test_shares_of_the_leading_features_settle_where_backgrounds_agree():
    from explainprune.analysis.comparison.measuring import settled_places

    rng = np.random.default_rng(5)
    each = np.tile([5.0, -4.0, 1.0, 0.5], (6, 2, 1)) + 0.01 * rng.normal(size=(6, 2, 4))
    each[:, 1, 2] = -4.0 + 0.5 * rng.normal(size=6)  # as large as the second, and unsteady
    assert settled_places(each, 2).tolist() == [True, False]
    assert settled_places(each, 4).all()
    assert settled_places(each[:1], 2).all()
