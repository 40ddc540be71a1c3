"""An operation done again on other inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from inspect import signature
from typing import Any

from explainprune.network.backend import tf


def again(op: Any, inputs: list[Any]) -> Any:
    """Run an operation's type on other inputs, perhaps of other dtypes, with its own attributes."""
    definition, given, at = op.op_def, {}, 0
    inferred = set()
    for argument in definition.input_arg:
        inferred |= {argument.type_attr, argument.number_attr, argument.type_list_attr}
        if argument.number_attr:
            count = op.get_attr(argument.number_attr)
            given[argument.name], at = inputs[at : at + count], at + count
        else:
            given[argument.name], at = inputs[at], at + 1
    attributes = {a.name: op.get_attr(a.name) for a in definition.attr if a.name not in inferred}
    kept = {name: value for name, value in attributes.items() if not name.startswith("_")}
    run: Callable[..., Any] = getattr(tf.raw_ops, op.type)
    known = signature(run).parameters
    return run(**{_python(name, known): value for name, value in (given | kept).items()})


def _python(name: str, known: Collection[str]) -> str:
    """Return what TensorFlow's Python calls an operation's argument."""
    return name if name in known else "axis"
