"""A function of rows as a network: what is explained of it, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from artefact_cases import softmax

from explainprune.network import Artefact, ForwardNetwork, Network, as_network

X = np.random.default_rng(1).normal(size=(40, 3))
W = np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 1.0], [1.0, 1.0, -3.0]])


def seen(function, x=X, **options):
    return as_network(Artefact("mine", function), like=x, **options)


def test_it_is_a_network_that_puts_out_what_the_function_does():
    network = seen(lambda x: x @ W)
    assert isinstance(network, Network)
    assert (network.n_inputs, network.n_outputs, network.output_kind) == (3, 3, "logit")
    np.testing.assert_array_equal(network.outputs(X), X @ W)


def test_scores_are_centred_and_turned_into_probabilities_where_asked():
    z = X @ W
    centred = seen(lambda x: x @ W, output="centred")
    np.testing.assert_allclose(centred.outputs(X), z - z.mean(axis=1, keepdims=True), atol=1e-12)
    shares = seen(lambda x: x @ W, output="probability")
    np.testing.assert_allclose(shares.outputs(X), softmax(z), atol=1e-12)
    assert shares.notes == ("mine outputs class scores: their softmax is its probability.",)
    numbers = seen(lambda x: x @ W, output="probability", task="regression")
    np.testing.assert_array_equal(numbers.outputs(X), z)


@pytest.mark.parametrize("output", ["logit", "centred", "probability"])
def test_rows_that_sum_to_one_are_probabilities_whatever_is_asked_for(output):
    network = seen(lambda x: softmax(x @ W), output=output)
    assert network.output_kind == "probability"
    np.testing.assert_allclose(network.outputs(X), softmax(X @ W))
    said = "mine outputs probabilities and shows no logits: they are explained."
    assert network.notes == ((said,) if output != "probability" else ())


def test_one_number_for_two_classes_is_both():
    z = X @ [1.0, 2.0, -1.0]
    plain = seen(lambda x: x @ [1.0, 2.0, -1.0])
    assert plain.n_outputs == 1 and not plain.yes_or_no
    both = {
        kind: seen(lambda x: x @ [1.0, 2.0, -1.0], output=kind, task="classification").outputs(X)
        for kind in ("logit", "centred", "probability")
    }
    np.testing.assert_allclose(both["logit"], np.stack([-z, z], 1))
    np.testing.assert_allclose(both["centred"], np.stack([-z, z], 1) / 2)
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(both["probability"], np.stack([1 - p, p], 1))
    chance = seen(lambda x: 1 / (1 + np.exp(-x @ [1.0, 2.0, -1.0])), task="classification")
    assert chance.output_kind == "probability"
    np.testing.assert_allclose(chance.outputs(X), np.stack([1 - p, p], 1))
    assert seen(lambda x: 1 / (1 + np.exp(-x @ [1.0, 2.0, -1.0]))).output_kind == "logit"


def test_rows_keep_their_shape_and_names():
    image = np.arange(24.0).reshape(2, 3, 4, 1)
    shapes = []

    def total(x):
        shapes.append(x.shape)
        return x.sum(axis=(1, 2, 3))

    network = seen(total, image)
    np.testing.assert_array_equal(
        network.outputs(network.pack(image)).ravel(), image.sum(axis=(1, 2, 3))
    )
    assert set(shapes) == {(2, 3, 4, 1)}
    named = {"b": X[:, :1], "a": X[:, 1:]}
    network = seen(lambda x: x["a"][:, 0] - x["b"][:, 0], named)
    np.testing.assert_array_equal(network.outputs(network.pack(named)).ravel(), X[:, 1] - X[:, 0])
    back = network.unpack(network.pack(named), named)
    assert list(back) == ["b", "a"]
    np.testing.assert_array_equal(back["a"], X[:, 1:])


def test_several_outputs_are_laid_side_by_side():
    artefact = Artefact("two", lambda x: (x[:, :2], x.sum(axis=1)))
    network = ForwardNetwork(artefact, like=X)
    assert network.output_shapes == ((2,), ())
    np.testing.assert_allclose(network.outputs(X)[:, 2], X.sum(axis=1))
    first, second = artefact(X)
    np.testing.assert_array_equal(first, X[:, :2])
    np.testing.assert_allclose(second, X.sum(axis=1))
    assert network.flat_target(("output_1",)) == 2


def test_an_artefact_is_called_on_tables_too():
    table = pd.DataFrame(X, columns=list("abc"))
    np.testing.assert_array_equal(Artefact("mine", lambda x: x @ W)(table), X @ W)


def test_many_rows_come_in_parts():
    sizes = []

    def count(x):
        sizes.append(len(x))
        return x[:, 0]

    network = ForwardNetwork(Artefact("count", count, rows_per_call=16), like=X[:1])
    sizes.clear()
    np.testing.assert_array_equal(network.outputs(X)[:, 0], X[:, 0])
    assert sizes == [16, 16, 8]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x[:-1], r"a row for each of 40 rows. Received: shape=\(39, 3\)"),
        (lambda x: np.full(len(x), np.nan), r"outputs NaN or infinite numbers for 40 of 40 rows"),
        (lambda x: np.full(len(x), "yes"), r"must output numbers.* dtype=<U3"),
        (lambda x: 1.0, r"must output numbers"),
        (lambda x: x @ np.ones(4), r"mine failed on rows of shape \(40, 3\): ValueError: matmul"),
        (lambda x: [], r"must output numbers"),
    ],
)
def test_what_is_no_output_is_refused(function, message):
    with pytest.raises(ValueError, match=message):
        seen(function)


def test_what_it_cannot_do_is_refused_in_a_sentence():
    network = seen(lambda x: x @ W)
    advice = r"needs gradients, and mine only runs forward. Use method='permutation'"
    with pytest.raises(ValueError, match=advice):
        network.gradients(X, np.zeros(40, int))
    with pytest.raises(ValueError, match=advice):
        network.jacobian(X)
    with pytest.raises(ValueError, match=r"Unknown output 'logits'. Did you mean 'logit'"):
        seen(lambda x: x, output="logits")
    with pytest.raises(ValueError, match=r"mine has none to read. Pass target= an index"):
        seen(lambda x: x, output=lambda raw: raw)
    with pytest.raises(ValueError, match="mine is a function: only rows tell what it reads"):
        as_network(Artefact("mine", lambda x: x))
    with pytest.raises(ValueError, match=r"is given numbers. Received: x of dtype=<U1"):
        seen(lambda x: x, np.array([["a"], ["b"]]))
    with pytest.raises(ValueError, match=r"expects shape \(n, 3\). Received: shape=\(5, 4\)"):
        network.pack(np.ones((5, 4)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_far_from_zero_overflow_nowhere(dtype):
    """A warning would be an error here."""
    far = np.array([[-2000.0], [0.0], [2000.0]], dtype)
    yes = ForwardNetwork(
        Artefact("mine", lambda x: x), output="probability", like=far, task="classification"
    )
    np.testing.assert_allclose(yes.outputs(far), [[1, 0], [0.5, 0.5], [0, 1]])
    two = np.concatenate([far, np.zeros_like(far)], axis=1)
    several = ForwardNetwork(Artefact("mine", lambda x: x), output="probability", like=two)
    np.testing.assert_allclose(several.outputs(two), [[0, 1], [0.5, 0.5], [1, 0]])
