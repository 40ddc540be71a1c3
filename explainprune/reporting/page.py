"""The page: results in, one HTML file out, the same bytes every time."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from explainprune.reporting import formatting
from explainprune.reporting.subject import Subject, subject_of
from explainprune.reporting.svg.sheet import TEMPLATES
from explainprune.reporting.views.answering import works
from explainprune.reporting.views.certificate import certified
from explainprune.reporting.views.changes import changes
from explainprune.reporting.views.codes import codes
from explainprune.reporting.views.drawings import networks
from explainprune.reporting.views.features import features
from explainprune.reporting.views.levels import sweep
from explainprune.reporting.views.metrics import metrics
from explainprune.reporting.views.performance import performance
from explainprune.reporting.views.provenance import provenance
from explainprune.reporting.views.samples import gallery
from explainprune.reporting.views.sentences import sentences
from explainprune.reporting.views.sizes import sizes
from explainprune.reporting.views.sources import sources
from explainprune.reporting.views.units import units
from explainprune.reporting.views.verdicts import cards
from explainprune.reporting.views.where import whereabouts
from explainprune.types import Comparison, Study

SECTIONS = {
    "verdicts": "Two verdicts",
    "evidence": "What the verdicts rest on",
    "sizes": "What was pruned",
    "network": "The network, before and after",
    "certificate": "How far outputs moved",
    "performance": "Does it still work?",
    "features": "Which features mattered",
    "where": "Where they differ",
    "codes": "Reasons for adverse decisions",
    "units": "Which neurons mattered",
    "samples": "Row by row",
    "levels": "Over sparsity and seeds",
    "sources": "Where differences come from",
    "metrics": "All metrics",
    "provenance": "Where this comes from",
    "reading": "Limits, and what intervals are",
}
"""Anchor (and template) and heading of every section, in order; empty ones are left out."""

_LEDE = {"data": "data", "rows": "rows", "methods": "explained by", "background": "background rows"}


def render(results: Comparison | Study, manifest: dict[str, Any] | None = None) -> str:
    """Write `results` as one HTML page that loads nothing.

    Parameters
    ----------
    results : Comparison or Study
    manifest : dict, optional
        How the results came about: command, versions, checksums, times.

    Returns
    -------
    str
        The page; equal results and manifests give equal bytes.

    Raises
    ------
    ValueError
        If there are fewer than two models, or their pair isn't compared.
    """
    subject = subject_of(results)
    shown = _views(subject, manifest)
    contents = [(anchor, SECTIONS[anchor]) for anchor in SECTIONS if shown.get(anchor, True)]
    return laid_out("page.html", shown, contents)


def laid_out(template: str, shown: dict[str, Any], contents: list[tuple[str, str]]) -> str:
    """Fill in a whole page, with its style and script and a policy that allows no others."""
    css, script = _source("figures.css") + _source("page.css"), _source("page.js")
    more = {
        "lede": [],
        "contents": contents,
        "css": css,
        "script": script,
        "policy": _policy(css, script),
    }
    more["anchors"] = [anchor for anchor, _ in contents]
    return _environment().get_template(template).render(**more | shown)


def _views(subject: Subject, manifest: dict[str, Any] | None) -> dict[str, Any]:
    """Work out everything the templates show; a section whose name maps to False is left out."""
    detail = subject.pair.detail
    drawn = networks(subject)
    labels: dict[str, str] = {}
    for role, key in (("dense", subject.dense), ("other", subject.other)):
        labels |= {
            f"{role}_label": subject.arm_term(key).label,
            f"{role}_called": subject.called(key),
        }
    return labels | {
        "title": f"{labels['other_label']} against {labels['dense_label']}: explainprune report",
        "study": subject.study is not None,
        "pair": subject.pair,
        "lede": _lede(subject),
        "cards": cards(subject),
        "works": works(subject),
        "named": subject.in_names,
        "sizes": sizes(subject),
        "network": drawn is not None,
        "networks": drawn,
        "criterion": detail.criterion,
        "certificate": certified(subject) or False,
        "performance": performance(subject),
        "features": features(subject) if detail.features else False,
        "changes": changes(subject),
        "codes": codes(subject) or False,
        "where": whereabouts(subject) or False,
        "units": units(subject) if detail.units else False,
        "samples": bool(detail.samples),
        "gallery": gallery(subject),
        "levels": subject.study is not None,
        "sweep": sweep(subject),
        "said": sentences(subject),
        "sources": sources(subject),
        "metrics": metrics(subject),
        "provenance": provenance(subject, manifest),
    }


def _lede(subject: Subject) -> list[tuple[str, str]]:
    """Pick the facts that belong under the title."""
    facts, chosen = dict(subject.pair.provenance), []
    rows, draws = facts.get("background_rows"), facts.get("backgrounds", 1)
    facts["background"] = f"{draws} × {rows}" if rows and draws > 1 else rows
    for key, label in _LEDE.items():
        value = facts.get(key)
        value = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
        if isinstance(value, (str, int, float)):
            known = formatting.number(value, "count") if isinstance(value, int) else str(value)
            chosen.append((label, known))
    if subject.study is not None:
        chosen.append(("seeds", str(len(subject.study.seeds))))
    return chosen


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": formatting.number,
        "ends": formatting.ends,
        "counted": formatting.counted,
        "brief": formatting.brief,
        "exactly": formatting.exactly,
        "name": formatting.name,
        "exact": json.dumps,
        "begin": formatting.begin,
        "prose": formatting.prose,
    }
    return environment


def _source(name: str) -> Markup:
    """Read a style or script of our own: nothing of the user's is ever in it."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def _policy(css: str, script: str) -> str:
    """Allow this page's own style and script by their hashes, images within it, nothing else."""
    hashes = [
        f"'sha256-{b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
        for part in (css, script)
    ]
    return (
        f"default-src 'none'; style-src {hashes[0]}; script-src {hashes[1]}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
