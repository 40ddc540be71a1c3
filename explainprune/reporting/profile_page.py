"""The page of one model: the same look, without a comparison."""

from __future__ import annotations

from typing import Any

from explainprune.reporting.formatting import name, number
from explainprune.reporting.page import laid_out
from explainprune.reporting.svg.heat import legend
from explainprune.reporting.views import profile as views
from explainprune.reporting.views.provenance import WORDS, flatten
from explainprune.types import Profile

SECTIONS = {
    "rests": "What its answers rest on",
    "rows": "Row by row",
    "trust": "Can these explanations be trusted?",
    "works": "Does it work?",
    "network": "The network",
    "units": "Which neurons matter",
    "provenance": "Where this comes from",
}
"""Anchor and heading of every section, in order; empty ones are left out."""


def render_profile(profile: Profile, manifest: dict[str, Any] | None = None) -> str:
    """Write a `Profile` as one HTML page that loads nothing; equal ones give equal bytes."""
    shown = {
        "title": f"{name(profile.name)}: explainprune report",
        "profile": profile,
        "lede": _lede(profile),
        "rests": views.features(profile),
        "rows": views.rows(profile),
        "legend": legend(),
        "trust": views.trust(profile),
        "quality": views.quality(profile),
        "works": [*views.scores(profile), *views.sizes(profile)],
        "within": views.within(profile),
        "network": views.drawing(profile),
        "units": views.units(profile),
        "facts": [(WORDS.get(k, k.replace("_", " ")), v) for k, v in flatten(profile.provenance)],
        "manifest": list(flatten(manifest or {})),
    }
    empty = {
        "trust": not shown["trust"],
        "rows": not shown["rows"],
        "network": not shown["network"],
    }
    empty |= {"works": not shown["works"], "units": not profile.detail.units}
    contents = [(anchor, SECTIONS[anchor]) for anchor in SECTIONS if not empty.get(anchor, False)]
    return laid_out("profile.html", shown, contents)


def _lede(profile: Profile) -> list[tuple[str, str]]:
    """Pick the facts that belong under the title."""
    facts = profile.provenance
    draws, rows = facts.get("backgrounds", 1), facts.get("background_rows")
    known = {
        "data": facts.get("data"),
        "rows": number(facts["rows"], "count") if "rows" in facts else None,
        "explained by": ", ".join(facts.get("methods", ())),
        "background rows": f"{draws} × {rows}" if rows and draws > 1 else rows,
    }
    return [(what, str(value)) for what, value in known.items() if value]
