import numpy as np
import pytest

from explainprune.network import gauss_legendre


@pytest.mark.parametrize("n", [1, 2, 5, 16, 64])
def test_is_exact_up_to_degree_two_n_minus_one_and_not_beyond(n):
    nodes, weights = gauss_legendre(n)
    for power in range(2 * n):
        assert weights @ nodes**power == pytest.approx(1 / (power + 1), rel=1e-12)
    # The first power it can't integrate: the error is (n!)⁴ / ((2n + 1) ((2n)!)²), known exactly.
    miss = 1 / (2 * n + 1) - weights @ nodes ** (2 * n)
    log_factorials = np.cumsum(np.log(np.arange(1, 2 * n + 1)))
    expected = np.exp(4 * log_factorials[n - 1] - 2 * log_factorials[-1]) / (2 * n + 1)
    assert miss == pytest.approx(expected, rel=1e-6, abs=1e-15)


def test_nodes_ascend_inside_the_interval_and_mirror_each_other():
    nodes, weights = gauss_legendre(7)
    assert (np.diff(nodes) > 0).all() and nodes[0] > 0 and nodes[-1] < 1
    np.testing.assert_allclose(nodes + nodes[::-1], 1, rtol=1e-14)
    np.testing.assert_allclose(weights, weights[::-1], rtol=1e-12)


def test_a_caller_cannot_spoil_the_next_callers_nodes():
    gauss_legendre(3)[0][:] = 9
    assert gauss_legendre(3)[0].max() < 1


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "5"])
def test_anything_but_a_positive_whole_number_is_refused(n):
    with pytest.raises(ValueError, match=r"positive whole number of nodes. Received: n="):
        gauss_legendre(n)
