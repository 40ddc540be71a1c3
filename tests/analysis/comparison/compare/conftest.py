"""A network of formulas, another that is like it, and their comparison."""

import pytest
from comparison_cases import labelled

from explainprune.analysis import compare


@pytest.fixture(scope="module")
def models(curved):
    """A network and another that is like it."""
    return curved(), curved(noise=0.3)


@pytest.fixture(scope="module")
def data(models, normal_rows):
    return labelled(models[0], normal_rows(), flips=9)


@pytest.fixture(scope="module")
def result(models, data):
    return compare(*models, data, background=15)
