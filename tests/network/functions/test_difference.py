import numpy as np
import pytest

from explainprune.network import DifferenceNetwork, FormulaNetwork, Network


@pytest.fixture
def pair():
    a = FormulaNetwork(lambda x: 3 * x[:, 0] + x[:, 1] ** 2, 2, rows_per_call=10)
    b = FormulaNetwork(lambda x: x[:, 0] * x[:, 1], 2, rows_per_call=7)
    return a, b


def test_outputs_and_gradients_are_those_of_the_formula(pair):
    network = DifferenceNetwork(*pair, beta=0.5)
    x = np.array([[2.0, 4.0], [-1.0, 3.0]])
    assert isinstance(network, Network)
    assert network.rows_per_call == 7
    np.testing.assert_allclose(network.outputs(x)[:, 0], [6 + 16 - 4, -3 + 9 + 1.5])
    expected = np.array([[3 - 0.5 * 4, 8 - 0.5 * 2], [3 - 0.5 * 3, 6 + 0.5]])
    np.testing.assert_allclose(network.gradients(x, np.zeros(2, int)), expected, atol=1e-8)
    np.testing.assert_allclose(network.jacobian(x)[..., 0], expected, atol=1e-8)


def test_networks_of_different_sizes_are_refused(pair):
    other = FormulaNetwork(lambda x: x[:, 0], 5)
    with pytest.raises(ValueError, match=r"same numbers of inputs and outputs. .*\(2, 1\) and"):
        DifferenceNetwork(pair[0], other)
