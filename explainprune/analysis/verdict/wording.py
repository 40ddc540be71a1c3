"""Figures in plain English."""

from __future__ import annotations

import math
from collections.abc import Mapping

from explainprune.types import Measure

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def count(n: int, noun: str) -> str:
    """Write a number with its noun: figures from eleven on.

    >>> count(4, "leading reason"), count(2000, "row"), count(1, "seed")
    ('four leading reasons', '2,000 rows', 'one seed')
    """
    number = _WORDS[n] if 0 <= n < len(_WORDS) else f"{n:,}"
    return f"{number} {noun}{'' if n == 1 else 's'}"


def percent(share: float) -> str:
    """Write a share in per cent without the sign: one decimal below 20.

    >>> percent(0.06), percent(0.0625), percent(0.214), percent(-0.001)
    ('6', '6.2', '21', '−0.1')
    """
    text = f"{100 * share:.1f}" if abs(share) < 0.1995 else f"{100 * share:.0f}"
    text = text.removesuffix(".0")
    return {"-0": "0"}.get(text, text).replace("-", "−")


def number(value: float) -> str:
    """Write a number to two significant digits, whole from 10 on; three decimals at most.

    >>> number(26.4), number(2.345), number(0.0417), number(6464)
    ('26', '2.3', '0.042', '6,464')
    """
    if abs(value) < 0.0005:
        return "0"
    if abs(value) >= 9.95:
        return f"{value:,.0f}".replace("-", "−")
    digits = 1 if abs(value) >= 1 else 2 if abs(value) >= 0.1 else 3
    return f"{value:.{digits}f}".replace("-", "−")


def percent_interval(measure: Measure) -> str:
    """Write the interval of a share in per cent.

    >>> percent_interval(Measure(0.06, (0.05, 0.07), 9)), percent_interval(Measure(0.1, note="one"))
    ('5–7', 'none')
    """
    if measure.low is None or measure.high is None:
        return "none"
    joint = " to " if measure.low < 0 else "–"
    return f"{percent(measure.low)}{joint}{percent(measure.high)}"


def rounded_up(n: float) -> int:
    """Round up to two digits: what an estimate is worth.

    >>> rounded_up(7), rounded_up(893.2), rounded_up(1234)
    (7, 900, 1300)
    """
    step = int(10 ** max(0, len(str(math.ceil(n))) - 2))
    return math.ceil(n / step) * step


def sampled(scope: str, n: int) -> str:
    """Say what a verdict is about and how much it rests on.

    >>> sampled("pair", 2000), sampled("procedure", 3)
    ('For this pair, on 2,000 rows', 'For this procedure, over three seeds')
    """
    if scope == "pair":
        return f"For this pair, on {count(n, 'row')}"
    return f"For this procedure, over {count(n, 'seed')}"


def further(more: int | None, scope: str, backgrounds: int = 0) -> str:
    """Say how many more rows or seeds would decide.

    >>> further(893, "pair", 6)
    'about 900 more rows and six more backgrounds would most likely decide'
    >>> further(None, "procedure")
    'no realistic number of further seeds would decide'
    """
    if more is None:
        return (
            f"no realistic number of further {'row' if scope == 'pair' else 'seed'}s would decide"
        )
    about, unit = rounded_up(more), "row" if scope == "pair" else "seed"
    parts = [f"about {about:,} more {unit}{'' if about == 1 else 's'}"] if more else []
    parts += [count(backgrounds, "more background")] if backgrounds else []
    return f"{' and '.join(parts)} would most likely decide" if parts else ""


def capital(text: str) -> str:
    """Begin with a capital letter.

    >>> capital("three seeds can't decide.")
    "Three seeds can't decide."
    """
    return text[0].upper() + text[1:]


def interval(measure: Measure) -> str:
    """Write the interval of a share.

    >>> interval(Measure(0.06, (0.05, 0.07), 9))
    'interval 5–7 %'
    """
    return f"interval {percent_interval(measure)} %" if measure.interval else "no interval"


ARMS = {
    "placebo": "further training without pruning",
    "retrained": "training from another start",
    "random_pruned": "pruning at random",
    "repruned": "pruning again with another seed",
    "preserving": "pruning that holds the attributions",
    "small_dense": "a small network from scratch",
    "distilled": "a small network taught by the dense one",
    "l1": "further training under an L1 penalty",
    "dropout": "further training with dropout",
    "matched_churn": "noise that changes as many predictions",
    "random_weights": "models with random weights",
    "shuffled_samples": "another row's explanation",
}


USUAL = ("placebo", "retrained", "random_pruned", "random_weights", "shuffled_samples")
"""Arms that a sentence names; the others stand in the figure."""


def among_arms(moved: Measure, marks: Mapping[str, Measure]) -> str:
    """Say where a moved weight lies between further training and another start.

    Only intervals that don't overlap count as more or less.
    """
    said = []
    for name in ("placebo", "retrained"):
        mark = marks.get(name)
        if mark is None or mark.interval is None or moved.interval is None:
            continue
        if moved.high < mark.low:  # type: ignore[operator]
            said.append(("less than", ARMS[name]))
        elif moved.low > mark.high:  # type: ignore[operator]
            said.append(("more than", ARMS[name]))
        else:
            said.append(("neither clearly more nor clearly less than", ARMS[name]))
    return f", {' and '.join(f'{word} {arm} moves' for word, arm in said)}" if said else ""


def scale_of(marks: Mapping[str, Measure]) -> str:
    """Write the moved weights of the arms that all studies have, and of the caller's own."""
    order = [*(name for name in USUAL if name in marks), *(n for n in marks if n not in ARMS)]
    known = [
        f"{ARMS.get(name, name.replace('_', ' '))} {percent(value)} %"
        for name in order
        if (value := marks[name].value) is not None
    ]
    return f"For scale: {', '.join(known)}." if known else ""
