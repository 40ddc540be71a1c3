"""An `Attribution` as the arrays of a file, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from explainprune.types.arrays import Array

OUTPUTS = ("logit", "centred", "probability")
BY_NAME = ("values", "std_error", "lower", "upper", "x", "raw")
OPTIONAL = ("gap_error", "targets", "interactions")
SAID: dict[str, type | tuple[type, ...]] = {
    "method": str,
    "output_kind": str,
    "complete": bool,
    "feature_names": (list, type(None)),
    "notes": list,
    "options": dict,
}
"""What a file says beside its arrays, as JSON."""


def arrays_of(attribution: Any) -> dict[str, Array]:
    """Return all that an attribution holds, by name; ``NAME/INPUT`` of what comes by input."""
    said = {name: getattr(attribution, name) for name in SAID}
    arrays = {"meta": np.array(json.dumps(said))}
    arrays |= {"base": attribution.base, "output": attribution.output}
    for name in (*BY_NAME, *OPTIONAL):
        part = getattr(attribution, name)
        if isinstance(part, dict):
            arrays |= {f"{name}/{key}": value for key, value in part.items()}
        elif part is not None:
            arrays[name] = part
    return arrays


def fields_of(arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Return the fields of an attribution from what `arrays_of` returned.

    Raises
    ------
    KeyError, ValueError
        If something is missing, unknown or of the wrong kind.
    """
    fields: dict[str, Any] = json.loads(str(arrays["meta"]))
    _check_said(fields)
    for key, array in arrays.items():
        name, _, part = key.partition("/")
        if name not in ("meta", "base", "output", *BY_NAME, *OPTIONAL):
            raise ValueError(f"it has an array {key!r}")
        kinds = {"meta": "U", "x": "biufU", "raw": "biufUM"}.get(name, "biuf")
        if array.dtype.kind not in kinds:
            raise ValueError(f"{key!r} needs numbers, and has dtype={array.dtype}")
        if part:
            fields.setdefault(name, {})[part] = array
        elif name != "meta":
            fields[name] = array
    for name in ("feature_names", "notes"):
        if fields[name] is not None:
            fields[name] = tuple(fields[name])
    return fields


def _check_said(fields: Any) -> None:
    """Raise unless what a file says beside its arrays is of the right kinds."""
    if not isinstance(fields, dict) or fields.keys() != SAID.keys():
        raise ValueError(f"it needs to say {', '.join(SAID)}")
    for name, kind in SAID.items():
        texts = fields[name] if isinstance(fields[name], list) else []
        if not isinstance(fields[name], kind) or not all(isinstance(each, str) for each in texts):
            raise ValueError(f"it says {name}={fields[name]!r}")
    if fields["output_kind"] not in OUTPUTS:
        raise ValueError(f"it says output_kind={fields['output_kind']!r}")
