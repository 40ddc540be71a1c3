"""Versions of ``results.json``: what is read as it is, what is brought up to date, what is refused.

A major version changes what a field means or takes one away; a minor one adds fields, which older
files lack and older readers don't know.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

NAME = "explainprune/results/"
MAJOR, MINOR = 2, 1
SCHEMA = f"{NAME}{MAJOR}.{MINOR}"

OUTDATED = (
    "Written as schema 1, whose rule was found to be wrong: it counts no more. Compare anew for a "
    "verdict. What it said: "
)


def up_to_date(plain: Any) -> dict[str, Any]:
    """Return the fields of results of any version as the present one has them, without ``schema``.

    Schema 1 knew no moved weight. Its figures are kept, its rows get the share of their reasons'
    weight that moved, and its verdicts, by a rule that was found to be wrong, become inconclusive.

    Raises
    ------
    ValueError
        If they are no results, or those of a later version.

    Examples
    --------
    >>> up_to_date({"schema": "explainprune/results/2", "notes": []})
    {'notes': []}
    >>> up_to_date({"schema": "explainprune/results/2.99"})
    Traceback (most recent call last):
    ...
    ValueError: These results have schema 2.99, and this explainprune reads up to 2.1. Update it.
    """
    schema = plain.get("schema") if isinstance(plain, dict) else None
    found = re.fullmatch(rf"{NAME}(\d{{1,4}})(?:\.(\d{{1,4}}))?", str(schema), re.ASCII)
    if found is None:
        raise ValueError(f"Expected schema {SCHEMA!r}. Received: {schema!r}.")
    major, minor = int(found[1]), int(found[2] or 0)
    if (major, minor) > (MAJOR, MINOR):
        raise ValueError(
            f"These results have schema {major}.{minor}, and this explainprune reads up to "
            f"{MAJOR}.{MINOR}. Update it."
        )
    fields = {key: value for key, value in plain.items() if key != "schema"}
    return _from_first(fields) if major < MAJOR else fields


def _from_first(fields: dict[str, Any]) -> dict[str, Any]:
    """Bring results of schema 1 up to date."""
    fields = {"primary": "signed_top_k", **fields}
    for name in ("verdict", "clarity"):
        if isinstance(fields.get(name), dict):
            fields[name] = _undecided(fields[name])
    if isinstance(fields.get("pair"), dict):
        fields["pair"] = _from_first(fields["pair"])
    detail = fields.get("detail")
    if isinstance(detail, dict) and isinstance(detail.get("samples"), list):
        fields["detail"] = {**detail, "samples": [_row(each) for each in detail["samples"]]}
    return fields


def _undecided(verdict: dict[str, Any]) -> dict[str, Any]:
    said = f"{OUTDATED}{verdict.get('sentence')}"
    return {**verdict, "label": "inconclusive", "sentence": said, "more": None}


def _row(sample: Any) -> Any:
    """Give a shown row its moved weight in place of an agreement; None where it has none."""
    if not isinstance(sample, dict) or "agreement" not in sample:
        return sample
    rest = {key: value for key, value in sample.items() if key != "agreement"}
    try:
        dense, other = (np.asarray(rest.get(side), np.float64) for side in ("dense", "other"))
        with np.errstate(all="ignore"):
            shares = [each / (np.abs(each).sum() or np.nan) for each in (dense, other)]
            moved = float(np.abs(shares[0] - shares[1]).sum() / 2)
    except (TypeError, ValueError):  # whoever reads the fields says what is wrong
        moved = np.nan
    return {**rest, "moved": moved if np.isfinite(moved) else None}
