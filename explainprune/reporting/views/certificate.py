"""How far outputs moved: what was measured on rows, and what holds for every input of a box."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.reporting.formatting import number
from explainprune.reporting.subject import Subject
from explainprune.types import Certificate, OutputBound

SIZES = {
    "params": "parameters",
    "nonzero": "that are not zero",
    "flops": "operations for one row",
    "bytes": "bytes of the weights in float32",
    "bytes_gzip": "the same through gzip",
    "file_bytes": "bytes of the file",
    "tflite_bytes": "bytes as TFLite",
    "latency_ms": "milliseconds for a batch",
}
OUTPUTS = {"logit": "output", "centred": "centred logit", "probability": "probability"}
KINDS = {
    "exact": "exact: nothing read what was removed",
    "folded": "folded: constants moved into biases",
    "approximate": "approximate",
}


@dataclass(frozen=True)
class Certified:
    """The section's content.

    Attributes
    ----------
    sentences : tuple of str
        What was measured, what is bound, and what that bound is worth.
    moved : tuple of (str, str, float or None, str)
        What, its meaning, the figure, its kind of number.
    sizes : tuple of (str, float or None, float or None, str)
        Quantity, before, after, kind of number.
    checksums : tuple of (str, str)
    """

    sentences: tuple[str, ...]
    moved: tuple[tuple[str, str, float | None, str], ...]
    sizes: tuple[tuple[str, float | None, float | None, str], ...]
    checksums: tuple[tuple[str, str], ...]


def certified(subject: Subject) -> Certified | None:
    """Gather what the pair's certificate says; None where there is none."""
    found = subject.pair.certificate
    if found is None:
        return None
    first = "Of the first seed. " if subject.study is not None else ""
    sentences = [first + _measured(found), _bounded(found)]
    return Certified(
        tuple(sentences),
        tuple(row for row in _moved(found) if row[2] is not None),
        tuple(_sizes(found)),
        tuple((what, digest) for what, digest in _checksums(found) if digest),
    )


def _measured(found: Certificate) -> str:
    if found.max_difference is None:
        return "Outputs were not compared: no rows were given."
    what = OUTPUTS.get(found.output, found.output)
    text = f"On {found.rows:,} rows no {what} moved by more than {number(found.max_difference)}"
    if found.relative_difference is not None:
        text += f" ({number(found.relative_difference, 'share')} of the largest)"
    if found.flips is not None:
        text += f"; {found.flips:,} predictions changed"
    if found.flips and found.negative_flips is not None:
        text += f", {found.negative_flips:,} of which were right before"
    return f"{text}."


def _bounded(found: Certificate) -> str:
    bound = found.bound
    if bound is None:
        return f"No bound for other inputs: {found.no_bound}." if found.no_bound else ""
    what = OUTPUTS.get(bound.output, bound.output)
    text = (
        f"For any input within {bound.box} none can move by more than {number(bound.largest)}: "
        f"a bound on the {what}s by interval arithmetic on both networks and their difference "
        f"(from each network by itself: {number(max(bound.alone))})."
    )
    return text + _worth(bound, found)


def _worth(bound: OutputBound, found: Certificate) -> str:
    """Say what a bound is worth beside the range of outputs, and beside rounding."""
    text = f" {bound.note[:1].upper()}{bound.note[1:]}." if bound.note else ""
    if bound.useful is False and bound.spread is not None:
        text += f" It says little: on these rows outputs span {number(bound.spread)} as it is."
    if found.max_difference is not None and found.max_difference > bound.largest:
        text += " What was measured beyond it is rounding in float32, which a bound leaves out."
    return text


def _moved(found: Certificate) -> list[tuple[str, str, float | None, str]]:
    bound = found.bound
    ends = (None, None) if bound is None else (bound.largest, max(bound.alone))
    return [
        ("largest measured difference", "on these rows", found.max_difference, "plain"),
        ("bound", "for any input in their range", ends[0], "plain"),
        ("bound of each by itself", "what is known without their difference", ends[1], "plain"),
        ("predictions changed", "label flips", found.flips, "count"),
        ("negative flips", "right before, wrong after", found.negative_flips, "count"),
        ("positive flips", "wrong before, right after", found.positive_flips, "count"),
    ]


def _sizes(found: Certificate) -> list[tuple[str, float | None, float | None, str]]:
    """Return sizes that are known of either model."""
    rows: list[tuple[str, float | None, float | None, str]] = []
    for key, what in SIZES.items():
        before, after = (getattr(size, key, None) for size in (found.before, found.after))
        if before is not None or after is not None:
            rows.append((what, before, after, "amount" if key == "latency_ms" else "count"))
    return rows


def _checksums(found: Certificate) -> list[tuple[str, str]]:
    return [
        ("what it claims", KINDS[found.kind]),
        ("SHA-256 of the rows and labels", found.rows_sha256),
        ("SHA-256 of the model before", found.before_sha256),
        ("SHA-256 of the model after", found.after_sha256),
    ]
