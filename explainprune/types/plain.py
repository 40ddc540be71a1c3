"""JSON and TOML, read strictly: one sentence for whatever is wrong, and no number that is none."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from explainprune.types.archives import Refused


def read_json(text: str) -> Any:
    """Read JSON without NaN and infinities, which JSON hasn't, though Python reads them.

    Raises
    ------
    ValueError

    >>> read_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> read_json("[NaN]")
    Traceback (most recent call last):
    ...
    explainprune.types.archives.Refused: Not valid JSON: NaN is no number.
    """
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise Refused("Not valid JSON: it is nested too deeply.") from None
    except Refused:
        raise
    except ValueError as error:
        raise Refused(f"Not valid JSON: {error}.") from None


def _no_number(text: str) -> NoReturn:
    raise Refused(f"Not valid JSON: {text} is no number.")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def read_toml(path: Path, name: str) -> dict[str, Any]:
    """Read a TOML file without NaN and infinities; `name` is what errors call it.

    Raises
    ------
    ValueError
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        _check_numbers(found)
    except RecursionError:
        raise Refused(f"{name} is not valid TOML: it is nested too deeply.") from None
    except ValueError as error:
        raise Refused(f"{name} is not valid TOML: {str(error).rstrip('.')}.") from None
    return found


def _check_numbers(value: Any) -> None:
    """Raise for a number that isn't finite."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number here")
    for part in value.values() if isinstance(value, dict) else value if _listed(value) else ():
        _check_numbers(part)


def _listed(value: Any) -> bool:
    return isinstance(value, list)
