"""Players by where features lie in a row: windows of a series, channels, patches of an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from explainprune.lookup import nearest
from explainprune.types import Array

FORMS = {"time": "time:10", "channel": "channel", "patch": "patch:4", "each": "each"}
"""How each way of joining by place is written; a number is the side of a window or patch."""
_SIZED = ("time", "patch")

Layout = tuple[Array, tuple[str, ...] | None]


def is_layout(text: str) -> bool:
    """Whether a text begins as one of `FORMS` does.

    >>> is_layout("patch:4"), is_layout("color_")
    (True, False)
    """
    return text.partition(":")[0] in FORMS


def by_place(text: str, shape: Sequence[int], *, image: bool = False) -> Layout:
    """Return the player of each feature of a row, laid flat, and the players' names.

    Parameters
    ----------
    text : str
        ``"time:N"``: windows of N steps of a series, all channels together. ``"channel"``: the
        last axis. ``"patch:N"``: squares of N × N pixels, all channels together. ``"each"``: every
        feature. The last window or patch may be smaller.
    shape : sequence of int
        Of a row: ``(steps,)``, ``(steps, channels)``, ``(height, width)``, ``(height, width,
        channels)``.
    image : bool
        Whether a row of two axes is known to be an image.

    Raises
    ------
    ValueError
        If the text has another form, or rows of this shape have no such parts.

    Examples
    --------
    >>> owners, names = by_place("time:2", (3, 2))
    >>> owners.tolist(), names
    ([0, 0, 0, 0, 1, 1], ('steps 0–1', 'step 2'))
    >>> by_place("patch:2", (2, 4))[1]
    ('rows 0–1, columns 0–1', 'rows 0–1, columns 2–3')
    """
    kind, size = _read(text)
    shape = tuple(shape)
    series, picture = len(shape) <= 2 and not image, len(shape) in (2, 3)
    fits = {"time": series, "patch": picture, "channel": len(shape) > (2 if image else 1)}
    if not fits.get(kind, True):
        raise ValueError(_unfit(text, kind, shape, image=image))
    if kind == "each":
        return np.arange(int(np.prod(shape))), None
    if kind == "channel":
        owners = np.broadcast_to(np.arange(shape[-1]), shape).ravel()
        return owners, tuple(f"channel {i}" for i in range(shape[-1]))
    sides = shape[:1] if kind == "time" else shape[:2]
    if size > max(sides):
        raise ValueError(
            f"players={text!r} is larger than rows of shape {shape}: at most '{kind}:{max(sides)}'."
        )
    return spread(_numbered(sides, size), shape), tuple(_names(kind, sides, size))


def spread(owners: Array, shape: Sequence[int]) -> Array:
    """Give what shares the leading axes of a row, such as a pixel's channels, the same player.

    >>> spread(np.array([0, 1]), (2, 3)).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    rest = (1,) * (len(shape) - owners.ndim)
    return np.broadcast_to(owners.reshape(owners.shape + rest), tuple(shape)).ravel()


def near(text: str) -> str:
    """Return the form that a text is nearest to, as part of an error.

    >>> near("patches:4")
    " Did you mean 'patch:4'?"
    """
    _, colon, size = text.partition(":")
    return nearest(text, [f"{k}:{size}" if colon and k in _SIZED else f for k, f in FORMS.items()])


def _read(text: str) -> tuple[str, int]:
    """Return what is joined, and the side of a window or patch (0 where there is none)."""
    kind, colon, size = text.partition(":")
    if kind not in _SIZED:
        if colon:
            raise ValueError(f"players={text!r} takes no number. Did you mean {kind!r}?")
        return kind, 0
    if not size.isdecimal() or int(size) < 1:
        raise ValueError(
            f"players={text!r} needs a whole number of at least 1: "
            f"{'steps' if kind == 'time' else 'pixels'}, as in {FORMS[kind]!r}."
        )
    return kind, int(size)


def _unfit(text: str, kind: str, shape: tuple[int, ...], *, image: bool) -> str:
    """Say which rows a form is for, and which form is for these rows."""
    wanted = {
        "time": "a series, rows of (steps,) or (steps, channels)",
        "patch": "images, rows of (height, width) or (height, width, channels), or image_shape=",
        "channel": "rows with an axis of channels, the last of two or more",
    }[kind]
    instead = "patch:4" if image or len(shape) == 3 else "time:10" if len(shape) < 3 else "each"
    return (
        f"players={text!r} is for {wanted}. Received: {'images, ' if image else ''}rows of shape "
        f"{shape}. Did you mean {instead!r}?"
    )


def _numbered(sides: tuple[int, ...], size: int) -> Array:
    """Return the number of each place's window, or patch row by row: of the shape `sides`."""
    parts = [np.arange(side) // size for side in sides]
    if len(parts) == 1:
        return parts[0]
    return np.asarray(parts[0][:, None] * (parts[1][-1] + 1) + parts[1])


def _names(kind: str, sides: tuple[int, ...], size: int) -> Iterator[str]:
    if kind == "time":
        yield from _spans("step", sides[0], size)
        return
    for rows in _spans("row", sides[0], size):
        for columns in _spans("column", sides[1], size):
            yield f"{rows}, {columns}"


def _spans(what: str, side: int, size: int) -> Iterator[str]:
    """Name stretches of an axis, both ends included."""
    for start in range(0, side, size):
        last = min(start + size, side) - 1
        yield f"{what} {start}" if last == start else f"{what}s {start}–{last}"
