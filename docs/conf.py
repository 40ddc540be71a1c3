"""The documentation as a site: Sphinx reads these pages, and docstrings, strictly (`make docs`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

import explainprune as xp

project = "explainprune"
author = copyright = "The explainprune authors"
release = version = xp.__version__
add_module_names = False
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"explainprune {release}"
html_copy_source = False
myst_heading_anchors = 4
suppress_warnings = ["myst.header", "ref.python"]
"""Generated pages leave levels out; `x` of a parameter's type is no attribute of a class."""
autodoc_typehints = "none"  # said in words beside each parameter
napoleon_use_rtype = False


def _public() -> list[Callable[..., Any]]:
    """Return what can be called of the public names."""
    return [each for name in xp.__all__ if callable(each := getattr(xp, name))]


def _verbs() -> Iterable[Callable[..., Any]]:
    """Return the public functions, in their own order."""
    return [each for each in _public() if not isinstance(each, type)]


def _types() -> Iterable[Callable[..., Any]]:
    """Return the public classes."""
    return [each for each in _public() if isinstance(each, type)]


LISTED: dict[str, Callable[[], Iterable[Callable[..., Any]]]] = {
    "verbs": _verbs,
    "types": _types,
    "methods": lambda: xp.METHODS.values(),
    "criteria": lambda: xp.CRITERIA.values(),
    "metrics": lambda: xp.METRICS.values(),
}


class Listed(SphinxDirective):
    """All that one of the lists above holds, by its docstrings: ``.. listed:: methods``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Let autodoc describe each of them."""
        lines = []
        for each in LISTED[self.arguments[0]]():
            name = f"{each.__module__}.{each.__qualname__}"
            if isinstance(each, type):
                lines += [f".. autoclass:: {name}", "   :members:", ""]
            else:
                lines += [f".. autofunction:: {name}", ""]
        return self.parse_text_to_nodes(StringList(lines, self.arguments[0]))


def setup(app: Any) -> None:
    """Make the directive known."""
    app.add_directive("listed", Listed)
