"""Names and callables: one way to look things up, one wording for what is not found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, cast

MOST_LISTED = 40
"""Names that an error lists at most: all of a registry, but not all layers of a model."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the choice nearest to `name`, or an empty string.

    >>> nearest("magnitud", ["magnitude", "random"])
    " Did you mean 'magnitude'?"
    >>> nearest("zzz", ["magnitude", "random"])
    ''
    """
    found = get_close_matches(str(name), list(choices), n=1, cutoff=0.5)
    return f" Did you mean {found[0]!r}?" if found else ""


def unknown(kind: str, name: object, choices: Iterable[str]) -> ValueError:
    """Build the error for a name that is not among `choices`.

    >>> print(unknown("criterion", "magnitud", ["magnitude", "random"]))
    Unknown criterion 'magnitud'. Did you mean 'magnitude'? Known: magnitude, random.
    """
    known = sorted(choices)
    listed = some(known, shown=len(known) if len(known) <= MOST_LISTED else 10) or "none"
    return ValueError(f"Unknown {kind} {name!r}.{nearest(str(name), known)} Known: {listed}.")


def some(items: Iterable[str] | Mapping[str, str], where: str = "", shown: int = 3) -> str:
    """List the first few of many, how many more there are, and where all of them are.

    Every note, warning and error that may list as many things as a model has goes through here.
    Items with a reason each come as a mapping.

    >>> some(["a", "b"], "history"), some(["a", "b", "c", "d", "e"], "history")
    ('a, b', 'a, b, c and 2 more (all: history)')
    >>> some({"a": "it is last", "b": "it is shared"}, shown=1)
    "'a' (it is last) and 1 more"
    """
    said = [f"{k!r} ({v})" for k, v in items.items()] if isinstance(items, Mapping) else [*items]
    first = ", ".join(item if len(item) <= 120 else f"{item[:119]}…" for item in said[:shown])
    more = len(said) - shown
    return first if more <= 0 else f"{first} and {more:,} more{where and f' (all: {where})'}"


def look_up(
    what: str | Callable[..., Any], registry: Mapping[str, Callable[..., Any]], kind: str
) -> Callable[..., Any]:
    """Return the function that `what` names in `registry`, or `what` itself if it is callable.

    Parameters
    ----------
    what : str or callable
        A registered name, or the user's own function.
    registry : mapping of str to callable
        The folder's literal dict, such as ``CRITERIA``.
    kind : str
        What the registry holds, in the singular: it appears in the error.

    Raises
    ------
    ValueError
        If `what` is a name that is not registered.
    TypeError
        If `what` is neither a name nor a callable.
    """
    if isinstance(what, str):
        if what not in registry:
            raise unknown(kind, what, registry)
        return registry[what]
    if callable(what):
        return what
    raise TypeError(
        f"A {kind} is a name or a callable. Received: {what!r} of type {type(what).__name__}."
    )


def name_of(what: str | Callable[..., Any]) -> str:
    """Return the name under which `what` appears in results.

    >>> name_of("taylor"), name_of(nearest)
    ('taylor', 'nearest')
    """
    return what if isinstance(what, str) else getattr(what, "__name__", type(what).__name__)


def check_keys(given: Iterable[str], allowed: Iterable[str], where: str) -> None:
    """Raise for the first key in `given` that `where` does not know.

    >>> check_keys(["sparsty"], ["sparsity", "seed"], "[prune]")
    Traceback (most recent call last):
    ...
    ValueError: Unknown key in [prune] 'sparsty'. Did you mean 'sparsity'? Known: seed, sparsity.
    """
    allowed = list(allowed)
    for key in given:
        if key not in allowed:
            raise unknown(f"key in {where}", key, allowed)


def imported(reference: str, what: str) -> Callable[..., Any]:
    """Import the function that ``"module:function"`` names; the working folder is searched too.

    Raises
    ------
    ValueError
        If `reference` isn't of that form, the module can't be imported, or has no such function.

    >>> imported("math:sqrt", "preprocess")(9)
    3.0
    """
    module_name, colon, name = reference.partition(":")
    if not (module_name and colon and name):
        raise ValueError(f"{what} is 'module:function'. Received: {reference!r}.")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = import_module(module_name)
    except Exception as error:  # The module is the user's: it may fail in any way.
        raise ValueError(
            f"{what} {reference!r} could not be imported: {type(error).__name__}: {error}."
        ) from error
    function = getattr(module, name, None)
    if not callable(function):
        known = [key for key, value in vars(module).items() if callable(value) and key[0] != "_"]
        raise unknown(f"function in {module_name} for {what}", name, known)
    return cast("Callable[..., Any]", function)


def check_call(
    function: Callable[..., Any], form: str, what: str, *positional: str, **named: str
) -> None:
    """Raise unless `function` can be called with so many arguments and these names.

    Raises
    ------
    TypeError
        Naming the form that is expected.

    >>> check_call(lambda model: model, "recipe(model, data)", "recipe", "model", "data")
    Traceback (most recent call last):
    ...
    TypeError: recipe is called as recipe(model, data). Received: <lambda>(model).
    """
    try:
        found = signature(function)
    except (TypeError, ValueError):  # a function of C's that doesn't tell
        return
    try:
        found.bind(*positional, **named)
    except TypeError:
        raise TypeError(
            f"{what} is called as {form}. Received: {name_of(function)}{found}."
        ) from None
