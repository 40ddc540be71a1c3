"""The committed JSON Schema of results.json, as a check of one text."""

import json
from functools import cache
from pathlib import Path

import explainprune.types

FILE = Path(explainprune.types.__file__).with_name("results.schema.json")


@cache
def validator():
    from jsonschema import Draft202012Validator

    schema = json.loads(FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def problems(text):
    """What the schema has against a results.json; nothing, for one that fits it."""
    return [
        f"{each.json_path}: {each.message[:300]}"
        for each in validator().iter_errors(json.loads(text))
    ]
