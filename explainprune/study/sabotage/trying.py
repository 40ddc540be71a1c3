"""A scenario, tried: what the verdict says, and what single metrics would have said alone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explainprune import network
from explainprune.analysis import compare
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.study.sabotage.planted import Planted
from explainprune.study.sabotage.scenarios import IN_A_GROUP, PRESERVED, Scenario
from explainprune.types import Comparison, Verdict

AGAIN = 2
"""Further seeds for a scenario that wasn't as expected on the first."""
READ = (
    *("accuracy", "log_loss", "churn"),
    *("cosine", "feature_agreement", "signed_top_k", "rank_correlation"),
)


@dataclass(frozen=True)
class Alone:
    """A metric by which people judge alone, and from where on it says that nothing changed.

    Attributes
    ----------
    says : str
        The rule, in words.
    limit : float
    most : bool
        Whether values up to the limit say so; else values from it.
    """

    says: str
    limit: float
    most: bool = True

    def same(self, value: float) -> bool:
        """Say whether nothing changed, by this metric alone."""
        return value <= self.limit if self.most else value >= self.limit


ALONE: dict[str, Alone] = {
    "accuracy": Alone("falls by 2 points at most", 0.02),
    "log loss": Alone("rises by 5 % of guessing at most", 0.05),
    "churn": Alone("at most 5 % of the answers differ", 0.05),
    "size of attributions": Alone("differs by 25 % at most", math.log(1.25)),
    "rank correlation": Alone(".8 and more, of |φ|", 0.8, most=False),
    "top features": Alone("80 % of the leading ones shared", 0.8, most=False),
    "signed top features": Alone("80 % shared, with their signs", 0.8, most=False),
    "cosine": Alone(".9 and more", 0.9, most=False),
}


@dataclass(frozen=True)
class Found:
    """What came out of one run.

    Attributes
    ----------
    label : str
        The verdict's; ``"preserved, but not for a group"`` where the planted group is the worst,
        and beyond the margin by itself.
    right : bool
    moved, low, high : float
        The moved weight with its interval.
    figures : dict of str to float
        By the names in `ALONE`.
    needs : (float, float)
        Of the dense and of the other model.
    seconds : float
    """

    label: str
    right: bool
    moved: float
    low: float
    high: float
    figures: dict[str, float]
    needs: tuple[float, float]
    seconds: float


def tried(scenario: Scenario, seed: int) -> Found:
    """Make a scenario's models from a seed, and compare them as `xp.compare` does by itself."""
    started = time.monotonic()
    planted = scenario.make(seed)
    found = compare(
        planted.dense, planted.other, planted.data, metrics=READ, detail=False, seed=seed
    )
    label, moved = label_of(found.verdict, planted.group), found.verdict.evidence["moved_weight"]
    assert moved.value is not None and moved.low is not None and moved.high is not None
    return Found(
        label,
        label == scenario.expected,
        moved.value,
        moved.low,
        moved.high,
        figures_of(found),
        (needs(planted, planted.dense, seed), needs(planted, planted.other, seed)),
        time.monotonic() - started,
    )


def label_of(verdict: Verdict, group: str) -> str:
    """Return the label, or that it doesn't hold for the planted group, where that is named."""
    if verdict.label != PRESERVED or not group or verdict.worst.get("group") != f"group {group}":
        return verdict.label
    low, floor = verdict.evidence["worst_group"].low, verdict.evidence["floor"].high
    beyond = low is not None and low - (floor or 0.0) > verdict.margin
    return IN_A_GROUP if beyond else verdict.label


def figures_of(found: Comparison) -> dict[str, float]:
    """Read each metric that people judge by alone."""
    dense, other = list(found.models.values())[:2]
    pair = found.comparisons["dense|other"]

    def value(name: str) -> float:
        figure = pair[name].value
        return math.nan if figure is None else figure

    assert dense.accuracy is not None and other.accuracy is not None
    assert dense.log_loss is not None and other.log_loss is not None
    return {
        "accuracy": dense.accuracy - other.accuracy,
        "log loss": (other.log_loss - dense.log_loss) / math.log(2),
        "churn": value("churn"),
        "size of attributions": abs(value("log_attribution_scale")),
        "rank correlation": value("rank_correlation"),
        "top features": value("feature_agreement"),
        "signed top features": value("signed_top_k"),
        "cosine": value("cosine"),
    }


def needs(planted: Planted, model: network.Model | network.Network, seed: int) -> float:
    """Return the share of answers that change when the key columns take another row's values.

    It shows what a model goes by without any explanation. Only the planted group is asked, where
    there is one; values are those of rows that were learned from.
    """
    data = planted.data
    x = np.array(data.x if data.group is None else data.x[data.group == planted.group])
    rows = np.asarray(data.learnable.x)
    drawn = stream(seed, "sabotage, needs").integers(0, len(rows), len(x))
    names = data.feature_names or ()
    columns = [names.index(name) for name in planted.key]
    outputs: Callable[..., np.ndarray] = network.as_network(model).outputs
    before = outputs(x).argmax(axis=1)
    x[:, columns] = rows[drawn][:, columns]
    return float(np.mean(outputs(x).argmax(axis=1) != before))


def settled(scenario: Scenario, seed: int) -> list[Found]:
    """Try a scenario on one seed; on two more where that isn't as expected."""
    found = [tried(scenario, seed)]
    if not found[0].right:
        found += [tried(scenario, seed + turn) for turn in range(1, AGAIN + 1)]
    return found


def fails(found: list[Found]) -> bool:
    """Say whether a scenario is wrong beyond chance: in two of three tries.

    >>> round(chance_of_failing(0.025), 4)
    0.0012
    """
    return sum(not each.right for each in found) > 1


def chance_of_failing(rate: float) -> float:
    """Return how often `fails` is true of a tool that is wrong in a share `rate` of the runs."""
    return rate * (1 - (1 - rate) ** AGAIN)
