"""What is drawn singly, what in bundles, and what changed, against slow references."""

import numpy as np
import pytest

from explainprune.reporting.svg.wires import (
    CHANGES,
    MOST_EDGES,
    MOST_LINES,
    became,
    bucket,
    difference,
    drawable,
    largest_weight,
    wired,
)
from explainprune.types import Drawing, DrawnEdges, DrawnLayer


def layer(name, count):
    return DrawnLayer(name, "Dense", count, tuple(range(count)), (1.0,) * count, (True,) * count)


def edges_of(weights, start=0, total=None, among=None):
    """Edges for each weight that isn't 0 of a matrix (source, target)."""
    source, target = np.nonzero(weights)
    listed = tuple(float(w) for w in weights[source, target])
    count = len(listed) if total is None else total
    ends = (tuple(map(int, source)), tuple(map(int, target)))
    return DrawnEdges(start, start + 1, *ends, listed, count, among)


def drawing(*matrices):
    """A chain of layers."""
    counts = [len(matrices[0]), *(m.shape[1] for m in matrices)]
    layers = tuple(layer(f"l{i}", count) for i, count in enumerate(counts))
    return Drawing(layers, tuple(edges_of(m, at) for at, m in enumerate(matrices)))


def test_few_connections_are_all_drawn_singly_without_a_bundle():
    rng = np.random.default_rng(0)
    (found,) = wired(drawing(rng.normal(size=(8, 15)), rng.normal(size=(15, 5))))
    assert len(found.lines) == 8 * 15 + 15 * 5 <= MOST_LINES
    assert len(set(found.lines)) == len(found.lines) and not found.bundles


def test_of_many_the_strongest_are_drawn_and_bundles_stand_for_all():
    rng = np.random.default_rng(1)
    dense = [rng.normal(size=(40, 40)), rng.normal(size=(40, 2))]
    keep = np.abs(dense[0]) > 2
    before, after = wired(drawing(*dense), drawing(dense[0] * keep, dense[1]))
    between = [line for line in before.lines if line.start == 0]
    granted = MOST_LINES - 80
    order = np.argsort(-np.abs(dense[0]).ravel())[:granted]
    assert {(line.source, line.target) for line in between} == {divmod(int(i), 40) for i in order}
    assert [b.total for b in before.bundles] == [1600]  # 80 lines need none
    assert [(b.total, b.share) for b in after.bundles] == [(keep.sum(), keep.sum() / 1600)]
    assert sum(line.start == 0 for line in after.lines) == keep.sum()


def test_both_drawings_share_one_scale_of_widths():
    one, other = wired(drawing(np.array([[1.0, -0.2]])), drawing(np.array([[4.0, -3.5]])))
    assert {line.kind for line in one.lines} == {"positive w0", "negative w0"}
    assert [line.kind for line in other.lines] == ["negative w3", "positive w3"]


def test_widths_follow_quarters_of_the_largest_weight():
    weights = np.linspace(0.01, 1, 100)
    assert [bucket(w, 1.0) for w in weights] == [int(np.ceil(4 * w - 1e-12)) - 1 for w in weights]


def test_a_page_carries_the_strongest_connections_and_their_totals():
    rng = np.random.default_rng(1)
    many, few = rng.normal(size=(100, 100)), rng.normal(size=(20, 20))
    thinned, whole = drawable(drawing(many), drawing(few))
    assert whole == drawing(few)
    (kept,) = thinned.edges
    assert len(kept.weight) == MOST_EDGES - 400 and kept.total == 10_000 and not kept.complete
    assert min(np.abs(kept.weight)) == np.sort(np.abs(many).ravel())[-len(kept.weight)]
    for source, target, weight in zip(kept.source, kept.target, kept.weight, strict=True):
        assert many[source, target] == weight
    assert largest_weight(thinned) == np.abs(many).max()


def test_a_list_is_complete_by_the_units_that_are_drawn():
    weights = np.ones((2, 2))
    assert edges_of(weights).complete
    assert not edges_of(weights, total=9).complete
    assert edges_of(weights, total=9, among=4).complete


def test_what_changed_most_is_drawn_by_what_became_of_it():
    rng = np.random.default_rng(2)
    before = rng.normal(size=(30, 30)) * (rng.random((30, 30)) < 0.9)
    after = rng.normal(size=(30, 30)) * (rng.random((30, 30)) < 0.6)
    found = difference(drawing(before), drawing(after))
    sizes = {}
    for i in range(30):
        for j in range(30):
            pair = tuple(float(m[i, j]) or None for m in (before, after))
            kind = became(*pair, complete=(True, True)) if pair != (None, None) else "alike"
            if kind != "alike":
                sizes[kind, i, j] = abs(after[i, j] - before[i, j])
    drawn = [(line.kind, line.source, line.target) for line in found.lines]
    assert len(set(drawn)) == len(drawn) == MOST_LINES
    for kind in CHANGES:
        own = sorted((key for key in sizes if key[0] == kind), key=sizes.get, reverse=True)
        shown = {key for key in drawn if key[0] == kind}
        assert shown == set(own[: len(shown)]) and len(shown) >= min(len(own), MOST_LINES // 5)
    kinds = list(dict.fromkeys(line.kind for line in found.lines))
    assert kinds == ["removed", "weaker", "added", "stronger", "turned"]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (1.0, None, "removed"), (None, 1.0, "added"), (1.0, -1.0, "turned"), (-1.0, -0.4, "weaker"),
        (-1.0, -0.5, "alike"), (1.0, 2.0, "alike"), (1.0, 2.1, "stronger"),
    ],
)  # fmt: skip
def test_every_change_has_a_word(before, after, kind):
    assert became(before, after, complete=(True, True)) == kind


def test_what_a_thinned_list_lacks_is_not_called_removed():
    before, after = np.array([[3.0, 1.0]]), np.array([[3.0, 0.0]])
    dense = drawing(before)
    thinned = Drawing(dense.layers, (edges_of(after, total=2),))
    assert difference(dense, thinned).lines == ()
    assert [line.kind for line in difference(dense, drawing(after)).lines] == ["removed"]


def test_other_layers_have_no_difference():
    one = drawing(np.ones((2, 3)))
    assert difference(one, drawing(np.ones((2, 4)))) is None
