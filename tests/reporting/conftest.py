"""Fixtures over `factory.py`, which is loaded by path: test folders are not packages."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _load_factory():
    if "reporting_factory" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "reporting_factory", Path(__file__).with_name("factory.py")
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules["reporting_factory"] = module
        spec.loader.exec_module(module)
    return sys.modules["reporting_factory"]


@pytest.fixture(scope="session")
def factory():
    return _load_factory()


@pytest.fixture(scope="session")
def comparison(factory):
    return factory.comparison()


@pytest.fixture(scope="session")
def study(factory):
    return factory.study()


@pytest.fixture(scope="session")
def table(factory):
    return factory.table_comparison()


@pytest.fixture(scope="session")
def small(factory):
    """A pair with little in it, for what needs no realistic size."""
    return factory.small_comparison()
