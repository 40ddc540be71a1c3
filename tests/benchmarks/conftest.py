"""Benchmarks are scripts: what lies beside one can be imported."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch):
    """Let modules import what lies beside the script, as `python script` does."""
    monkeypatch.syspath_prepend(str(FOLDER))
