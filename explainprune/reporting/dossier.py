"""A report as documents that travel: the dossier of a change, and the small model's card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from explainprune.reporting import wording
from explainprune.reporting.formatting import ends, number, why_none
from explainprune.reporting.markdown import plain, table
from explainprune.reporting.subject import Subject, subject_of
from explainprune.reporting.views.answers import flips_in_words
from explainprune.reporting.views.certificate import certified
from explainprune.reporting.views.codes import LABELS, REDRAWN
from explainprune.reporting.views.performance import measure_of
from explainprune.reporting.views.provenance import provenance
from explainprune.reporting.views.sizes import QUANTITIES
from explainprune.reporting.views.verdicts import stated_when
from explainprune.types import Comparison, Measure, Study
from explainprune.types.comparison import SCORES

Lines = Iterator[str]
MOST_FLIPS, MOST_SLICES = 30, 60
SECTIONS: tuple[tuple[str, str, Callable[[Subject], Lines]], ...]

HEAD = """Each section names the clauses that ask for what it holds, as this tool reads them: \
Annex IV of Regulation (EU) 2024/1689 (the AI Act), EASA's concept paper on machine learning \
(LM, IMP), the FDA's predetermined change control plans (PCCP), SR 26-2 on model risk, and \
Regulation B (12 CFR 1002). Whether they apply, and whether this is enough, is for you to say."""


def dossier(results: Comparison | Study, manifest: dict[str, Any] | None = None) -> str:
    """Return the dossier of a change from one model to another, as Markdown.

    Parameters
    ----------
    results : Comparison or Study
    manifest : dict, optional
        How the results came about.
    """
    subject = subject_of(results)
    dense, other = (subject.arm_term(key).label for key in (subject.dense, subject.other))
    lines = [f"# Change dossier: {plain(dense)} → {plain(other)}", "", HEAD, ""]
    for number_, (title, clauses, content) in enumerate(SECTIONS, start=1):
        lines += [f"## {number_}. {title}", "", f"*Asked for by: {clauses}.*", ""]
        lines += [*content(subject), ""]
    lines += [f"## {len(SECTIONS) + 1}. Provenance", ""]
    lines += ["*Asked for by: AI Act Annex IV 2(g); SR 26-2.*", ""]
    found = provenance(subject, manifest)
    lines += table(("what", "value"), [*found.facts, *found.config, *found.manifest])
    lines += ["", f"## {len(SECTIONS) + 2}. Signatures", ""]
    signed = ("Prepared by", "Reviewed by", "Approved by")
    lines += table(("role", "name", "date", "signature"), [(each, "", "", "") for each in signed])
    return "\n".join(lines) + "\n"


def card(results: Comparison | Study, manifest: dict[str, Any] | None = None) -> str:
    """Return the card of the model after, as Markdown with the header of the Hugging Face hub.

    Parameters
    ----------
    results, manifest
        As for `dossier`.
    """
    subject = subject_of(results)
    data = str(subject.pair.provenance.get("data", ""))
    other = subject.arm_term(subject.other).label
    task = "tabular-regression" if subject.regression else "tabular-classification"
    if subject.pair.detail.image_shape is not None and not subject.regression:
        task = "image-classification"
    head = ["---", "library_name: keras", f"pipeline_tag: {task}", "tags:", "- pruned"]
    head += ["- explainprune", "metrics:", *(f"- {score}" for score, *_ in _scores(subject))]
    lines = [*head, "---", "", f"# {plain(other)}", ""]
    lines += [f"Compared with {plain(subject.arm_term(subject.dense).label)} on {plain(data)}.", ""]
    for title, content in (
        ("Does it decide for the same reasons?", _verdicts),
        ("How well it does", _performance),
        ("Size", _change),
        ("What to bear in mind", _limits),
    ):
        lines += [f"## {title}", "", *content(subject), ""]
    return "\n".join(lines)


def _change(subject: Subject) -> Lines:
    """Say what is different, in size and in checksums."""
    before, after = subject.models.values()
    rows = []
    for quantity in QUANTITIES:
        term = subject.term(quantity)
        ends_ = [getattr(row, quantity) for row in (before, after)]
        if None not in ends_:
            rows.append((term.label, *(number(each, term.kind) for each in ends_)))
    yield from table(("quantity", "before", "after"), rows)
    found = certified(subject)
    if found is not None and found.checksums:
        yield ""
        yield from table(("certificate", "value"), found.checksums)


def _protocol(subject: Subject) -> Lines:
    """Say what decides, and when that was stated."""
    verdict, clarity = subject.results.verdict, subject.results.clarity
    rows = [
        ("Same reasons?", verdict.endpoint, number(verdict.margin, "share"), verdict.scope),
        ("Clearer?", clarity.endpoint, number(clarity.margin, "share"), clarity.scope),
    ]
    yield f"Margins were {plain(stated_when(subject))}."
    yield ""
    yield from table(("question", "judged by", "margin", "claim about"), rows)


def _verdicts(subject: Subject) -> Lines:
    """Give both verdicts and what they rest on."""
    for question, verdict in (
        ("Same reasons?", subject.results.verdict),
        ("Clearer?", subject.results.clarity),
    ):
        yield f"**{question} {verdict.label}.** {plain(verdict.sentence)}"
        yield ""
        rows = []
        for key, measure in verdict.evidence.items():
            known = _evidence(subject, key)
            rows.append((known.label, _figure(measure, known.kind), _of(measure)))
        yield from table(("evidence", "figure, 95 % interval", "from"), rows)
        yield ""


def _evidence(subject: Subject, key: str) -> wording.Term:
    """Say what evidence is: a figure, that of one model, or an arm's primary endpoint."""
    if key in wording.ARMS or key in subject.results.models:
        return replace(subject.arm_term(key), kind=subject.term(subject.results.primary).kind)
    figure, _, model = key.rpartition("_")
    if model in ("dense", "other"):
        known = subject.term(figure)
        of = subject.arm_term(subject.dense if model == "dense" else subject.other)
        return replace(known, label=f"{known.label}, {of.label}")
    return subject.term(key)


def _performance(subject: Subject) -> Lines:
    """Lay out scores of both models, overall and in every class and group."""
    models, scores = list(subject.models.items()), _scores(subject)
    if not scores:
        yield "Not known: the rows came without labels."
        return
    names = [subject.arm_term(key).label for key, _ in models]
    rows = [(subject.term(score).label, *(_figure(m, subject.term(score).kind) for m in both))
            for score, *both in scores]  # fmt: skip
    yield from table(("score", *map(plain, names)), rows)
    places = dict.fromkeys(place for _, row in models for place in row.slices)
    within = [
        (place, subject.term(score).label,
         *(_figure(row.slices.get(place, {}).get(score), subject.term(score).kind)
           for _, row in models))
        for place in places
        for score in dict.fromkeys(s for _, row in models for s in row.slices.get(place, {}))
    ]  # fmt: skip
    if within:
        yield ""
        yield from table(("class or group", "score", *map(plain, names)), within[:MOST_SLICES])
    every = [m for _, row in models for part in row.slices.values() for m in part.values()]
    for reason in why_none([*every, *(m for _, *both in scores for m in both)]):
        yield ""
        yield f"No interval: {plain(reason)}."
    if len(within) > MOST_SLICES:
        yield ""
        yield f"{MOST_SLICES} of {len(within)} lines; all are in slices.csv of the report."


def _flips(subject: Subject) -> Lines:
    """List which answers changed, and which of them were right."""
    found = subject.pair.answers
    if not found.classes:
        yield "Predictions are numbers: none can be said to flip."
        return
    yield plain(flips_in_words(subject))
    lost = {(a, b): n for a, b, n in found.negative}
    rows = [(found.classes[a], found.classes[b], n, lost.get((a, b), 0)) for a, b, n in found.flips]
    if rows:
        yield ""
        yield from table(("before", "now", "rows", "right before"), rows[:MOST_FLIPS])
    if len(rows) > MOST_FLIPS:
        yield ""
        yield f"The most frequent {MOST_FLIPS} of {len(rows)}."


def _codes(subject: Subject) -> Lines:
    """Say how many adverse decisions get other reasons."""
    found = subject.pair.codes
    if found is None:
        yield "Not asked: no adverse class and cut-off were stated (`--adverse`, `--threshold`)."
        return
    yield plain(found.sentence)
    said = {what: label for what, (label, _) in LABELS.items()}
    marks = {what: subject.arm_term(what).label for what in found.marks}
    marks |= {"reference_redrawn": REDRAWN[0]}
    rows = [(said[what], _figure(m, "share"), _of(m)) for what, m in found.changed.items()]
    rows += [(f"set, for scale: {marks[what]}", _figure(m, "share"), _of(m))
             for what, m in found.marks.items()]  # fmt: skip
    rows += [(f"{place}: {said[what]}", _figure(m, "share"), _of(m))
             for place, within in found.slices.items() for what, m in within.items()]  # fmt: skip
    yield ""
    yield from table(("share of rows that get", "figure, 95 % interval", "from"), rows)


def _certificate(subject: Subject) -> Lines:
    """Say how far outputs moved, and how far they can."""
    found = certified(subject)
    if found is None:
        yield "There is none: outputs of the two were not held against each other."
        return
    yield from map(plain, found.sentences)
    yield ""
    yield from table(("what", "figure"), [(what, number(v, k)) for what, _, v, k in found.moved])


def _limits(subject: Subject) -> Lines:
    """Say what the reader must know."""
    notes = provenance(subject, None).notes
    yield from (f"- {plain(note)}" for note in notes)
    if not notes:
        yield "No note was made."


SECTIONS = (
    ("What changed", "AI Act Annex IV 2(f) and 6; EASA LM-06; PCCP; SR 26-2", _change),
    ("Protocol", "AI Act Annex IV 2(g); PCCP", _protocol),
    ("Reasons before and after", "AI Act Annex IV 2(g) and 3; EASA LM-06, IMP-06", _verdicts),
    ("Performance and calibration, by class and group", "AI Act Annex IV 2(g) and 3; SR 26-2",
     _performance),
    ("Answers that changed", "AI Act Annex IV 3; EASA IMP-06", _flips),
    ("Reasons for adverse decisions", "Regulation B 9(b)(2)", _codes),
    ("Certificate", "EASA IMP-04, IMP-06; PCCP", _certificate),
    ("Limits", "AI Act Annex IV 3; SR 26-2", _limits),
)  # fmt: skip


def _scores(subject: Subject) -> list[tuple[str, Measure | None, Measure | None]]:
    """Return each score that a model has, of both; calibration is among them."""
    first, second = subject.models.values()
    found = [(score, measure_of(first, score), measure_of(second, score)) for score in SCORES]
    return [each for each in found if each[1] is not None or each[2] is not None]


def _figure(measure: Measure | None, kind: str) -> str:
    """Write a figure with its interval, or why it has none."""
    if measure is None:
        return "–"
    text = number(measure.value, kind)
    if measure.interval is None:
        return f"{text} (no interval)" if measure.value is not None else f"– ({measure.note})"
    return f"{text} ({ends(measure.interval, kind)})"


def _of(measure: Measure) -> str:
    return f"{measure.n:,} {measure.unit}"
