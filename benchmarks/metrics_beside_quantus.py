"""Our metrics beside Quantus, on the same arrays in one run: time, and how far figures differ.

Both get the same network, rows, attributions and masks, and one compiled function to explain with;
they run turn by turn, and a ratio is the median over turns. Where definitions differ, what is
compared is said, and a case by hand shows who is right.

    python benchmarks/metrics_beside_quantus.py            the table in docs/metrics.md, 5 minutes
    python benchmarks/metrics_beside_quantus.py --quick    fewer rows and one turn, only printed

Quantus is no dependency of ours. To have it take part:

    python -m venv DIR && DIR/bin/pip install -c constraints.txt -e . opencv-python-headless \\
      scikit-image cachetools tqdm
    DIR/bin/pip install --no-deps quantus==0.6.0
    DIR/bin/python benchmarks/metrics_beside_quantus.py
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from _page import DOCS, figure, put, table
from _quantus_by_hand import by_hand
from _quantus_case import SHAPE, Case, case, explain

import explainprune as xp
from explainprune.analysis.metrics.quality.curves import curve
from explainprune.analysis.metrics.quality.input_noise import noises
from explainprune.analysis.metrics.quality.randomisation import randomised_layers
from explainprune.analysis.metrics.quality.removal import Removal
from explainprune.network import as_network

Array = Any
METRICS = xp.METRICS
NOTE = """\
Where values tie (pixels that are 0 in all rows), Quantus breaks ties as they fall and ours shares
them, or keeps their order in `road`: without ties both of these differ by 0. Sensitivity and
randomisation are 2 to 3 times as fast only: nearly all of it is the explainer, which is ours
on both sides; randomised weights are other draws, so that those figures can't be equal."""


@dataclass(frozen=True)
class Meeting:
    """One metric, as both compute it: figures of one shape."""

    name: str
    words: str
    ours: Callable[[], Array]
    theirs: Callable[[], Array]


def meetings(whole: Case, quick: bool) -> Iterator[Meeting]:
    """Yield every metric that both have."""
    import quantus

    silent = {"disable_warnings": True, "display_progressbar": False}
    plain = {**silent, "abs": False, "normalise": False}
    few = whole.first(2 if quick else 10)
    some = whole.first(10 if quick else 100)

    def run(metric: Any, of: Case, **given: Any) -> Array:
        return metric(
            model=of.model,
            x_batch=of.x,
            y_batch=of.targets,
            a_batch=of.values.reshape(-1, 1, 8, 8),
            channel_first=False,
            softmax=False,
            **given,
        )

    row = np.zeros(64)
    yield Meeting(
        "deletion curve",
        f"PixelFlipping; {len(few.x)} rows, 64 pixels one by one",
        lambda: curve(
            Removal(few.network, few.flat, row, few.targets, None), few.values, insert=False
        )[:, 1:],
        lambda: np.array(run(quantus.PixelFlipping(perturb_baseline="black", **plain), few)),
    )
    yield Meeting(
        "`road`",
        f"ROAD without noise, mean over rows; {len(some.x)} rows, 9 shares",
        lambda: METRICS["road"](
            some.network, some.flat, some.values, some.targets, image_shape=SHAPE, noise=0.0
        ).mean(),
        lambda: np.mean(
            list(
                run(
                    quantus.ROAD(percentages=list(range(10, 100, 10)), noise=0.0, **plain), some
                ).values()
            )
        ),
    )
    for name, theirs in (
        ("max_sensitivity", quantus.MaxSensitivity),
        ("mean_sensitivity", quantus.AvgSensitivity),
    ):
        yield Meeting(
            f"`{name}`",
            f"{theirs.__name__}; {len(some.x)} rows, 10 draws, the same noise and explainer",
            lambda name=name: METRICS[name](
                some.flat, some.targets, lambda rows, y: explain(some.network, rows, y)
            ),
            lambda theirs=theirs: np.array(noisy(theirs, some, plain, run)),
        )
    masks = {"s_batch": whole.truth.reshape(-1, 1, 8, 8)}
    size = Case(whole.model, whole.network, whole.x, np.abs(whole.values), *_rest(whole))
    for name, theirs in (
        ("pointing_game", quantus.PointingGame),
        ("relevance_mass", quantus.RelevanceMassAccuracy),
        ("relevance_rank", quantus.RelevanceRankAccuracy),
    ):
        yield Meeting(
            f"`{name}`",
            f"{theirs.__name__} of absolute values; {len(size.x)} rows",
            lambda name=name: METRICS[name](size.values, size.truth),
            lambda theirs=theirs: np.array(run(theirs(**plain), size, **masks), dtype=float),
        )
    yield Meeting(
        "`gini`",
        f"Sparseness; {len(size.x)} rows",
        lambda: METRICS["gini"](size.values),
        lambda: np.array(run(quantus.Sparseness(**plain), size)),
    )
    yield Meeting(
        "log of `effective_features`",
        f"Complexity; {len(size.x)} rows",
        lambda: np.log(METRICS["effective_features"](size.values)),
        lambda: np.array(run(quantus.Complexity(**plain), size)),
    )
    yield Meeting(
        "`ssim`",
        f"scikit-image image by image, as Quantus calls it; {len(whole.x)} pairs",
        lambda: METRICS["ssim"](whole.values, whole.other, image_shape=SHAPE),
        lambda: one_by_one(whole),
    )
    yield Meeting(
        "`cascading_randomisation`",
        f"MPRT from the output down; {len(some.x)} rows, 4 layers (other draws of weights)",
        lambda: np.mean(list(redrawn(some).values()), axis=0),
        lambda: mprt(some, plain, "top_down"),
    )


def _rest(of: Case) -> tuple[Array, Array, Array]:
    return of.other, of.truth, of.targets


def noisy(theirs: Any, of: Case, plain: dict[str, Any], run: Callable[..., Array]) -> Array:
    """Let Quantus perturb by our draws."""
    drawn = iter(noises(of.flat, 10, 0.1, seed=0))
    metric = theirs(
        nr_samples=10,
        perturb_func=lambda arr, indices, **rest: arr + next(drawn).astype(arr.dtype),
        **plain,
    )

    def explained(model: Any, inputs: Array, targets: Array, **rest: Any) -> Array:
        rows = np.asarray(inputs).reshape(len(inputs), -1)
        return explain(of.network, rows, targets).reshape(-1, 1, 8, 8)

    return run(metric, of, explain_func=explained, batch_size=len(of.x))


def one_by_one(of: Case) -> Array:
    """Return SSIM of each pair of maps by scikit-image."""
    from skimage.metrics import structural_similarity

    pairs = zip(of.values.reshape(-1, 8, 8), of.other.reshape(-1, 8, 8), strict=True)
    return np.array(
        [
            structural_similarity(a / np.abs(a).max(), b / np.abs(b).max(), data_range=2.0)
            for a, b in pairs
        ]
    )


def redrawn(of: Case) -> dict[str, Array]:
    """Explain with layers redrawn, our way: one copy, traced once."""
    from explainprune.network.variables import assign, uncompiled_clone, weights_of

    copy, own = uncompiled_clone(of.model), weights_of(of.model)
    network = as_network(copy, output="logit", like=of.x)

    def again(rows: Array, targets: Array, weights: Any = None) -> Array:
        assign(copy, {**own, **(weights or {})})
        return explain(network, rows, targets)

    return randomised_layers(of.network, of.flat, of.targets, again)


def mprt(of: Case, plain: dict[str, Any], order: str) -> Array:
    """Run Quantus' randomisation with an explainer that is compiled once for each model."""
    import quantus

    compiled: dict[int, Any] = {}

    def explained(model: Any, inputs: Array, targets: Array, **rest: Any) -> Array:
        if id(model) not in compiled:
            compiled[id(model)] = as_network(model, output="logit", like=of.x)
        rows = np.asarray(inputs).reshape(len(inputs), -1)
        return explain(compiled[id(model)], rows, targets).reshape(-1, 1, 8, 8)

    metric = quantus.MPRT(layer_order=order, **plain)
    found = metric(
        model=of.model,
        x_batch=of.x,
        y_batch=of.targets,
        a_batch=of.values.reshape(-1, 1, 8, 8),
        channel_first=False,
        explain_func=explained,
        batch_size=len(of.x),
    )
    return np.mean([found[layer] for layer in found if layer != "original"], axis=0)


def measured(meeting: Meeting, turns: int) -> list[Any]:
    """Run both turn by turn; return a line of the table."""
    ours, theirs = meeting.ours(), meeting.theirs()
    taken = np.empty((turns, 2))
    for turn in range(turns):
        for side, call in enumerate((meeting.ours, meeting.theirs)):
            start = time.perf_counter()
            call()
            taken[turn, side] = time.perf_counter() - start
    ratios = taken[:, 1] / taken[:, 0]
    apart = np.nanmax(np.abs(np.asarray(ours, float) - np.asarray(theirs, float)))
    times = [f"{1e3 * np.median(taken[:, side]):,.3g}" for side in (0, 1)]
    line = [meeting.name, meeting.words, *times, f"{np.median(ratios):.3g}", figure(float(apart))]
    print(*line, sep=" | ", flush=True)
    return line


def main() -> None:
    """Measure all, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    try:
        words = f"quantus {version('quantus')}"
    except PackageNotFoundError:
        print("Quantus isn't installed here: see the head of this file. Nothing was compared.")
        return
    warnings.simplefilter("ignore")
    whole, turns = case(100 if options.quick else 1000), 1 if options.quick else 3
    notes = list(by_hand())
    lines = [measured(each, turns) for each in meetings(whole, options.quick)]
    print(*notes, sep="\n")
    if options.quick:
        return
    columns = ("ours", "Quantus", "ms, ours", "ms, Quantus", "times as fast", "largest difference")
    put(
        DOCS / "metrics.md",
        "Beside Quantus",
        f"""
Made by `python benchmarks/metrics_beside_quantus.py` on 2 cores in one run, with {words},
tensorflow {version("tensorflow")}, keras {version("keras")}: a small convolutional network on 8 × 8
digits, the same rows, attributions, masks, noise and compiled explainer for both; medians of
{turns} turns.

{table(columns, lines)}

{NOTE}

What one of the two gets wrong, by hand:

"""
        + "\n".join(f"- {note}" for note in notes),
    )


if __name__ == "__main__":
    main()
