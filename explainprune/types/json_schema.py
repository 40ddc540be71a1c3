"""The JSON Schema of ``results.json``, made of the types that are written into it.

``python -m explainprune.types.json_schema`` prints it; it is kept beside this file, as
``results.schema.json``, for readers in other languages. A test holds both together.
"""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields, is_dataclass
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from explainprune.types.certificate import BASES, Certificate
from explainprune.types.certificate import KINDS as CERTIFICATES
from explainprune.types.comparison import Comparison
from explainprune.types.measure import CLEARER, SAME_REASONS, Verdict
from explainprune.types.metric import BETTER, KINDS, Metric
from explainprune.types.read import MARKS
from explainprune.types.versions import MAJOR, NAME, SCHEMA

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
WORDS: dict[tuple[type, str], tuple[str, ...]] = {
    (Verdict, "label"): tuple(dict.fromkeys((*SAME_REASONS, *CLEARER))),
    (Verdict, "scope"): ("pair", "procedure"),
    (Metric, "kind"): tuple(KINDS),
    (Metric, "better"): BETTER,
    (Certificate, "kind"): CERTIFICATES,
    (Certificate, "basis"): BASES,
}
"""Fields that hold one of a few words."""


def json_schema() -> dict[str, Any]:
    r"""Return the schema of every ``results.json`` of this major version.

    >>> json_schema()["properties"]["schema"]["pattern"]
    '^explainprune/results/2(\\.[0-9]+)?$'
    """
    known: dict[str, Any] = {}
    kinds = {mark: _of(kind, known) for mark, kind in MARKS.items()}
    chosen = _of(Comparison, known)
    for mark, kind in reversed(kinds.items()):
        chosen = {"if": {"required": [mark]}, "then": kind, "else": chosen}
    for name in (*(kind.__name__ for kind in MARKS.values()), Comparison.__name__):
        known[name]["properties"]["schema"] = {"type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": "results.json of explainprune",
        "type": "object",
        "required": ["schema"],
        "properties": {"schema": {"pattern": rf"^{NAME}{MAJOR}(\.[0-9]+)?$"}},
        "allOf": [chosen],
        "$defs": dict(sorted(known.items())),
    }


def _of(kind: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type; those of dataclasses go into `known`, by name."""
    if isinstance(kind, type) and is_dataclass(kind):
        if kind.__name__ not in known:
            known[kind.__name__] = {}  # a type may hold itself
            known[kind.__name__] = _of_fields(kind, known)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    parts, origin = get_args(kind), get_origin(kind)
    if isinstance(kind, UnionType):
        return {"anyOf": [_of(part, known) for part in parts]}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(parts[1], known)}
    if origin is tuple and parts[-1] is Ellipsis:
        return {"type": "array", "items": _of(parts[0], known)}
    if origin is tuple:
        each = [_of(part, known) for part in parts]
        return {"type": "array", "prefixItems": each, "items": False, "minItems": len(each)}
    return {} if kind is Any else {"type": PLAIN[kind]}


def _of_fields(kind: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a dataclass: its fields, and no others."""
    said, kinds = described(kind.__doc__ or ""), get_type_hints(kind)
    properties, needed = {}, []
    for each in fields(kind):
        words = WORDS.get((kind, each.name))
        part = {"enum": list(words)} if words else _of(kinds[each.name], known)
        text = said.get(each.name)
        properties[each.name] = {"description": text, **part} if text else part
        if each.default is MISSING and each.default_factory is MISSING:
            needed.append(each.name)
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip().partition("\n")[0],
        "required": needed,
        "properties": properties,
        "additionalProperties": False,
    }


def described(text: str) -> dict[str, str]:
    """Return what a numpydoc text says of each attribute, on one line.

    >>> described(Certificate.__doc__ or "")["removed"]
    'Units removed, by layer.'
    """
    found: dict[str, str] = {}
    # Python 3.13 takes the indentation away by itself.
    _, _, section = cleandoc(text).partition("Attributes\n----------\n")
    for names, said in re.findall(r"^(\S.*)\n((?: {4,}.*\n|\n(?= {4}))*)", section + "\n", re.M):
        line = " ".join(said.split())
        for name in names.partition(" : ")[0].split(", "):
            if line:
                found[name] = line
    return found


def text() -> str:
    """Return the text of the file that is kept beside this one."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(text(), end="")
