"""A method's own options, checked against its signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from explainprune.lookup import unknown

GIVEN = ("network", "x", "background", "targets")
"""What every method is given, in this order."""


def own_options(method: Callable[..., Any], supplied: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a caller may set, with their defaults (``...``: none)."""
    parameters = list(signature(method).parameters.values())[len(GIVEN) :]
    return {
        each.name: ... if each.default is Parameter.empty else each.default
        for each in parameters
        if each.name not in supplied and each.kind is not Parameter.VAR_KEYWORD
    }


def arguments(
    method: Callable[..., Any], name: str, options: Mapping[str, Any], supplied: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keyword arguments for `method`, and the options in force, for the record.

    Parameters
    ----------
    method : callable
    name : str
        For the errors.
    options : mapping
        What the caller set.
    supplied : mapping
        What the verb supplies (``rng``, ``players``) where the method asks for it by name.

    Raises
    ------
    ValueError
        For an option that the method doesn't have, or one that it needs and lacks.
    """
    parameters = signature(method).parameters
    own = own_options(method, supplied)
    open_ended = any(each.kind is Parameter.VAR_KEYWORD for each in parameters.values())
    for key in options:
        if key not in own and not open_ended:
            raise unknown(f"option of {name}", key, own)
    settled = {**own, **options}
    missing = [key for key, value in settled.items() if value is ...]
    if missing:
        raise ValueError(f"{name} needs the option {missing[0]!r}: pass {missing[0]}=.")
    asked = {key: value for key, value in supplied.items() if key in parameters}
    return {**options, **asked}, settled
