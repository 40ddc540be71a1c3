"""Which contestants meet on which method, and what each one's error is measured by."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from peers import truth
from peers.cases import Case, shrunk
from peers.contestants import (
    HAS_XPLIQUE,
    Contestant,
    ours,
    shap_deep,
    shap_gradient,
    shap_kernel,
    shap_permutation,
    xplique,
)

Array = Any
NOISE = 0.15


@dataclass
class Comparison:
    """Contestants on one method; the first is ours.

    Attributes
    ----------
    case, method : str
    backward : bool
        Whether the limit runs backward too.
    contestants : list of Contestant
    error : callable or None
        From a contestant's values to its error. None: there's nothing to measure it by.
    notes : list of str
        Who can't take part, and why.
    """

    case: Case
    method: str
    backward: bool
    contestants: list[Contestant]
    error: Callable[[Array], float] | None
    notes: list[str]

    def add(self, who: str, make: Callable[[], Contestant]) -> None:
        """Let a peer take part, or note why it can't."""
        if who == "xplique" and not HAS_XPLIQUE:
            self.notes.append("xplique isn't installed")
            return
        try:
            contestant = make()
            contestant.run()
        except Exception as error:  # peers fail with whatever is at hand
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            self.notes.append(f"{who} fails: {lines[-1][:120] if lines else type(error).__name__}")
        else:
            self.contestants.append(contestant)

    def add_equal(self, who: str, make: Callable[[int], Contestant], start: int, most: int) -> None:
        """Let a peer take part with as many draws as bring its error down to ours.

        The error of a random method falls with the square root of its draws.
        """

        def matched() -> Contestant:
            assert self.error is not None
            wanted = self.error(self.contestants[0].run())
            found = self.error(make(start).run())
            return make(min(most, math.ceil(start * (found / wanted) ** 2)))

        self.add(who, matched)


def deep_shap(case: Case, every: bool) -> Comparison:
    """DeepLIFT's rescale rule; the error is the difference from shap's values."""
    target = "all" if every else "predicted"
    rows = len(case.x) * len(case.background) * (case.model.output_shape[-1] if every else 1)
    mine = ours(case, "", rows, "deep_shap", target=target)
    name = f"deep_shap, {'all classes' if every else 'predicted class'}"
    found = Comparison(case, name, True, [mine], None, [])
    found.add("shap", partial(shap_deep, case, every=every))
    if len(found.contestants) > 1:
        theirs = np.asarray(found.contestants[1].run())
        found.error = lambda values: truth.relative_difference(values, theirs)
    return found


def expected_gradients(case: Case, places: int, most: int) -> Comparison:
    """Ours as it comes, shap with as many samples as it needs for the same error."""
    exact = truth.expected_gradients(case, case.background, places)
    mine = ours(
        case,
        "as it comes: every background row, 2 places",
        2 * len(case.x) * len(case.background),
        "expected_gradients",
    )
    found = Comparison(
        case, "expected_gradients", True, [mine], lambda v: truth.relative_error(v, exact), []
    )
    found.add("shap", lambda: shap_gradient(case, 200))
    found.add_equal("shap", lambda samples: shap_gradient(case, samples), 200, most)
    return found


def shapley(case: Case, background: Array, orders: int) -> Iterator[Comparison]:
    """`permutation`, `kernel` and `leverage` as they come; shap at the same error."""
    few = replace(case.first(case.few), background=background)
    exact = truth.shapley(few, background, orders)
    count, each = exact.shape[1], len(few.x) * len(background)
    options = {} if few.players is None else {"players": few.players.ravel()}

    def compared(method: str, rows: int) -> Comparison:
        mine = ours(few, "as it comes", rows, method, **options)
        return Comparison(few, method, False, [mine], lambda v: truth.relative_error(v, exact), [])

    found = compared("permutation", 4 * 2 * (count - 1) * each)
    found.add_equal("shap", lambda draws: shap_permutation(few, background, draws), 10, 400)
    yield found
    coalitions = min(9 * max(4 * count, 64), 2**count - 2)  # a pilot and eight draws
    found = compared("kernel", coalitions * each)
    found.add_equal(
        "shap", lambda samples: shap_kernel(few, background, samples), 2048 + 2 * count, 200_000
    )
    yield found
    yield compared("leverage", coalitions * each)


def integrated_gradients(case: Case, places: int) -> Comparison:
    """One baseline of zeros: ours to its tolerance and with 50 nodes, xplique with 50."""
    case = replace(case, background=np.zeros_like(case.x[:1]))
    exact = truth.expected_gradients(case, case.background, places)
    mine = ours(case, "50 nodes", 50 * len(case.x), "integrated_gradients", steps=50)
    adaptive = ours(case, "as it comes", 0, "integrated_gradients")
    found = Comparison(
        case, "integrated_gradients", True, [mine, adaptive],
        lambda v: truth.relative_error(v, exact), [],
    )  # fmt: skip
    for steps in (50, 300):
        found.add(
            "xplique",
            partial(xplique, case, "IntegratedGradients", f"{steps} nodes", steps * len(case.x),
                    steps=steps, reducer=None),
        )  # fmt: skip
    return found


def smoothgrad(case: Case, copies: int) -> Comparison:
    """Fifty noisy copies."""
    exact = truth.smoothgrad(case, NOISE, copies)
    mine = ours(case, "50 copies", 50 * len(case.x), "smoothgrad", draws=50)
    found = Comparison(
        case, "smoothgrad", True, [mine], lambda v: truth.relative_error(v, exact), []
    )
    found.add(
        "xplique",
        lambda: xplique(case, "SmoothGrad", "50 copies", 50 * len(case.x), nb_samples=50,
                        noise=NOISE, reducer=None),
    )  # fmt: skip
    return found


def occlusion(case: Case) -> Comparison:
    """Each player replaced by zeros; the error is the difference from xplique's values."""
    case = replace(case, background=np.zeros_like(case.x[:1]))
    players, channels = case.players, case.x.shape[-1]
    rows = len(case.x) * (case.x[0].size if players is None else int(players.max()) + 1)
    patch = {} if players is None else {"patch": case.patch}
    mine = ours(case, "", rows, "occlusion", **patch)
    found = Comparison(case, "occlusion", False, [mine], None, [])

    def theirs() -> Contestant:
        options = {"patch_size": case.patch, "patch_stride": case.patch, "occlusion_value": 0.0}
        other = xplique(case, "Occlusion", "", rows, **options)
        if players is None:
            return other
        # Every feature of a patch gets its whole loss there, and an equal part of it here.
        shared = case.patch**2 * channels
        return replace(other, run=lambda: np.repeat(other.run(), channels, axis=-1) / shared)

    found.add("xplique", theirs)
    if len(found.contestants) > 1:
        values = found.contestants[1].run()
        found.error = lambda v: truth.relative_difference(v, values)
    return found


def gradcam(case: Case) -> Comparison:
    """The last convolution; conventions differ, so that values aren't compared."""
    mine = ours(case, "", len(case.x), "gradcam")
    found = Comparison(case, "gradcam", True, [mine], None, [])
    found.add("xplique", lambda: xplique(case, "GradCAM", "", len(case.x)))
    return found


def beside_shrunk(case: Case) -> Iterator[Comparison]:
    """Ours and shap on a dense network and on the one it was shrunk to."""
    smaller, left = shrunk(case)
    name = f"{case.name}, dense and shrunk to {left}"
    makers: dict[str, tuple[Any, ...]] = {
        "deep_shap, predicted class": (
            lambda each: ours(each, "", 0, "deep_shap"),
            lambda each: shap_deep(each, every=False),
        ),
        "expected_gradients": (
            lambda each: ours(each, "200 places", 0, "expected_gradients", steps=4),
            lambda each: shap_gradient(each, 200),
        ),
        "occlusion": (lambda each: ours(each, "", 0, "occlusion", patch=each.patch),),
    }
    for method, made in makers.items():
        contestants = [
            replace(make(each), who=f"{make(each).who}, {words}", rows=0)
            for make in made
            for each, words in ((case, "dense"), (smaller, "shrunk"))
        ]
        yield Comparison(replace(case, name=name), method, True, contestants, None, [])
