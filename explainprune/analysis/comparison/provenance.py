"""How a comparison came about, and what its reader must know."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from explainprune._version import __version__
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.growth import Look
from explainprune.analysis.comparison.measuring import Measured
from explainprune.analysis.verdict.wording import count
from explainprune.lookup import name_of
from explainprune.types import Masks

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "scipy")


def provenance_of(
    case: Case, found: Measured, masks: Masks | None, criterion: Any
) -> dict[str, Any]:
    """Return what decides the figures, as JSON values; no timings."""
    settings = case.settings
    facts: dict[str, Any] = {
        "data": case.data.name,
        "rows": len(case.data),
        "rows_given": case.rows_given,
        "labelled": case.data.y is not None,
        "task": case.task,
        "methods": list(settings.methods),
        "output": case.dense.kind,
        "target": target_words(case),
        "background_rows": case.backgrounds.size,
        "background": case.backgrounds.how,
        "backgrounds": found.look.backgrounds,
        "explainer_draws": found.look.dense.draws,
        "pairs": found.look.pairs,
        "effort": found.look.effort,
        "units": case.units.count,
        "unit": "rows" if case.units.apart else case.units.unit,
        "weighted": case.units.weighted,
        "random_copies": len(case.copies),
        "random_weights": case.copies.of or "random ReLU networks",
        "players": found.players,
        "k": found.k,
        "naopc_rows": len(found.how.rows),
        "naopc_players": int(found.how.joins.max()) + 1,
        "margins": {
            "same_reasons": settings.margin,
            "accuracy": settings.accuracy_margin,
            "faithfulness": settings.faithfulness_margin,
            "clarity": settings.clarity_margin,
        },
        "criterion": name_of(criterion),
        "identical_models": case.certain,
        "seed": settings.seed,
        "versions": versions(),
    }
    if masks is not None:
        facts["masks"] = {"removed": masks.removed, "total": masks.total}
    return facts


def notes_of(case: Case, found: Measured) -> tuple[str, ...]:
    """Say what a reader must know to read the figures right."""
    notes = [f"The {case.other.name} model is the dense model itself."] if case.certain else []
    if case.data.y is None:
        why = "These labels can't be scored" if case.labels_given else "The rows have no labels"
        instead = "churn" if case.task == "classification" else "the dense model's predictions"
        notes.append(f"{why}: there is no accuracy, only {instead} to compare with.")
    notes += left_out(case)
    if case.task == "classification" and case.dense.answers_apart:
        notes.append(
            "Each output says yes or no by itself: of several, the prediction is the likeliest."
        )
    if len(case.data) < case.rows_given:
        notes.append(f"A sample of {len(case.data):,} of {case.rows_given:,} rows was scored.")
    if not case.copies.weights:
        notes.append(
            "No weights could be drawn anew: seeded random ReLU networks of the same inputs and "
            "outputs are the mark of a model that knows nothing."
        )
    if not case.units.apart and case.units.unit == "distinct rows":
        notes.append(
            f"Of {len(case.units):,} rows {case.units.count:,} are distinct: copies count "
            "as one in intervals (copies='independent' counts each)."
        )
    if not found.settled.all():
        lead = "feature leads" if found.k == 1 else f"{count(found.k, 'feature')} lead"
        notes.append(
            f"In {int((~found.settled).sum()):,} of {len(found.settled):,} rows the backgrounds "
            f"don't settle which {lead}: signed top-k is also given for the other rows alone."
        )
    notes += [*case.backgrounds.notes, _effort(found.look, case), found.how.note]
    notes += [note for subject in case.subjects.values() for note in _notes(subject)]
    return tuple(dict.fromkeys(note for note in notes if note))


def left_out(case: Case) -> Iterator[str]:
    """Say which outputs are not explained, where no class was named."""
    count, shapes = case.dense.network.n_outputs, getattr(case.dense.network, "output_shapes", ())
    if case.target is not None:
        return
    if case.task == "regression" and count > 1:
        yield f"Of {count} outputs only the first is explained: target= names another."
    elif case.task == "classification" and (len(shapes) > 1 or any(len(s) > 1 for s in shapes)):
        yield "Of several vectors of outputs, only the largest number of all is explained."


def target_words(case: Case) -> str:
    """Say which output is explained."""
    return "the dense model's prediction" if case.target is None else f"class {case.target}"


def _effort(look: Look, case: Case) -> str:
    draws = look.dense.draws
    return (
        f"Each model was explained on {look.pairs:,} pairs of a row and a background row, of "
        f"{look.effort:,} at most: {len(case.targets):,} rows, {look.backgrounds} backgrounds of "
        f"{case.backgrounds.size} rows{f', {draws} draws' if draws > 1 else ''}."
    )


def _notes(subject: Any) -> tuple[str, ...]:
    return tuple(getattr(subject.network, "notes", ()))


def versions() -> dict[str, str]:
    """Return versions of the packages that decide figures."""
    found = {"explainprune": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
