"""Results to HTML, CSV and figures; needs no TensorFlow."""

from explainprune.reporting import plot
from explainprune.reporting.folder import check_free, reserved, whole_folder
from explainprune.reporting.page import render
from explainprune.reporting.writing import load_results, report, that_fit, write_report

__all__ = [
    "check_free",
    "load_results",
    "plot",
    "render",
    "report",
    "reserved",
    "that_fit",
    "whole_folder",
    "write_report",
]
