"""Dataclasses to plain JSON values and back, exactly; unknown fields are errors."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin

T = TypeVar("T")


@cache
def _converter() -> Any:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook_func(_is_open, _one_of)
    return converter


def _is_open(kind: Any) -> bool:
    """Whether a type is a union of more than one type and None."""
    return isinstance(kind, UnionType) and len({*get_args(kind)} - {NoneType}) > 1


def _one_of(plain: Any, kind: Any) -> Any:
    """Take a plain value as it is where one of a union's types holds it."""
    if not any(isinstance(plain, get_origin(each) or each) for each in get_args(kind)):
        raise ValueError(f"expected {kind}. Received: {plain!r}")
    return plain


def encode(value: Any) -> Any:
    """Return `value` as dicts, lists, numbers, strings and None."""
    return _plain(_converter().unstructure(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:  # a numpy scalar
        return value.item()
    return value


def decode(plain: Any, kind: type[T]) -> T:
    """Build a `kind` from what `encode` returned.

    Raises
    ------
    ValueError
        Naming the field that is missing, unknown or of the wrong type.
    """
    from cattrs import transform_error

    try:
        built: T = _converter().structure(plain, kind)
    except Exception as error:
        reasons = " ".join("; ".join(transform_error(error, kind.__name__, _reason)).split())
        raise ValueError(f"Not a {kind.__name__}: {reasons}.") from None
    return built


def _reason(error: BaseException, kind: type | None) -> str:
    from cattrs.v import format_exception

    if isinstance(error, ValueError) and error.args:  # a type's own check, which names the value
        return str(error).rstrip(".")
    return format_exception(error, kind)
