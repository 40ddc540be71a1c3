"""Results in notebooks: their page, in a frame that can reach nothing around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from explainprune.reporting.formatting import name, number
from explainprune.reporting.page import laid_out, render
from explainprune.reporting.profile_page import render_profile
from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.track import Bar, bars, track
from explainprune.reporting.views.provenance import flatten
from explainprune.types import Attribution, Certificate, Comparison, Profile, Study
from explainprune.types.encoding import encode
from explainprune.types.frames import named, named_inputs

TALL, SHORT = 720, 360
"""Height of the frame of a page, and of a card, in pixels."""
MOST = 12
BOX = ("bound › low", "bound › high")
"""A number for each input: in the file, and not on the card."""


@dataclass(frozen=True)
class Card:
    """A result that has no page of its own: its name, a sentence, bars and facts."""

    kind: str
    sentence: str
    notes: tuple[str, ...]
    bars: tuple[tuple[str, Markup, str], ...]
    facts: tuple[tuple[str, str], ...]


def framed(results: Any) -> str:
    """Return an ``<iframe>`` that holds the page of a result, escaped, with no origin to act from.

    Its script, which the page's own policy allows, runs; nothing in it reaches the notebook.

    Parameters
    ----------
    results : Comparison, Study, Profile, Attribution or Certificate
    """
    page, height = page_of(results)
    title = escape(f"explainprune {type(results).__name__}")
    return (
        f'<iframe sandbox="allow-scripts" title="{title}" loading="lazy" '
        f'style="width: 100%; height: {height}px; border: 0" srcdoc="{escape(page)}"></iframe>'
    )


def page_of(results: Any) -> tuple[str, int]:
    """Return the page of a result, and how tall its frame is."""
    if isinstance(results, Comparison | Study):
        return render(results), TALL
    if isinstance(results, Profile):
        return render_profile(results), TALL
    card = _attribution(results) if isinstance(results, Attribution) else _certificate(results)
    return laid_out("card.html", {"card": card, "title": f"explainprune: {card.kind}"}, []), SHORT


def _attribution(attribution: Attribution) -> Card:
    """Show the features that lead on average, and what was done."""
    values = attribution.values
    parts = values if isinstance(values, dict) else {"": values}
    outputs = attribution.base.ndim > 1
    each = {
        key: np.abs(part).mean(axis=(0, part.ndim - 1) if outputs else 0).ravel()
        for key, part in parts.items()
    }
    sizes = np.concatenate(list(each.values()))
    labels = (
        named_inputs({key: len(part) for key, part in each.items()})
        if isinstance(values, dict)
        else named(attribution.feature_names, len(sizes))
    )
    order = np.argsort(-sizes, kind="stable")[:MOST]
    axis = Axis(0.0, float(sizes.max(initial=0.0)) or 1.0, ())
    drawn = tuple(
        (
            labels[i],
            track(axis, *bars(axis, Bar(float(sizes[i]), "dense"))),
            number(float(sizes[i])),
        )
        for i in order
    )
    facts = {
        "rows": len(attribution),
        "explained output": attribution.output_kind,
        "adds up": f"relative gap {attribution.relative_gap:.1e}",
        **attribution.options,
    }
    sentence = f"Mean |attribution| by {name(attribution.method)}, the {len(order)} leading of "
    sentence += f"{len(sizes):,} features"
    return Card("Attribution", sentence, attribution.notes, drawn, tuple(flatten(facts)))


def _certificate(certificate: Certificate) -> Card:
    facts = tuple(fact for fact in flatten(encode(certificate)) if fact[0] not in BOX)
    return Card("Certificate", str(certificate), (), (), facts)
