"""Flags of a command from a declaration of options, and their values back as Python takes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from explainprune.cli.options import names_of, option
from explainprune.cli.toml import assignments

Command = Callable[..., None]

SEPARATED = "A,B,..."
"""What names look like that one flag holds, separated by commas."""


def with_options(kind: type, *names: str, panel: str | None = None) -> Callable[[Command], Command]:
    """Give a command that ends in ``**given`` a flag for each field of `kind` (or those named).

    Flags that aren't given are left out, so that defaults stay where they are declared.
    """
    chosen = [each for each in fields(kind) if not names or each.name in names]
    types = get_type_hints(kind)

    def flagged(command: Command) -> Command:
        own = inspect.signature(command)
        hints = get_type_hints(command, include_extras=True)
        written = [
            each.replace(annotation=hints.get(each.name, each.annotation))
            for each in own.parameters.values()
            if each.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        made = [_parameter(each, types[each.name], panel) for each in chosen]

        def call(**values: Any) -> None:
            declared = {each.name: values.pop(each.name) for each in chosen}
            command(**values, **as_declared(kind, declared))

        call.__name__, call.__doc__ = command.__name__, command.__doc__
        call.__signature__ = own.replace(parameters=[*written, *made])  # type: ignore[attr-defined]
        return call

    return flagged


def as_declared(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    """Return the flags of `kind` that were given, as it declares them."""
    types = get_type_hints(kind)
    return {
        each.name: _value(each, values[each.name], types[each.name])
        for each in fields(kind)
        if _is_given(values.get(each.name))
    }


def taken(options: dict[str, Any], kind: type) -> dict[str, Any]:
    """Take a declaration's own out of options, and return them."""
    return {each.name: options.pop(each.name) for each in fields(kind) if each.name in options}


def _parameter(each: Any, kind: Any, panel: str | None) -> inspect.Parameter:
    """Return one flag: what it is called, the type it is read as, and what it says of itself."""
    name = f"--{each.name.replace('_', '-')}"
    known = "" if each.default in (None, (), False) else f" Default: {each.default}."
    read: Any = _members(kind)[0]
    if each.metadata["metavar"] == SEPARATED:
        read = str
    elif _is_listed(kind):
        read = list[str]
    elif len(_members(kind)) > 1:
        read = str
    elif read is bool:
        name = f"{name}/--no-{name[2:]}"
    flag = option(name, each.metadata["help"] + known, panel, each.metadata["metavar"])
    return inspect.Parameter(
        each.name,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[read | None, flag],
    )


def _value(each: Any, given: Any, kind: Any) -> Any:
    """Return what was given as the type that was declared."""
    members = _members(kind)
    if each.metadata["metavar"] == SEPARATED:
        return tuple(names_of(given) or ())
    if not _is_listed(kind):
        truth = {"true": True, "false": False} if bool in members and len(members) > 1 else {}
        return truth.get(str(given).lower(), given)
    if any(get_origin(each) is tuple for each in members):
        return tuple(given)
    if str in members and len(given) == 1 and "=" not in given[0]:
        return given[0]
    return assignments(given, f"--{each.name.replace('_', '-')}")


def _is_given(value: Any) -> bool:
    """Whether a flag was on the command line or in the environment."""
    return value is not None and not (isinstance(value, Sequence) and not value)


def _members(kind: Any) -> list[Any]:
    """Return the types that a union allows, None aside."""
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return [each for each in kinds if each is not NoneType]


def _is_listed(kind: Any) -> bool:
    """Whether the flag may be repeated: for several names, or names with a value each."""
    return any(get_origin(each) in (tuple, dict) for each in _members(kind))
