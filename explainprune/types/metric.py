"""What a metric says of itself, once, for everything that reads its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from inspect import Parameter, signature
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
Bounds = tuple[float | None, float | None]

KINDS: dict[str, Bounds] = {
    "share": (0.0, 1.0),
    "correlation": (-1.0, 1.0),
    "ratio": (0.0, None),
    "count": (0.0, None),
    "number": (None, None),
}
"""What a metric's numbers can be, with the least and the largest of them; None: no such end."""
BETTER = ("more", "less", "")


@dataclass(frozen=True)
class Metric:
    """What a metric's numbers are.

    Attributes
    ----------
    kind : str
        ``"share"`` of rows or features, ``"correlation"``, ``"ratio"``, ``"count"`` (of anything,
        not only whole), or ``"number"``, of which nothing is known.
    label, meaning : str
        Its name for readers, and one line on what it is; "" where the label says it all.
    better : str
        ``"more"``, ``"less"``, or "" where neither is.
    bounds : (float or None, float or None)
        The least and largest value that a row can have. None: unknown, or no such end.
    task : str
        The only task it has a meaning for, ``"classification"`` or ``"regression"``; "" for both.
    labelled : bool
        Whether it needs labels.
    of_two : bool
        For a behaviour metric: whether it reads the outputs of two networks.
    """

    kind: str = "number"
    label: str = ""
    meaning: str = ""
    better: str = ""
    bounds: Bounds = (None, None)
    task: str = ""
    labelled: bool = False
    of_two: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"A metric's kind is one of {', '.join(KINDS)}. Received: {self.kind!r}."
            )
        if self.better not in BETTER:
            raise ValueError(
                f"better is 'more', 'less' or '' (neither). Received: {self.better!r}."
            )


def metric(
    kind: str = "number",
    label: str = "",
    meaning: str = "",
    *,
    better: str = "",
    bounds: Bounds | None = None,
    task: str = "",
    labelled: bool = False,
    of_two: bool = False,
    rows: Callable[..., Any] | None = None,
    measured: Callable[..., Any] | None = None,
) -> Callable[[F], F]:
    """Say what the numbers of the decorated metric are: see `Metric`.

    Intervals over rows and seeds and the page read it there, of our metrics as of a user's.

    Parameters
    ----------
    kind, label, meaning, better, task, labelled, of_two
        As in `Metric`.
    bounds : (float or None, float or None), optional
        None: those of the kind.
    rows : callable, optional
        For a figure of all rows together (an AUC): takes what the metric takes and returns one
        value for each row, with the figure as their mean and its sampling error as their spread.
    measured : callable, optional
        For a figure with an interval of its own making: takes what the metric takes, then the
        units of inference and ``seed=``, and returns a `Measure`.

    Examples
    --------
    >>> @metric("share", "My top k", better="more")
    ... def my_top_k(a, b, *, k): ...
    >>> metric_of(my_top_k).bounds
    (0.0, 1.0)
    """
    said = Metric(
        kind,
        label,
        meaning,
        better,
        bounds or KINDS.get(kind, (None, None)),
        task,
        labelled,
        of_two,
    )

    def attached(function: F) -> F:
        vars(function)["metric"] = said
        for name, way in (("rows", rows), ("measured", measured)):
            if way is not None:
                vars(function)[name] = way
        return function

    return attached


def metric_of(function: Callable[..., Any]) -> Metric:
    """Return what a metric says of itself; of one that says nothing, what its parameters tell.

    ``outputs_b`` without a default: it reads two networks. Of its numbers nothing is known then.

    >>> metric_of(lambda outputs_a, outputs_b: 0).of_two, metric_of(len).kind
    (True, 'number')
    """
    said = getattr(function, "metric", None)
    if isinstance(said, Metric):
        return said if said.label else replace(said, label=_label(function))
    if isinstance(function, partial):
        return metric_of(function.func)
    return Metric(label=_label(function), of_two=_reads_two(function))


def said_of(name: str, said: Mapping[str, Metric]) -> Metric:
    """Return what the figure `name` is: of ``"cosine@exact"``, what cosine is.

    >>> said_of("cosine@exact", {"cosine": Metric("correlation")}).kind
    'correlation'
    """
    stem = name.partition("@")[0]
    return said.get(stem, Metric(label=_spaced(stem)))


def perfect(said: Metric) -> float | None:
    """Return what an agreement metric gives for identical explanations; None if it doesn't say.

    >>> perfect(Metric("share", better="more", bounds=(0.0, 1.0)))
    1.0
    """
    return {"more": said.bounds[1], "less": said.bounds[0]}.get(said.better)


BEYOND_CHANCE = "_beyond_chance"


def beyond_chance_of(name: str) -> str:
    """Return the name of an agreement, corrected for chance.

    >>> beyond_chance_of("cosine@exact")
    'cosine_beyond_chance@exact'
    """
    stem, at, method = name.partition("@")
    return f"{stem}{BEYOND_CHANCE}{at}{method}"


def is_beyond_chance(name: str) -> bool:
    """Whether this is the name of an agreement corrected for chance."""
    return name.partition("@")[0].endswith(BEYOND_CHANCE)


def _label(function: Callable[..., Any]) -> str:
    return _spaced(getattr(function, "__name__", type(function).__name__))


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _reads_two(function: Callable[..., Any]) -> bool:
    try:
        asked = signature(function).parameters.get("outputs_b")
    except ValueError:  # a function of C's that doesn't tell
        return False
    return asked is not None and asked.default is Parameter.empty
