"""What is said of values that don't add up: figures that are true, and silence about chance."""

import re
from dataclasses import replace

import numpy as np
import pytest
from kinked_networks import kinked

from explainprune.analysis.attribution import attribute, attribute_to
from explainprune.analysis.attribution.methods import METHODS
from explainprune.network import FormulaNetwork
from explainprune.types import Attribution

RNG = np.random.default_rng(3)


def stepped(height, unit=1.0):
    """x₁² and a step over x₀ that no gradient shows."""

    def gradient(x):
        return np.stack([0 * x[:, 0], 2 * x[:, 1]], axis=1) * unit

    return FormulaNetwork(lambda x: (height * (x[:, 0] > 0) + x[:, 1] ** 2) * unit, 2, gradient)


def rows(count):
    return RNG.normal(size=(count, 2))


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e6])
@pytest.mark.parametrize("draws", [1, 4])
def test_a_gap_beyond_four_of_its_errors_is_noted(unit, draws):
    x, background = rows(12), rows(40)
    keywords = {"background": background, "method": "expected_gradients", "draws": draws}
    found = attribute(stepped(3.0, unit), x, **keywords, target=0)
    # What the gradient can't know of: the step at the sample, less its mean over the background.
    missing = 3.0 * unit * ((x[:, 0] > 0) - (background[:, 0] > 0).mean())
    # The rest is chance, and as large as the errors of a network without the step say.
    rest = attribute(stepped(0.0, unit), x, **keywords, target=0)
    np.testing.assert_allclose(found.gap - missing, rest.gap, atol=1e-12 * unit)
    np.testing.assert_array_equal(found.values, rest.values)
    assert np.abs(rest.gap / rest.gap_error).max() < 4 and rest.notes == ()
    errors = np.abs(found.gap / found.gap_error)
    (note,) = found.notes
    beyond, of, most, share = re.search(
        r"In (\d+) of (\d+) rows .* up to ([\d.e+]+) of them, ([\d.e+-]+) of the output's mean",
        note,
    ).groups()
    assert int(beyond) == (errors > 4).sum() > 6 and int(of) == 12
    assert float(most) == pytest.approx(errors.max(), rel=0.01)
    change = np.abs(found.output - found.base).mean()
    assert float(share) == pytest.approx(np.abs(found.gap[errors > 4]).max() / change, rel=0.06)


def test_the_error_of_a_gap_is_what_gaps_vary_by():
    """Over seeds the gap, in its errors, varies by 1 or less: places are spread evenly."""
    network = FormulaNetwork(lambda x: np.tanh(3 * x[:, 0]) * x[:, 1], 2)
    x, background = rows(10), rows(15)
    found = [
        attribute(network, x, background=background, method="expected_gradients", seed=s, target=0)
        for s in range(40)
    ]
    ratio = np.array([each.gap / each.gap_error for each in found])
    assert 0.2 < ratio.std() < 1.1
    assert not any(each.notes for each in found)


def test_few_paths_say_nothing_of_their_gap():
    network = stepped(3.0)
    found = attribute(
        network, rows(4), background=rows(1), method="expected_gradients", draws=7, target=0
    )
    assert found.gap_error is None and found.notes == ()
    found = attribute(
        network, rows(4), background=rows(1), method="expected_gradients", draws=8, target=0
    )
    assert found.gap_error.shape == (4,)


def test_rounding_is_no_gap():
    """A linear network in single precision: values are as right as floats are."""
    from explainprune.network.backend import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.layers[0].kernel.assign(np.array([[1.0], [2.0], [-1.0]]))
    model.layers[0].bias.assign([1e5])  # the changes are 10⁻⁵ of the output
    x, background = (RNG.normal(size=(n, 3)).astype("float32") for n in (20, 30))
    for method in ("expected_gradients", "integrated_gradients", "permutation"):
        found = attribute(model, x, background=background, method=method, target=0)
        assert found.notes == ()
    exact = np.array([1.0, 2.0, -1.0]) * (x - background.mean(axis=0))
    found = attribute(model, x, background=background, method="expected_gradients", target=0)
    np.testing.assert_allclose(found.values, exact, atol=1e-4)


def test_gaps_of_parts_are_counted_together(tmp_path):
    x, background = rows(25), rows(40)
    keywords = {"background": background, "method": "expected_gradients", "target": 0}
    written = attribute_to(tmp_path / "a.npz", stepped(3.0), x, rows_at_once=10, **keywords)
    (note,) = written.notes
    found = Attribution.load(tmp_path / "a.npz")
    assert found.gap_error.shape == (25,)
    beyond = int((np.abs(found.gap) > 4 * found.gap_error).sum())
    assert note.startswith(f"In {beyond} of 25 rows the gap of expected_gradients exceeds four")


def test_where_kinks_abound_the_nodes_are_even_and_the_note_is_true():
    network, exact = kinked(units=3000)
    x, background = RNG.normal(size=(6, 6)), RNG.normal(size=(1, 6))
    truth = np.array([exact(one, background[0]) for one in x])

    def error(found):
        return np.linalg.norm(found.values - truth, axis=1) / np.linalg.norm(truth, axis=1)

    def explained(**options):
        return attribute(
            network, x, background=background, method="integrated_gradients", **options
        )

    found = explained(target=0)
    assert error(found).mean() < 1.2 * error(explained(steps=273)).mean()
    assert error(found).mean() < 0.3 * error(explained(steps=50)).mean()
    note = next(note for note in found.notes if "nodes a path" in note)
    said = float(re.search(r"up to about ([\d.]+)%", note).group(1)) / 100
    assert 0.5 < said / error(found).max() < 2.0


def test_a_path_is_settled_by_itself():
    """Values don't depend on which other rows are explained, nor on how many at once."""
    network, _ = kinked(units=300)
    x, background = RNG.normal(size=(5, 6)), RNG.normal(size=(3, 6))
    options = {"background": background, "method": "integrated_gradients", "target": 0}
    together = attribute(network, x, **options).values
    alone = [attribute(network, row[None], **options).values[0] for row in x]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_values_that_lost_all_digits_are_refused():
    def broken(network, x, background, targets):
        found = METHODS["gradient_input"](network, x, background, targets)
        return replace(found, values=found.values * 1e6, complete=True)

    with pytest.raises(ValueError, match=r"broken should add up, and miss .* numbers cancel"):
        attribute(stepped(1.0), rows(5), background=rows(3), method=broken)
