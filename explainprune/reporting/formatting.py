"""How numbers and names look on the page: the one place that rounds, and the one that cleans."""

from __future__ import annotations

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from explainprune.types import Measure

NBSP = "\u00a0"
MINUS = "\u2212"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

MOST_POWER = 30
"""Numbers beyond ten to this power, and below its inverse, are said to be no more than that."""
KINDS = ("share", "stated", "score", "amount", "count", "plain")
"""``share`` is in per cent with one decimal, ``stated`` (a share somebody chose) with as many as it
needs, ``score`` has three decimals, ``amount`` one, ``count`` none, ``plain`` three digits."""


def number(value: float | None, kind: str = "plain") -> str:
    r"""Write `value` for a reader, rounded as its `kind` asks.

    Parameters
    ----------
    value : float or None
        None is a dash.
    kind : str
        One of `KINDS`.

    Examples
    --------
    >>> number(0.0634, "share"), number(0.0002, "share"), number(1e-9, "share")
    ('6.3\xa0%', '0.02\xa0%', '<0.001\xa0%')
    >>> number(0.05, "stated"), number(0.975, "stated")
    ('5\xa0%', '97.5\xa0%')
    >>> number(-0.93712, "score"), number(11.04, "amount"), number(6464, "count")
    ('−0.937', '11.0', '6,464')
    >>> number(2.0**64, "count"), number(0.000123, "plain"), number(None)
    ('1.8\xa0×\xa010¹⁹', '1.23\xa0×\xa010⁻⁴', '–')
    >>> number(2.7e303, "count"), number(-1e-40, "plain")
    ('>10³⁰', '−<10⁻³⁰')
    """
    if value is None:
        return "–"
    if kind not in KINDS:
        raise ValueError(f"Unknown kind of number {kind!r}. Known: {', '.join(KINDS)}.")
    if kind == "share":
        return percent(value)
    if kind == "stated":
        return f"{_fixed(100 * value, 4).rstrip('0').rstrip('.')}{NBSP}%"
    if kind == "count":
        return _power(value, 1) if abs(value) >= 1e7 else _fixed(value, 0)
    if kind == "plain":
        return _plain(value)
    decimals = {"score": 3, "amount": 1}[kind]
    return _tiny(value, decimals) or _fixed(value, decimals)


def percent(value: float) -> str:
    r"""Write a share in per cent; nothing that is not zero is shown as zero.

    >>> percent(0.063), percent(0), percent(1), percent(-0.0001)
    ('6.3\xa0%', '0\xa0%', '100\xa0%', '−0.01\xa0%')
    """
    if value in (0, 1):
        text = "100" if value else "0"
    else:
        text = _tiny(100 * value, 1) or _fixed(100 * value, 1)
    return f"{text}{NBSP}%"


def bare(value: float | None, kind: str) -> str:
    r"""Write `value` without its unit, for the ends of an interval.

    >>> bare(0.051, "share")
    '5.1'
    """
    return number(value, kind).removesuffix(f"{NBSP}%")


def power_of_two(exponent: int) -> str:
    r"""Write 2 to the power of `exponent`, and what that is.

    >>> power_of_two(8), power_of_two(64), power_of_two(3072)
    ('2⁸ = 256', '2⁶⁴ = 1.8\xa0×\xa010¹⁹', '2³⁰⁷²')
    """
    written = f"2{superscript(exponent)}"
    return f"{written} = {number(2.0**exponent, 'count')}" if exponent < MOST_POWER * 3 else written


def name(text: object, longest: int | None = None) -> str:
    r"""Return `text` without control characters, on one line, cut in the middle if too long.

    HTML is left for the template engine to escape. What is dropped here is what no escaping
    helps with: characters that end a line, reorder the text around them, or aren't characters.

    >>> name("a\nb"), name("x\u202ey\x00"), name("abcdefghij", longest=6)
    ('a b', 'x\ufffdy\ufffd', 'abc…ij')
    """
    cleaned = "".join(_safe(character) for character in str(text))
    if longest is None or len(cleaned) <= longest:
        return cleaned
    tail = (longest - 1) // 2
    return f"{cleaned[: longest - 1 - tail]}…{cleaned[len(cleaned) - tail :]}"


def _safe(character: str) -> str:
    """Keep a printable character, make white space a space, replace anything else."""
    if character in "\t\n\r\u2028\u2029\x0b\x0c\x85":
        return " "
    # Cc control, Cf format (bidirectional overrides), Cs lone surrogates, Cn and Co unassigned.
    bad = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn", "Co")
    return "\ufffd" if bad and character not in "\u200c\u200d\u00ad" else character


def _fixed(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in text for digit in "123456789")
    return (MINUS if negative else "") + text


def _tiny(value: float, decimals: int) -> str:
    """Write a value that `decimals` would round to zero, or return an empty string."""
    if value == 0 or float(f"{abs(value):.{decimals}f}") > 0:
        return ""
    for more in (decimals + 1, decimals + 2):
        if float(f"{abs(value):.{more}f}") > 0:
            return _fixed(value, more)
    step = f"{10 ** -(decimals + 2):.{decimals + 2}f}"
    return f"<{step}" if value > 0 else f">{MINUS}{step}"


def _plain(value: float) -> str:
    if value == 0:
        return "0"
    size = abs(value)
    if size < 1e-3 or size >= 1e7:
        return _power(value, 2)
    if float(value).is_integer():
        return _fixed(value, 0)
    return _fixed(value, max(0, 2 - math.floor(math.log10(size))))


def _power(value: float, decimals: int) -> str:
    mantissa, exponent = f"{abs(value):.{decimals}e}".split("e")
    sign = MINUS if value < 0 else ""
    if abs(int(exponent)) > MOST_POWER:  # nobody can tell such numbers from each other
        ends = ("<", -MOST_POWER) if int(exponent) < 0 else (">", MOST_POWER)
        return f"{sign}{ends[0]}10{superscript(ends[1])}"
    return f"{sign}{mantissa}{NBSP}×{NBSP}10{superscript(int(exponent))}"


def ends(interval: tuple[float, float], kind: str) -> str:
    r"""Write both ends of an interval, without their unit.

    >>> ends((0.051, 0.075), "share"), ends((-0.2, 0.1), "score")
    ('5.1–7.5', '−0.200 to 0.100')
    """
    low, high = (bare(end, kind) for end in interval)
    return f"{low}{'–' if interval[0] >= 0 else ' to '}{high}"


def counted(measure: Measure) -> str:
    r"""Say what a figure was computed from.

    >>> counted(Measure(0.5, (0.4, 0.6), 360)), counted(Measure(0.5, (0.4, 0.6), 6, "seeds"))
    ('n\xa0=\xa0360', 'n\xa0=\xa06\xa0seeds')
    """
    unit = "" if measure.unit == "samples" else f"{NBSP}{name(measure.unit)}"
    return f"n{NBSP}={NBSP}{number(measure.n, 'count')}{unit}"


def brief(
    measure: Measure | None, kind: str, reasons: tuple[str, ...] = (), count: bool = False
) -> str:
    r"""Write a figure for a cell of a large table: a line for each part of it.

    `reasons` are those that stand below the table, by number.

    >>> brief(Measure(0.143, (0.131, 0.155), 360), "share")
    '14.3\xa0%\n(13.1–15.5)'
    >>> brief(Measure(0.5, None, 1, note="one row"), "share", ("one row",), count=True)
    '50.0\xa0%\nno interval¹\nn\xa0=\xa01'
    """
    if measure is None:
        return "not measured"
    known = measure.note in reasons
    mark = superscript(reasons.index(measure.note) + 1) if known else f": {name(measure.note)}"
    if measure.value is None:
        return f"undefined{mark}"
    spread = f"({ends(measure.interval, kind)})" if measure.interval else f"no interval{mark}"
    lines = [number(measure.value, kind), spread, *([counted(measure)] if count else [])]
    return "\n".join(lines)


def exactly(measure: Measure) -> str:
    """Write a figure and its interval at full precision.

    >>> exactly(Measure(0.1, (0.0, 0.25), 9)), exactly(Measure(0.1, None, 1, note="one"))
    ('0.1 0.0 0.25', '0.1')
    """
    return " ".join(json.dumps(v) for v in (measure.value, *(measure.interval or ())))


def superscript(whole: int) -> str:
    """Write a whole number as an exponent.

    >>> superscript(-12)
    '⁻¹²'
    """
    return str(whole).translate(_SUPERSCRIPT)


def why_none(measures: Iterable[Measure | None], *, most_once: int = 0) -> tuple[str, ...]:
    """Return why figures have no interval, or no value: reasons met more often than `most_once`.

    They are said once, below a table, and marked in it.

    >>> why_none([Measure(0.5, None, 1, note="a"), Measure(None, None, note="b")])
    ('a', 'b')
    """
    notes = Counter(m.note for m in measures if m is not None and m.interval is None)
    return tuple(note for note, times in notes.items() if times > most_once)


def begin(text: str) -> str:
    """Begin a sentence: with a capital letter.

    >>> begin("the dense model")
    'The dense model'
    """
    return text[:1].upper() + text[1:]


def prose(text: str) -> str:
    r"""Clean a sentence, and keep its numbers with their units on one line.

    >>> prose("11 % moved\n(interval 9–13 %)")
    '11\xa0% moved (interval 9–13\xa0%)'
    """
    return name(text).replace(" %", f"{NBSP}%")


def listed(parts: Sequence[str]) -> str:
    """Join parts of a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
