"""Every plot of the shap package takes what to_shap gives it: series, images, several inputs."""

import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.network import FormulaNetwork
from explainprune.types import Attribution

RNG = np.random.default_rng(0)
SHAPE = (6, 2)
NAMES = [f"x[{step}, {channel}]" for step in range(6) for channel in range(2)]


def series(**options):
    """Explain 120 series of six steps and two channels, by a closed form."""
    x, background = RNG.normal(size=(120, *SHAPE)), RNG.normal(size=(5, *SHAPE))
    weights = np.arange(1.0, 13.0)
    network = FormulaNetwork(lambda rows: rows @ np.stack([weights, -weights], axis=1), 12)
    network = FormulaNetwork(network.formula, 12, n_outputs=2)
    options = {"method": "permutation", "target": 0, **options}
    found = attribute(network, x, background=background, **options)
    expected = (x - background.mean(axis=0)).reshape(120, -1) * weights
    return found, x, expected


@pytest.fixture(scope="module")
def shap():
    mpl.use("Agg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its imports
        import shap
    return shap


def plots(shap, given):
    """Return every plot of this version that draws values of a table, and what it is given."""
    matrix = (given.base_values[0], given.values, given.data, list(given.feature_names))
    taking = {
        "bar": lambda: shap.plots.bar(given, show=False),
        "beeswarm": lambda: shap.plots.beeswarm(given, show=False),
        "decision": lambda: shap.plots.decision(*matrix, show=False),
        "embedding": lambda: shap.plots.embedding(
            0, given.values, feature_names=list(given.feature_names), show=False
        ),
        "force": lambda: shap.plots.force(given[0], matplotlib=True, show=False),
        "group_difference": lambda: shap.plots.group_difference(
            given.values, np.arange(120) < 50, list(given.feature_names), show=False
        ),
        "heatmap": lambda: shap.plots.heatmap(given, show=False),
        "monitoring": lambda: shap.plots.monitoring(
            0, given.values, given.data, feature_names=list(given.feature_names), show=False
        ),
        "scatter": lambda: shap.plots.scatter(given[:, 2], color=given, show=False),
        "violin": lambda: shap.plots.violin(given, show=False),
        "waterfall": lambda: shap.plots.waterfall(given[3], show=False),
    }
    others = {"benchmark", "colors", "image", "image_to_text", "initjs", "partial_dependence"}
    others |= {"text", "matplotlib"}  # of other things than the values of a table
    every = {name for name in dir(shap.plots) if not name.startswith("_")}
    assert every - others <= set(taking), "a plot that isn't tried"
    return {name: draw for name, draw in taking.items() if name in every}


def check_plots(shap, given):
    for draw in plots(shap, given).values():
        with warnings.catch_warnings():
            for module in (
                "shap",
                "matplotlib",
                "numpy",
                "seaborn",
            ):  # what they warn of each other
                warnings.filterwarnings("ignore", module=module)
            draw()
        assert plt.get_fignums()
        plt.close("all")


def test_every_plot_takes_series_laid_flat(shap):
    found, x, expected = series()
    given = found.to_shap(flat=True)
    np.testing.assert_allclose(given.values, expected, atol=1e-9)
    np.testing.assert_array_equal(given.data, x.reshape(120, 12))
    assert given.feature_names == NAMES
    assert given.error_std.shape == (120, 12)
    check_plots(shap, given)


def test_every_plot_takes_one_of_all_outputs_and_several_inputs(shap):
    found, _, expected = series(target="all")
    given = found.to_shap(flat=True)
    assert given.values.shape == (120, 12, 2)
    np.testing.assert_allclose(given[..., 1].values, -expected, atol=1e-9)
    check_plots(shap, given[..., 1])
    both = Attribution(
        values={"a": expected.reshape(120, *SHAPE), "b": expected[:, :1]},
        base=np.zeros(120),
        output=expected.sum(axis=1) + expected[:, 0],
        method="gradient_input",
        x={"a": expected.reshape(120, *SHAPE), "b": expected[:, :1]},
    )
    given = both.to_shap()
    assert given.feature_names == [name.replace("x", "a") for name in NAMES] + ["b[0]"]
    np.testing.assert_array_equal(given.values, np.c_[expected, expected[:, :1]])
    check_plots(shap, given)


def test_each_place_has_its_name(shap):
    """Also behind a cut: a row, a step, a channel."""
    found, _, expected = series()
    given = found.to_shap()
    assert given.values.shape == given.data.shape == (120, *SHAPE)
    names = np.array(NAMES).reshape(SHAPE)
    np.testing.assert_array_equal(given[3].feature_names, names)
    np.testing.assert_array_equal(given[3, :, 1].feature_names, names[:, 1])
    np.testing.assert_array_equal(given[:, 4, 0].feature_names, ["x[4, 0]"] * 120)
    np.testing.assert_allclose(given[:, 4, 0].values, expected[:, 8], atol=1e-9)


def test_names_that_are_known_stay(shap):
    values = RNG.normal(size=(2, 2, 2))
    named = Attribution(
        values=values, base=np.zeros(2), output=np.zeros(2), method="gradient",
        feature_names=("p", "q", "r", "s"),
    )  # fmt: skip
    assert named.to_shap(flat=True).feature_names == ["p", "q", "r", "s"]
    np.testing.assert_array_equal(named.to_shap()[0].feature_names, [["p", "q"], ["r", "s"]])


def test_images_as_they_are(shap):
    x = RNG.random((2, 4, 4, 1))
    network = FormulaNetwork(lambda rows: rows.sum(axis=1), 16)
    found = attribute(network, x, background=0 * x[:1], method="occlusion")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="shap|matplotlib")
        shap.plots.image(found.to_shap(), show=False)
    assert plt.get_fignums()
    plt.close("all")
    assert found.to_shap(flat=True).feature_names[:5] == [
        "x[0, 0, 0]", "x[0, 1, 0]", "x[0, 2, 0]", "x[0, 3, 0]", "x[1, 0, 0]",
    ]  # fmt: skip
