"""Values that can be worked out by hand."""

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.network import FormulaNetwork

SHAPLEY = ["exact", "kernel", "leverage", "permutation", "shap_kernel"]
ZERO, ONE = np.zeros((1, 3)), np.array([[2.0, 3.0, 1.0]])


def of(formula, method, x=ONE, background=ZERO, **options):
    network = FormulaNetwork(formula, x.shape[1])
    return attribute(network, x, background=background, method=method, **options)


def separable(x):
    return 5 * x[:, 0] + x[:, 1] ** 2 + np.sin(x[:, 2])


@pytest.mark.parametrize("method", [*SHAPLEY, "integrated_gradients", "occlusion"])
def test_a_sum_of_functions_gives_each_feature_its_own_change(method):
    found = of(separable, method)
    np.testing.assert_allclose(found.values, [[10, 9, np.sin(1)]], atol=1e-8)
    np.testing.assert_allclose(found.output, [19 + np.sin(1)])
    np.testing.assert_allclose(found.base, [0])


def test_gradients_of_a_sum_of_functions():
    slope = [[5, 6, np.cos(1)]]
    np.testing.assert_allclose(of(separable, "gradient").values, slope, atol=1e-8)
    by_value = of(separable, "gradient_input").values
    np.testing.assert_allclose(by_value, slope * ONE, atol=1e-8)
    smooth = of(separable, "smoothgrad", noise=0.1, draws=1500)
    # E cos(1 + ε) = cos(1) exp(−σ²/2), σ = 0.1 · (3 − 1)
    expected = [[5, 6, np.cos(1) * np.exp(-0.02)]]
    np.testing.assert_array_less(np.abs(smooth.values - expected), 5 * smooth.std_error + 1e-6)


def test_expected_gradients_of_a_square_are_unbiased():
    found = of(separable, "expected_gradients", draws=1000, steps=2)
    expected = [[10, 9, np.sin(1)]]
    np.testing.assert_array_less(np.abs(found.values - expected), 4 * found.std_error + 1e-6)
    assert found.std_error[0, 1] == pytest.approx(9 / np.sqrt(24 * 1000), rel=0.1)
    # 18 t, with one t in each half of the path: (18/2)² · 2 · (1/2)²/12 = 81/24


@pytest.mark.parametrize("method", [*SHAPLEY, "shap_permutation"])
def test_a_product_is_shared_equally(method):
    found = of(
        lambda x: x[:, 0] * x[:, 1] * x[:, 2],
        method,
        **(
            {"draws": 500}
            if method == "permutation"
            else {"permutations": 500}
            if method == "shap_permutation"
            else {}
        ),
    )
    np.testing.assert_allclose(found.values, [[2, 2, 2]], atol=0.15 if "perm" in method else 1e-8)


def test_a_product_with_a_background_off_zero():
    # v(∅)=1·1, v(a)=4·1, v(b)=1·3, v(ab)=12: φ_a = ½(3 + 9), φ_b = ½(2 + 8)
    x, background = np.array([[4.0, 3.0]]), np.ones((1, 2))
    for method in (*SHAPLEY, "integrated_gradients"):
        found = of(lambda x: x[:, 0] * x[:, 1], method, x, background)
        np.testing.assert_allclose(found.values, [[6, 5]], atol=1e-8)
    removed = of(lambda x: x[:, 0] * x[:, 1], "occlusion", x, background)
    np.testing.assert_allclose(removed.values, [[9, 8]])


@pytest.mark.parametrize("method", [*SHAPLEY, "shap_permutation"])
def test_a_maximum(method):
    # max(3, 2, 0) from 0: φ_1 = 3 − 2 + 2/2, φ_2 = 2/2
    x = np.array([[3.0, 2.0, 0.0]])
    found = of(lambda x: x.max(axis=1), method, x)
    np.testing.assert_allclose(found.values, [[2, 1, 0]], atol=1e-8)


def test_integrated_gradients_of_a_maximum_give_all_to_the_leader():
    x = np.array([[3.0, 2.0, 0.0]])
    found = of(lambda x: x.max(axis=1), "integrated_gradients", x)
    np.testing.assert_allclose(found.values, [[3, 0, 0]], atol=1e-5)


def test_players_of_a_product_are_one_game():
    # Joined, features 0 and 1 act together: f = (x0 x1) x2 is a product of two players.
    for method in SHAPLEY:
        found = of(lambda x: x[:, 0] * x[:, 1] * x[:, 2], method, players=[0, 0, 1])
        np.testing.assert_allclose(found.values, [[3, 3]], atol=1e-8)


def test_backgrounds_are_averaged_over():
    background = np.array([[0.0, 0.0, 0.0], [2.0, 1.0, 1.0]])
    for method in (*SHAPLEY, "integrated_gradients"):
        one = [of(separable, method, background=row[None]).values for row in background]
        both = of(separable, method, background=background)
        np.testing.assert_allclose(both.values, np.mean(one, axis=0), atol=1e-8)
        np.testing.assert_allclose(both.base, [(0 + 11 + np.sin(1)) / 2])


def test_how_many_rows_each_method_asks_for():
    """x and the background once for output and base; the rest is the method's own."""
    x, background = np.ones((3, 4)), np.zeros((5, 4))
    background[:, 0] = np.arange(5)

    def rows(method, **options):
        def gradient(x):
            evaluated.append(len(x))
            return np.ones((len(x), 4))

        evaluated = []
        network = FormulaNetwork(lambda x: x.sum(axis=1), 4, gradient)
        attribute(network, x, background=background, method=method, **options)
        return sum(network.calls), sum(evaluated)

    assert rows("gradient") == (3 + 5, 3)
    assert rows("expected_gradients", steps=2, draws=3) == (2 * 3 + 5, 3 * 5 * 2 * 3)
    assert rows("integrated_gradients", steps=7) == (3 + 5, 3 * 5 * 7)
    assert rows("integrated_gradients") == (2 * (3 + 5), 3 * 5 * 16)  # no kinks: no cuts
    assert rows("smoothgrad", draws=9) == (3 + 5, 3 * 9)
    assert rows("occlusion") == (3 + 5 + 3 + 3 * 4 * 5, 0)
    assert rows("permutation", draws=2) == (3 + 5 + 3 + 2 * 3 * 5 * 2 * 3, 0)
    assert rows("kernel") == (3 + 5 + 3 + 3 * 5 * 14, 0)  # 2⁴ − 2 coalitions: all of them
