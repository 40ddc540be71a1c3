"""Results to HTML, CSV and figures; needs no TensorFlow."""

from explainprune.reporting.page import render

__all__ = ["render"]
