"""The page over several models, which leads to the report of each."""

from __future__ import annotations

from explainprune.reporting.formatting import name
from explainprune.reporting.page import laid_out
from explainprune.reporting.views import overview as views
from explainprune.reporting.views.provenance import WORDS, flatten
from explainprune.types import Overview

SECTIONS = {
    "models": "The models",
    "moved": "How much of the reasons moved",
    "scores": "Do they still work?",
    "verdicts": "The verdicts in full",
    "provenance": "Where this comes from",
}


def render_overview(overview: Overview) -> str:
    """Write an `Overview` as one HTML page that loads nothing; equal ones give equal bytes."""
    heads, lines = views.lines(overview)
    shown = {
        "title": f"{len(lines)} models against {name(overview.dense)}: explainprune report",
        "overview": overview,
        "sentence": views.sentence(overview),
        "heads": heads,
        "lines": lines,
        "moved": views.moved(overview),
        "scores": views.scores(overview),
        "facts": [(WORDS.get(k, k.replace("_", " ")), v) for k, v in flatten(overview.provenance)],
    }
    contents = [(key, heading) for key, heading in SECTIONS.items() if shown.get(key, True)]
    return laid_out("overview.html", shown, contents)
