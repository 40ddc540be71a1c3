"""How much is removed at each step on the way to the final sparsity."""

from __future__ import annotations

import math
from collections.abc import Callable

from explainprune.lookup import look_up

Schedule = Callable[[float, float], float]
"""From progress in (0, 1] and the final sparsity to the sparsity reached there."""


def one_shot(progress: float, sparsity: float) -> float:
    """Remove everything at the first step, which is then the only one."""
    return sparsity


def linear(progress: float, sparsity: float) -> float:
    """Remove the same number at each step: ``s p``."""
    return sparsity * progress


def cubic(progress: float, sparsity: float) -> float:
    """Remove much at first, little at the end: ``s (1 − (1 − p)³)``.

    Source: Zhu & Gupta 2017, arXiv:1710.01878.
    """
    return sparsity * (1 - (1 - progress) ** 3)


def cosine(progress: float, sparsity: float) -> float:
    """Remove little at first and at the end: ``s (1 − cos πp) / 2``."""
    return sparsity * (1 - math.cos(math.pi * progress)) / 2


def geometric(progress: float, sparsity: float) -> float:
    """Remove the same share of what is left at each step: ``1 − (1 − s)^p``.

    The rounds of lottery tickets: Frankle & Carbin 2019, arXiv:1803.03635.
    """
    return 1.0 - math.pow(1 - sparsity, progress)


SCHEDULES: dict[str, Schedule] = {
    "one_shot": one_shot,
    "linear": linear,
    "cubic": cubic,
    "cosine": cosine,
    "geometric": geometric,
}


def sparsities(schedule: str | Schedule, steps: int, sparsity: float) -> list[float]:
    """Return the sparsity at each step; the last is `sparsity` itself.

    Parameters
    ----------
    schedule : str or callable
        A name in ``SCHEDULES``, or a function of progress in (0, 1] and the final sparsity.
    steps : int
        1 or more. Steps after `sparsity` is reached are left out, so that ``"one_shot"`` has one.
    sparsity : float

    Raises
    ------
    ValueError
        If `steps` is below 1, or the schedule takes back what it removed or overshoots.

    Examples
    --------
    >>> [round(s, 3) for s in sparsities("cubic", 4, 0.9)]
    [0.52, 0.787, 0.886, 0.9]
    >>> sparsities("one_shot", 4, 0.9)
    [0.9]
    """
    if steps < 1:
        raise ValueError(f"steps is 1 or more. Received: {steps}.")
    function = look_up(schedule, SCHEDULES, "schedule")
    if not sparsity:  # as many steps as pruning would take: a placebo trains as long
        return [0.0] * len(sparsities(schedule, steps, 0.5))
    reached: list[float] = []
    for step in range(1, steps + 1):
        now = float(function(step / steps, sparsity))
        if not (reached[-1] if reached else 0.0) - 1e-12 <= now <= sparsity + 1e-12:
            raise ValueError(
                f"A schedule rises from 0 to sparsity={sparsity:g}. "
                f"Received: {now:g} at step {step} of {steps}, after {reached}."
            )
        reached.append(now)
        if now >= sparsity - 1e-12:
            break
    reached[-1] = sparsity
    return reached


def epochs_of_steps(total: int, steps: int) -> list[int]:
    """Share `total` epochs among steps as evenly as can be, the later steps getting the odd ones.

    Examples
    --------
    >>> epochs_of_steps(10, 5), epochs_of_steps(7, 5)
    ([2, 2, 2, 2, 2], [1, 1, 1, 2, 2])
    """
    each, odd = divmod(total, steps)
    return [each + (step >= steps - odd) for step in range(steps)]
